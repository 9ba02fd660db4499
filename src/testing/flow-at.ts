import type { Intent, TotpEvent } from '../../machines/totp.types.ts'
import type { Proof, TotpBackend } from '../contract/backend.ts'
import type { FlowClock } from '../contract/clock.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Passkey } from '../contract/passkeys.ts'
import { type Scope, UNLINK_SCOPE } from '../contract/scopes.ts'
import { Sealed } from '../contract/sealed.ts'
import { createTotpFlow } from '../flow/create-totp-flow.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'
import { DEVICE, done, failed, PASSKEY, REGISTRATION, submitCode, won } from './chart-events.ts'
import { TestClock } from './test-clock.ts'

/** A state of the statechart: every state without substates. */
export type TotpPlace =
  | 'idle.loading'
  | 'idle.ready'
  | 'idle.unavailable'
  | 'registering'
  | 'awaitingCode.ready'
  | 'awaitingCode.throttled'
  | 'awaitingCode.password'
  | 'awaitingCode.passkey'
  | 'awaitingCode.confirming'
  | 'verifying'
  | 'elevated'
  | 'deleting'

/** Options of {@link flowAt}. */
export interface FlowAtOptions {
  /**
   * What the person is doing. Except for `enroll`, an authenticator app is set up. In `awaitingCode.password`, actions
   * require a password; new recovery codes (`renew`) always do. In `awaitingCode.passkey`, the user has a passkey and
   * no app.
   * @default `stepUp` in `elevated` and `awaitingCode.passkey`, `delete` in `deleting`, else `enroll`
   */
  intent?: Intent['kind']
  /** The scopes of a step-up. @default ['wallet:export'] */
  scopes?: readonly Scope[]
  /** @default a new `TestClock`, so that waits and elevations do not end by themselves */
  clock?: FlowClock
}

const HALF_A_MINUTE = 30_000
const FIVE_MINUTES = 300_000
const DAY = 86_400_000
const WRONG_CODE = '000000'

/**
 * Starts a flow in one state of the statechart, for a story or a test. `flow.actor.getSnapshot()` returns its snapshot.
 * It needs no server: calls that led to the state are never answered, and later ones are answered by a small simulated
 * service, which accepts any code but
 * 000000. Throws a `TypeError` for a state that the chart does not have, or that cannot occur with that intent.
 *
 * @example
 * ```ts
 * import { flowAt } from 'totp-flow/testing'
 *
 * const flow = flowAt('awaitingCode.throttled', { intent: 'stepUp' })
 * ```
 */
export function flowAt(place: TotpPlace, options: FlowAtOptions = {}): TotpFlow {
  const { clock = new TestClock(), scopes = ['wallet:export'] } = options
  const { intent = INTENTS[place] ?? 'enroll' } = options
  const way = wayTo(place, { intent, scopes, now: clock.now() })
  const takesPassword = place === 'awaitingCode.password' || intent === 'renew'
  const proof = takesPassword ? 'password' : place === 'awaitingCode.confirming' ? 'none' : 'code'
  const isByPasskey = place === 'awaitingCode.passkey'
  const service = serviceAt(
    clock,
    isByPasskey ? 'enroll' : intent,
    proof,
    isByPasskey ? [PASSKEY] : undefined,
  )
  const flow = createTotpFlow({ backend: service.backend, clock, tabs: false, callTimeout: DAY })
  for (const event of way) flow.actor.send(event)
  service.open()
  const { state, detail, intent: kind } = flow.getView()
  const isThere = (detail ? `${state}.${detail}` : state) === place
  if (isThere && (kind === intent || state === 'idle')) return flow
  flow.stop()
  throw new TypeError(`flowAt: the chart has no ${place} with the intent ${intent}.`)
}

const INTENTS: Partial<Record<TotpPlace, Intent['kind']>> = {
  'awaitingCode.confirming': 'delete',
  'awaitingCode.passkey': 'stepUp',
  elevated: 'stepUp',
  deleting: 'delete',
}

interface Wanted {
  intent: Intent['kind']
  scopes: readonly Scope[]
  now: number
}

