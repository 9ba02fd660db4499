import { isGate } from '../src/contract/gate.ts'
import { areScopes } from '../src/contract/scopes.ts'
import { arePasskeys, areTexts, isAge } from './checks.ts'
import type { Intent, Resumable } from './totp.types.ts'

/** A stored `T`, unchecked: another version or another program may have written anything there. */
type Stored<T> = { readonly [Key in T extends unknown ? keyof T : never]?: unknown } | null | undefined

/**
 * Whether a flow could have stored this. Only a user without an app enrolls, and only a user with a factor is challenged.
 * Uses no `Shape`, because a page with the chart alone would then load all the code of shapes.
 */
export function isResumable(value: unknown): value is Resumable {
  const stored = value as Stored<Resumable>
  const intent = stored?.intent as Stored<Intent>
  const device = stored?.device as Stored<Resumable['device']>
  const isKnown = intent?.kind === 'enroll' || intent?.kind === 'delete'
  return (
    (isKnown || (intent?.kind === 'stepUp' && !!(intent.scopes || intent.mfaToken))) &&
    areScopes(intent.scopes ?? []) &&
    (intent.reason === undefined || typeof intent.reason === 'string') &&
    (intent.acrValues === undefined || areTexts(intent.acrValues)) &&
    (intent.maxAge === undefined || isAge(intent.maxAge)) &&
    intent.authorizationDetails === undefined && // the caller that would use it ended with the page
    (device === null || typeof device?.id === 'string') &&
    (stored?.passkeys === undefined || arePasskeys(stored.passkeys)) &&
    (device?.verified === true
      ? intent.kind !== 'enroll'
      : intent.kind === 'enroll' || (intent.kind === 'stepUp' && !!stored?.passkeys?.length)) &&
    (stored?.gate === undefined || stored.gate === null || isGate(stored.gate)) &&
    (stored?.retryAt === null || Number.isFinite(stored?.retryAt))
  )
}
