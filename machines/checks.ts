import { isGate } from '../src/contract/gate.ts'
import type { Passkey } from '../src/contract/passkeys.ts'
import { Sealed } from '../src/contract/sealed.ts'

/** Whether an event carries an unsealed code or password. Such an event is refused. */
export const isUnsealed = (event: { type: string }) =>
  ('code' in event && !(event.code instanceof Sealed)) ||
  ('password' in event && !(event.password instanceof Sealed))

/** Events and stores may hold any value. */
export const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
/** In seconds. */
export const isAge = (value: unknown): value is number => typeof value === 'number' && value >= 0

const isSealedOrNull = (value: unknown) => value === null || value instanceof Sealed

export const arePasskeys = (value: unknown): value is readonly Passkey[] =>
  Array.isArray(value) && value.every((one) => typeof Object(one).id === 'string')

/**
 * Whether a port's answer matches its type. Checks only what could stop the chart or reveal a secret. Uses no `Shape`, for the
 * same reason as `isResumable`.
 */
export const portAnswers: Readonly<Record<string, (answer: unknown) => boolean>> = {
  getMfaDevices(answer) {
    const { device, gate = null, passkeys = [] } = Object(answer)
    return (
      (device === null || typeof Object(device).id === 'string') &&
      (gate === null || isGate(gate)) &&
      arePasskeys(passkeys)
    )
  },
  registerTotpMfaDevice: (answer) =>
    answer instanceof Sealed && typeof Object(answer.unseal()).uri === 'string',
  authenticateTotpMfaDevice(answer) {
    const { elevation, mfaToken, recoveryCodes } = Object(answer)
    const { scopes, token } = Object(elevation)
    return Array.isArray(scopes) && [token, mfaToken, recoveryCodes].every(isSealedOrNull)
  },
}