/** One of the shortest paths to the state, of what people do and a backend answers. */
function wayTo(place: TotpPlace, { intent, scopes, now }: Wanted): TotpEvent[] {
  const ready = done('getMfaDevices', { device: intent === 'enroll' ? null : DEVICE })
  const begin: TotpEvent = {
    enroll: { type: 'device.register' } as const,
    stepUp: { type: 'stepUp.request', scopes } as const,
    delete: { type: 'device.delete' } as const,
    renew: { type: 'recoveryCodes.renew' } as const,
  }[intent]
  const asked = [ready, begin, ...(intent === 'enroll' ? [REGISTERED] : [])]
  const verifying = [...asked, intent === 'renew' ? PASSWORD : submitCode()]
  const grants: Record<Intent['kind'], readonly Scope[]> = {
    enroll: [],
    stepUp: scopes,
    delete: [UNLINK_SCOPE],
    renew: [],
  }
  const right = done('authenticateTotpMfaDevice', won(grants[intent], now + FIVE_MINUTES))
  const ways: Record<TotpPlace, TotpEvent[]> = {
    'idle.loading': [],
    'idle.ready': [ready],
    'idle.unavailable': [failed('getMfaDevices', 'network')],
    registering: [ready, begin],
    'awaitingCode.ready': asked,
    'awaitingCode.password': [ready, begin],
    'awaitingCode.confirming': [ready, TO_CONFIRM],
    'awaitingCode.passkey': [WITH_PASSKEY, begin],
    'awaitingCode.throttled': [
      ...verifying,
      failed('authenticateTotpMfaDevice', 'rate_limited', now + HALF_A_MINUTE),
    ],
    verifying,
    elevated: [...verifying, right],
    deleting: [...verifying, right],
  }
  if (Object.hasOwn(ways, place)) return ways[place]
  throw new TypeError(`flowAt: the chart has no state ${place}. It has ${Object.keys(ways).join(', ')}.`)
}
const TO_CONFIRM: TotpEvent = { type: 'device.delete', confirm: true }
const WITH_PASSKEY = done('getMfaDevices', { device: null, passkeys: [PASSKEY] })
const PASSWORD: TotpEvent = { type: 'password.submit', password: Sealed.of('a password') }
const REGISTERED = done('registerTotpMfaDevice', Sealed.of(REGISTRATION))

/** Answers nothing until it is opened, so that the flow stays in its state. */
function serviceAt(
  clock: FlowClock,
  intent: Intent['kind'],
  proof: Proof,
  passkeys: readonly Passkey[] | undefined,
) {
  let isOpen = false
  let device = intent === 'enroll' ? null : DEVICE
  const codes = Array.from({ length: 10 }, (_, index) => `aaaaa-bbbbb-cccc${'abcdefghij'[index]}`)
  const left = { count: 10, recoveryCodes: [], acknowledged: true }
  const answer = async <T>(make: () => T): Promise<T> => (isOpen ? make() : new Promise<T>(() => {}))

  const grantOf = (scopes: readonly Scope[]) => {
    const expiresAt = clock.now() + FIVE_MINUTES
    const elevation = { scopes, expiresAt, singleUse: true, token: 'an elevated token' }
    return { sessionExpiresAt: expiresAt, ...(scopes.length > 0 && { elevation }) }
  }

  const backend: TotpBackend = {
    proofs: { register: proof === 'password' ? proof : 'none', delete: proof, renewRecoveryCodes: proof },
    getMfaDevices: () => answer(() => (device ? [device] : [])),
    registerTotpMfaDevice: () => answer(() => REGISTRATION),
    authenticateTotpMfaDevice: ({ code, requestedScopes = [] }) =>
      answer(() => {
        if (code === WRONG_CODE) throw new TotpFlowError('invalid_code')
        const isFirst = device === null
        device = DEVICE
        return {
          deviceId: DEVICE.id,
          ...grantOf(requestedScopes),
          ...(isFirst && { recoveryCodes: codes }),
        }
      }),
    ...(passkeys && {
      getPasskeys: () => answer(() => [...passkeys]),
      authenticatePasskeyMFA: ({ requestedScopes = [] }) =>
        answer(() => ({ deviceId: PASSKEY.id, ...grantOf(requestedScopes) })),
    }),
    authenticateMfaRecoveryCode: (params, o) => backend.authenticateTotpMfaDevice(params, o),
    deleteMfaDevice: () =>
      answer(() => {
        device = null
      }),
    getMfaRecoveryCodes: () => answer(() => left),
    createNewMfaRecoveryCodes: () => answer(() => ({ count: 10, recoveryCodes: codes })),
    acknowledgeRecoveryCodes: () => answer(() => {}),
  }
  return {
    backend,
    open() {
      isOpen = true
    },
  }
}
