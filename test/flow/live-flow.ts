import type { InspectionEvent } from 'xstate'
import type { SealedAuthentication, Standing, TotpEmitted, TotpEvent } from '../../machines/totp.types.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import type { Passkey } from '../../src/contract/passkeys.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow, TotpFlowOptions } from '../../src/flow/totp-flow.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { broken } from '../machines/rules.ts'
import { type CallName, LATER, NOW, registration, type Step } from '../machines/tab.ts'

/** Short beside how long anything lasts, so that a time-out is a time-out and nothing else. */
export const CALL_TIMEOUT = 10

/** A call that the flow made, to be answered by the test: when it wants, as often as it wants, with what it wants. */
export interface LiveCall {
  readonly name: CallName
  readonly params: unknown
  readonly signal: AbortSignal
  readonly isAnswered: boolean
  answer(output: unknown): void
  fail(error: unknown): void
}

export interface LiveFlow {
  readonly flow: TotpFlow
  readonly clock: TestClock
  readonly calls: LiveCall[]
  /** The call that the flow waits for. */
  current(): LiveCall | undefined
  /** What happened, and every rule of the chart that it broke, told as one text for a failed assertion. */
  report(): string
  readonly broken: readonly string[]
  readonly emitted: readonly TotpEmitted[]
  send(event: TotpEvent): void
}

/**
 * The real flow over a backend and a clock in the test's hand. Every step that it takes is held against the chart's
 * rules as it is taken.
 */
export function liveFlow(
  options: Partial<TotpFlowOptions> & {
    clock?: TestClock
    onStep?: (step: Step) => void
    /** What the backend says of itself. */
    provider?: Pick<TotpBackend, 'assurance' | 'proofs' | 'getGate'>
    /** Whether it takes passkeys. */
    takesPasskeys?: boolean
  } = {},
): LiveFlow {
  const { clock = new TestClock(NOW), onStep, inspect, provider, takesPasskeys, ...rest } = options
  const calls: LiveCall[] = []
  let passkeys: readonly Passkey[] = []
  const violations: string[] = []
  const told: string[] = []
  const emitted: TotpEmitted[] = []

  const call =
    (name: CallName) =>
    (...given: unknown[]): Promise<never> => {
      const { signal } = (given.at(-1) ?? {}) as { signal: AbortSignal }
      const { promise, resolve, reject } = Promise.withResolvers<never>()
      promise.catch(() => {}) // a late failure that nobody waits for is no news
      const made = {
        name,
        params: given[0],
        signal,
        isAnswered: false,
        answer(output: unknown) {
          made.isAnswered = true
          if (name === 'getMfaDevices') passkeys = passkeysBeside.get(Object(output)) ?? []
          resolve(output as never)
        },
        fail(error: unknown) {
          made.isAnswered = true
          reject(error)
        },
      }
      calls.push(made)
      return promise
    }
  const backend: TotpBackend = {
    getMfaDevices: call('getMfaDevices'),
    registerTotpMfaDevice: call('registerTotpMfaDevice'),
    authenticateTotpMfaDevice: call('authenticateTotpMfaDevice'),
    deleteMfaDevice: call('deleteMfaDevice'),
    authenticateMfaRecoveryCode: call('authenticateTotpMfaDevice'),
    ...(provider && { ...provider, createNewMfaRecoveryCodes: call('authenticateTotpMfaDevice') }),
    ...(takesPasskeys && {
      getPasskeys: async () => [...passkeys],
      authenticatePasskeyMFA: call('authenticateTotpMfaDevice'),
    }),
  }

  const step = stepsOf((taken) => {
    told.push(`${taken.event.type} → ${JSON.stringify(taken.after.value)}`)
    violations.push(...broken(taken))
    emitted.push(...taken.emitted)
    const open = calls.filter(({ signal, isAnswered }) => !isAnswered && !signal.aborted)
    if (open.length > (taken.after.hasTag('busy') ? 1 : 0)) violations.push('a call that was left goes on')
    onStep?.(taken)
  })
  const flow = createTotpFlow({
    backend,
    clock,
    callTimeout: CALL_TIMEOUT,
    ...rest,
    inspect: (event) => {
      step(event)
      if (typeof inspect === 'function') inspect(event)
    },
  })

  return {
    flow,
    clock,
    calls,
    broken: violations,
    emitted,
    current: () => (flow.actor.getSnapshot().hasTag('busy') ? calls.at(-1) : undefined),
    report: () => [...told, ...violations.map((rule) => `broken: ${rule}`)].join('\n'),
    send: (event) => flow.actor.send(event),
  }
}

/** Turns what an inspector hears of the flow's own actor into steps of the chart. */
function stepsOf(take: (step: Step) => void): (event: InspectionEvent) => void {
  let root: unknown
  let before: Step['before'] | undefined
  let through: Step['after'][] = []
  let actions: { type: string; params: { src?: CallName; event?: TotpEmitted } }[] = []

  return (sent) => {
    if (sent.type === '@xstate.actor') root ??= sent.actorRef
    if (sent.actorRef !== root) return
    if (sent.type === '@xstate.action') actions.push(sent.action as (typeof actions)[number])
    if (sent.type === '@xstate.microstep') through.push(sent.snapshot as Step['after'])
    if (sent.type !== '@xstate.snapshot') return
    const after = sent.snapshot as Step['after']
    if (before && sent.event.type !== 'xstate.stop') {
      take({
        before,
        event: sent.event as Step['event'],
        after,
        through,
        started: actions.flatMap(({ type, params }) =>
          type === 'xstate.spawnChild' && params.src ? [params.src] : [],
        ),
        stopped: actions.filter(({ type }) => type === 'xstate.stopChild').length,
        emitted: actions.flatMap(({ type, params }) =>
          type === 'xstate.emit' && params.event ? [params.event] : [],
        ),
      })
    }
    before = after
    actions = []
    through = []
  }
}

/** What a backend lists next to these devices. */
const passkeysBeside = new WeakMap<object, readonly Passkey[]>()

/** What a backend answers so that the chart hears `output`: the seals are the flow's own. */
export function rawAnswer(name: CallName, output: unknown, now: number): unknown {
  if (name === 'getMfaDevices') {
    const { device, passkeys = [] } = output as Standing
    const devices = device === null ? [] : [device]
    passkeysBeside.set(devices, passkeys)
    return devices
  }
  if (name === 'registerTotpMfaDevice') return ((output ?? registration) as typeof registration).unseal()
  if (name === 'deleteMfaDevice') return undefined
  const { deviceId, elevation, mfaToken, recoveryCodes } = output as SealedAuthentication
  if (elevation.expiresAt === 0) return { count: 10, recoveryCodes: recoveryCodes?.unseal() } // of a renewal
  const { scopes, singleUse, token } = elevation
  const expiresAt = now + LATER
  return {
    deviceId: deviceId ?? 'p', // of a passkey
    sessionExpiresAt: expiresAt,
    ...(token && { elevation: { scopes, expiresAt, singleUse, token: token.unseal() } }),
    ...(mfaToken && { mfaToken: mfaToken.unseal() }),
    ...(recoveryCodes && { recoveryCodes: recoveryCodes.unseal() }),
  }
}

/** What is not what it should be. Every call can be answered with it. */
export const garbage: readonly unknown[] = [
  null,
  'ok',
  42,
  [],
  {},
  [null],
  { deviceId: '' },
  { id: 1, uri: 'javascript:alert(1)', secret: '' },
  new Proxy(
    {},
    {
      get: () => {
        throw new Error('a trap')
      },
    },
  ),
]

/** Until all that was answered has arrived. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
