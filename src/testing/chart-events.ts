import type { SealedAuthentication, Standing, TotpEvent } from '../../machines/totp.types.ts'
import type { MfaDevice } from '../contract/answers.ts'
import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import type { Passkey } from '../contract/passkeys.ts'
import { type Scope, UNLINK_SCOPE } from '../contract/scopes.ts'
import { Sealed } from '../contract/sealed.ts'
import { can, type TotpSnapshot } from '../flow/view.ts'

/** The possible results of the statechart's calls. */
interface Answers {
  getMfaDevices: Standing
  registerTotpMfaDevice: Sealed<typeof REGISTRATION>
  authenticateTotpMfaDevice: SealedAuthentication
  deleteMfaDevice: undefined
}

const AT = '2026-01-01T00:00:00.000Z'
const SECRET = 'JBSWY3DPEHPK3PXP'
export const REGISTRATION = {
  id: 'device-1',
  uri: `otpauth://totp/Example:ann%40example.com?secret=${SECRET}&issuer=Example`,
  secret: SECRET,
}
export const DEVICE: MfaDevice = {
  id: REGISTRATION.id,
  type: 'totp',
  verified: true,
  createdAt: AT,
  verifiedAt: AT,
}

export const PASSKEY: Passkey = { id: 'passkey-1', alias: 'Laptop', createdAt: AT }

/** XState's event for the end of a call, which is not among the statechart's own events. */
const event = (given: { type: `xstate.${string}`; [data: string]: unknown }) => given as never as TotpEvent

export const done = <Name extends keyof Answers>(name: Name, output: Answers[Name]): TotpEvent =>
  event({ type: `xstate.done.actor.${name}`, output })

export const failed = (name: keyof Answers, code: TotpErrorCode, retryAt?: number): TotpEvent =>
  event({ type: `xstate.error.actor.${name}`, error: new TotpFlowError(code, { retryAt }) })

/** The result of a right code for these scopes. */
export const won = (scopes: readonly Scope[], expiresAt: number): SealedAuthentication => ({
  deviceId: DEVICE.id,
  verifiedAt: AT,
  elevation: {
    scopes,
    expiresAt,
    singleUse: scopes.length > 0 && !scopes.includes(UNLINK_SCOPE),
    token: scopes.length > 0 ? Sealed.of('an elevated token') : null,
  },
  mfaToken: null,
  recoveryCodes: null,
})

export const submitCode = (code = '123456'): TotpEvent => ({ type: 'code.submit', code: Sealed.of(code) })

const FAR = Date.UTC(2100, 0)

/** Constants, so that two equal events count as one step of a path. */
const events: readonly TotpEvent[] = [
  done('getMfaDevices', { device: null }),
  done('getMfaDevices', { device: DEVICE }),
  failed('getMfaDevices', 'network'),
  { type: 'device.register' },
  done('registerTotpMfaDevice', Sealed.of(REGISTRATION)),
  { type: 'stepUp.request', scopes: [UNLINK_SCOPE] },
  { type: 'device.delete' },
  { type: 'device.delete', confirm: true },
  { type: 'password.submit', password: Sealed.of('a password') },
  submitCode(),
  done('authenticateTotpMfaDevice', won([UNLINK_SCOPE], FAR)),
  failed('authenticateTotpMfaDevice', 'invalid_code'),
  failed('authenticateTotpMfaDevice', 'rate_limited', FAR),
  event({ type: 'xstate.after.untilRetry.totp.awaitingCode.throttled' }),
  done('deleteMfaDevice', undefined),
]

/** For a backend that accepts passkeys. */
const eventsOfPasskeys: readonly TotpEvent[] = [
  done('getMfaDevices', { device: null, passkeys: [PASSKEY] }),
  { type: 'passkey.submit' },
]

/**
 * The `events` option for `xstate/graph`: what people and a backend can do next to the statechart, chosen so that there
 * are few paths and they reach every state. Paths include a password only if their `input` has `proofs` that require
 * one, and a passkey only if it has `offersPasskeys`.
 *
 * @example
 * ```ts
 * import { totpMachine } from 'totp-flow'
 * import { pathEvents } from 'totp-flow/testing'
 * import { getSimplePaths } from 'xstate/graph'
 *
 * const paths = getSimplePaths(totpMachine, { events: pathEvents })
 * ```
 */
export const pathEvents = (snapshot: TotpSnapshot): TotpEvent[] =>
  [...events, ...(snapshot.context.settings.offersPasskeys ? eventsOfPasskeys : [])].filter((one) =>
    can(snapshot, one),
  )
