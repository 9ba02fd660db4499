import { Sealed } from '../src/contract/sealed.ts'
import type { TotpEvent } from './totp.types.ts'

/** An event with a code that everyone can read: no code that is sent so is used. */
export const isUnsealed = (event: TotpEvent) => 'code' in event && !(event.code instanceof Sealed)

const isSealedOrNull = (value: unknown) => value === null || value instanceof Sealed

/**
 * Whether a port answered what its type says: no more of it than would stop the chart, or be shown though it is secret. No
 * `Shape` says so, as in `isResumable`.
 */
export const portAnswers: Readonly<Record<string, (answer: unknown) => boolean>> = {
  getMfaDevices: (answer) => answer === null || typeof Object(answer).id === 'string',
  registerTotpMfaDevice: (answer) =>
    answer instanceof Sealed && typeof Object(answer.unseal()).uri === 'string',
  authenticateTotpMfaDevice(answer) {
    const { elevation, mfaToken, recoveryCodes } = Object(answer)
    const { scopes, token } = Object(elevation)
    return Array.isArray(scopes) && [token, mfaToken, recoveryCodes].every(isSealedOrNull)
  },
}
