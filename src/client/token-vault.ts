import type { Elevation } from '../contract/answers.ts'
import { addElevation, endOf, findCovering, unexpired } from '../contract/elevations.ts'
import { elevationFrom } from '../contract/wire/authentication.ts'

/** Elevated tokens of this page, in memory only: no other tab and no reader of its storage can find them. */
export interface TokenVault {
  /** Replaces one for the same scopes. One without a scope is good for nothing and not kept. */
  keep(token: string): void
  /** One that holds the scope and is not over; a single-use one is gone with that unless `consume` is `false`. */
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
