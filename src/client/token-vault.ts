import { elevationFrom } from '../contract/authentication.ts'
import type { ElevatedAccess } from '../contract/backend.ts'

/** Elevated tokens of this page, in memory: nothing that another tab, or who reads its storage, could find. */
export interface TokenVault {
  /** Replaces one for the same scopes. One without a scope is good for nothing and not kept. */
  keep(token: string): void
  /** One that holds the scope and is not over; a single-use one is gone with that unless `consume` is `false`. */
  take(params: { scope: string; consume?: boolean }): string | undefined
  clear(): void
}

export function createTokenVault(now: () => number = Date.now): TokenVault {
  let held: (ElevatedAccess & { token: string })[] = []
  const keyOf = ({ scopes }: ElevatedAccess) => [...new Set(scopes)].sort().join(' ')
  return {
    keep(token) {
      const { issuedAt, ...claims } = elevationFrom(token)
      // People's clocks are wrong by minutes, so the lifetime counts from now where it is known.
      const expiresAt = issuedAt === undefined ? claims.expiresAt : now() + claims.expiresAt - issuedAt
      const won = { ...claims, expiresAt, token }
      if (won.scopes.length > 0) held = [...held.filter((other) => keyOf(other) !== keyOf(won)), won]
    },
    take({ scope, consume = true }) {
      held = held.filter(({ expiresAt }) => expiresAt > now())
      const found = held.find(({ scopes }) => scopes.includes(scope))
      if (found?.singleUse && consume) held = held.filter((other) => other !== found)
      return found?.token
    },
    clear() {
      held = []
    },
  }
}
