import type { Elevation } from '../contract/answers.ts'
import { addElevation, endOf, findCovering, unexpired } from '../contract/elevations.ts'
import { elevationFrom } from '../contract/wire/authentication.ts'

/** The elevated tokens of this page, in memory only: no other tab and no script that reads its storage can find them. */
export interface TokenVault {
  /** Keeps a token, replacing one for the same scopes. A token without scopes is useless and not kept. */
  keep(token: string): void
  /** Returns a valid token that covers the scope. Removes a single-use token unless `consume` is `false`. */
  take(params: { scope: string; consume?: boolean }): string | undefined
  clear(): void
}

export function createTokenVault(now: () => number = Date.now): TokenVault {
  let held: readonly (Elevation & { token: string })[] = []
  return {
    keep(token) {
      const won = elevationFrom(token)
      if (won.scopes.length > 0) held = addElevation(held, { ...won, expiresAt: endOf(won, now()) })
    },
    take({ scope, consume = true }) {
      held = unexpired(held, now())
      const found = findCovering(held, { scopes: [scope] }, now())
      if (found?.singleUse && consume) held = held.filter((other) => other !== found)
      return found?.token
    },
    clear() {
      held = []
    },
  }
}
