import type { SealedAuthentication, Standing, TotpEvent } from '../../machines/totp.types.ts'
import type { MfaDevice } from '../contract/answers.ts'
import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import type { Passkey } from '../contract/passkeys.ts'
import { type Scope, UNLINK_SCOPE } from '../contract/scopes.ts'
import { Sealed } from '../contract/sealed.ts'
import { can, type TotpSnapshot } from '../flow/view.ts'

/** What each of the chart's calls can be answered with. */
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

/** As XState says that a call has ended; its own events are not among the chart's. */
const event = (given: { type: `xstate.${string}`; [data: string]: unknown }) => given as never as TotpEvent

export const done = <Name extends keyof Answers>(name: Name, output: Answers[Name]): TotpEvent =>
  event({ type: `xstate.done.actor.${name}`, output })

export const failed = (name: keyof Answers, code: TotpErrorCode, retryAt?: number): TotpEvent =>
  event({ type: `xstate.error.actor.${name}`, error: new TotpFlowError(code, { retryAt }) })

/** What a right code wins for these scopes. */
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

/** By what it is, so that two that look alike are one step of a path. */
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

/** Of a backend that takes passkeys. */
const eventsOfPasskeys: readonly TotpEvent[] = [
  done('getMfaDevices', { device: null, passkeys: [PASSKEY] }),
  { type: 'passkey.submit' },
]

/**
 * The `events` of `xstate/graph`: what can happen next to the chart, by people and by a backend, chosen such that the paths
 * are few and reach every state. A password is asked for only where the `input` of the paths has `proofs` that take one, and a passkey
 * where it has `offersPasskeys`.
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
