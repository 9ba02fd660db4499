import { getMicrosteps, initialTransition } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'
import type { TotpContext, TotpEmitted, TotpEvent, TotpInput } from '../../machines/totp.types.ts'
import { TimeSource } from '../../src/contract/clock.ts'
import type { TotpErrorCode } from '../../src/contract/errors.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import { persist, resumableFrom } from '../../src/flow/persist.ts'
import type { TotpSnapshot } from '../../src/flow/view.ts'
import { MFA_TOKEN, RECOVERY_CODES, RIGHT_CODE, SECRET, TOKEN } from '../flow/scripted-backend.ts'

/**
 * The chart as pure functions, one step at a time, for tests that walk it. Time stands still at `NOW`; what is to end
 * ends at `LATER` until a test says that it has, and then at `EARLIER`.
 */
export const EARLIER = 500
export const NOW = 1_000
export const LATER = 1_000_000

export type Machine = typeof totpMachine
export type CallName =
  | 'getMfaDevices'
  | 'registerTotpMfaDevice'
  | 'authenticateTotpMfaDevice'
  | 'deleteMfaDevice'

/** One step of the chart, as the invariants look at it. */
export interface Step {
  before: TotpSnapshot
  event: TotpEvent | { type: `xstate.${string}`; output?: unknown; error?: TotpFlowError }
  after: TotpSnapshot
  /** Every place on the way, the last one too: eventless transitions lead on at once. */
  through: readonly TotpSnapshot[]
  started: readonly CallName[]
  /** How many running calls were aborted. */
  stopped: number
  emitted: readonly TotpEmitted[]
}

/** What XState was about to do, as far as the rules look at it. Its own action types are not in the machine's. */
interface Action {
  type: string
  params: unknown
}

const startedBy = (actions: readonly Action[]) =>
  actions.flatMap(({ type, params }) =>
    type === 'xstate.spawnChild' ? [(params as { src: CallName }).src] : [],
  )
const emittedBy = (actions: readonly Action[]) =>
  actions.flatMap(({ type, params }) =>
    type === 'xstate.emit' ? [(params as { event: TotpEmitted }).event] : [],
  )

export function open(machine: Machine, input: TotpInput = {}): TotpSnapshot {
  return initialTransition(machine, { ...input, time: new TimeSource(() => NOW) })[0]
}

export function take(machine: Machine, before: TotpSnapshot, event: Step['event']): Step {
  // Events of XState's own are no part of the machine's event type; a test sends them in its stead.
  const microsteps = getMicrosteps(machine, before, event as TotpEvent)
  const actions: Action[] = microsteps.flatMap(([, executable]) => executable)
  const through = microsteps.map(([snapshot]) => snapshot)
  const stopped = actions.filter(({ type }) => type === 'xstate.stopChild').length
  const after = through.at(-1) ?? before
  return { before, event, after, through, started: startedBy(actions), stopped, emitted: emittedBy(actions) }
}

/** A reload of the page: all is new but what was stored. */
export function reload(machine: Machine, before: TotpSnapshot): TotpSnapshot {
  const fresh = open(machine, before.context.settings)
  const resumable = resumableFrom(JSON.parse(JSON.stringify(persist(before))))
  return resumable ? take(machine, fresh, { type: 'flow.resume', resumable }).after : fresh
}

/** The same place in the chart with something different in mind: how a test lets time pass. */
export function having(
  machine: Machine,
  snapshot: TotpSnapshot,
  context: Partial<TotpContext>,
): TotpSnapshot {
  return machine.resolveState({ value: snapshot.value, context: { ...snapshot.context, ...context } })
}

/** All that decides what happens next, and no more: what no transition looks at any longer is left out. */
export const keyOf = (snapshot: TotpSnapshot): string => {
  const { device, intent, registration, elevations, mfaToken, recoveryCodes, retryAt } = snapshot.context
  const { settings, deprecationAnnounced, error, passkeys, asksFor } = snapshot.context
  const { allowMfaToken, offersRecovery } = settings
  const asks = snapshot.hasTag('secretOnScreen') || snapshot.hasTag('acceptsPassword')
  return JSON.stringify([
    snapshot.value,
    snapshot.context.gate?.state,
    device === undefined ? '?' : device === null ? 'none' : device.verified ? 'verified' : 'pending',
    asks && intent,
    registration && (registration.unseal().recoveryCodes ? 'with codes' : 'bare'),
    elevations.map(({ scopes, singleUse, expiresAt, authorizationDetails }) => [
      scopes,
      singleUse,
      expiresAt > NOW,
      authorizationDetails !== undefined,
    ]),
    mfaToken !== null,
    recoveryCodes !== null,
    passkeys.length > 0,
    asks && asksFor,
    retryAt !== null && retryAt > NOW,
    allowMfaToken,
    offersRecovery,
    deprecationAnnounced,
    error !== null,
  ])
}

const DEVICE = { id: 'd', type: 'totp', createdAt: '2026-01-01T00:00:00.000Z' } as const
export const PASSKEY = { id: 'p', alias: 'Phone' }
export const pending = { ...DEVICE, verified: false }
export const verified = { ...DEVICE, verified: true }
const TO_SCAN = { id: 'd', uri: `otpauth://totp/a?secret=${SECRET}`, secret: SECRET }
export const registration = Sealed.of(TO_SCAN)
/** Of a provider that makes the recovery codes with it. */
export const registrationWithCodes = Sealed.of({ ...TO_SCAN, recoveryCodes: RECOVERY_CODES })

const right = (scopes: readonly string[], singleUse: boolean) => ({
  deviceId: 'd',
  elevation: { scopes, expiresAt: LATER, singleUse, token: scopes.length > 0 ? Sealed.of(TOKEN) : null },
  mfaToken: null,
  recoveryCodes: null,
})
/** What a right code can be answered with: by the scopes asked, or with an MFA token. */
export const won = {
  session: {
    ...right([], false),
    elevation: { ...right([], false).elevation, scopes: ['wallet:export'], ofSession: true },
  },
  /** Of a renewal by password. */
  codes: {
    ...right([], false),
    elevation: { ...right([], false).elevation, expiresAt: 0 },
    recoveryCodes: Sealed.of(RECOVERY_CODES),
  },
  nothing: right([], false),
  byPasskey: { ...right(['wallet:export'], true), deviceId: null },
  unlinkByPasskey: { ...right(['credential:unlink'], false), deviceId: null },
  enrolled: { ...right([], false), recoveryCodes: Sealed.of(RECOVERY_CODES) },
  export: right(['wallet:export'], true),
  unlink: right(['credential:unlink'], false),
  mfaToken: { ...right([], false), mfaToken: Sealed.of(MFA_TOKEN) },
}

/** The cases of each event that says more than its name. */
const cases: Partial<Record<string, readonly TotpEvent[]>> = {
  'device.delete': [
    { type: 'device.delete' },
    { type: 'device.delete', confirm: true },
    { type: 'device.delete', createMfaTokenOptions: { singleUse: true } },
  ],
  'stepUp.request': [
    { type: 'stepUp.request', scopes: ['wallet:export'] },
    { type: 'stepUp.request', scopes: ['credential:unlink'] },
    { type: 'stepUp.request', scopes: ['wallet:export'], fresh: true },
    { type: 'stepUp.request', scopes: [], createMfaTokenOptions: { singleUse: true } },
    { type: 'stepUp.request', scopes: 'wallet:export' as never },
    { type: 'stepUp.request', scopes: ['wallet:export'], authorizationDetails: [] },
  ],
  'code.submit': [
    { type: 'code.submit', code: Sealed.of(RIGHT_CODE) },
    { type: 'code.submit', code: Sealed.of('12345') },
  ],
  'password.submit': ['a password', ''].map((password) => ({
    type: 'password.submit',
    password: Sealed.of(password),
  })),
  'password.unavailable': [{ type: 'password.unavailable', error: new TotpFlowError('server') }],
  'recoveryCode.submit': [{ type: 'recoveryCode.submit', code: Sealed.of(RECOVERY_CODES[0] ?? '') }],
  'recoveryCodes.renewed': ['d', 'another'].map((deviceId) => ({
    type: 'recoveryCodes.renewed',
    deviceId,
    recoveryCodes: Sealed.of(RECOVERY_CODES),
  })),
  'passkeys.changed': [], // of backends that have them
  'elevation.consume': [
    { type: 'elevation.consume', scopes: ['wallet:export'] },
    { type: 'elevation.consume', scopes: ['credential:unlink'] },
  ],
  'flow.resume': [
    { type: 'flow.resume', resumable: { intent: { kind: 'enroll' }, device: null, retryAt: null } },
    { type: 'flow.resume', resumable: { intent: { kind: 'enroll' }, device: verified, retryAt: null } },
    { type: 'flow.resume', resumable: { intent: { kind: 'delete' }, device: verified, retryAt: LATER } },
    { type: 'flow.resume', resumable: { intent: { kind: 'delete' }, device: pending, retryAt: null } },
    {
      type: 'flow.resume',
      resumable: { intent: { kind: 'delete', mfaToken: {} }, device: verified, retryAt: null },
    },
  ],
} satisfies { [Type in TotpEvent['type']]?: readonly Extract<TotpEvent, { type: Type }>[] }

/** All that people, hosts and other tabs can send: every event that the chart takes, each with its cases. */
export const userEvents: readonly TotpEvent[] = totpMachine.events
  .filter((type) => !type.startsWith('xstate.'))
  .flatMap((type) => cases[type] ?? [{ type } as TotpEvent])

const PAYMENT = [{ type: 'payment', amount: '100.00' }]

/** What a person who approves a payment, and exports a key beside it, can send. */
export const approvalEvents: readonly TotpEvent[] = [
  { type: 'stepUp.request', scopes: ['wallet:export'] },
  { type: 'stepUp.request', scopes: ['wallet:export'], authorizationDetails: PAYMENT },
  { type: 'stepUp.request', scopes: ['wallet:export'], authorizationDetails: PAYMENT, fresh: true },
  { type: 'code.submit', code: Sealed.of(RIGHT_CODE) },
  { type: 'elevation.consume', scopes: ['wallet:export'] },
  { type: 'elevation.consume', scopes: ['wallet:export'], authorizationDetails: PAYMENT },
  { type: 'elevation.release' },
  { type: 'device.delete' },
  { type: 'flow.cancel' },
  { type: 'flow.wake' },
]

/** The call that a state waits for, and the events by which XState brings its end. */
export const callOf = (machine: Machine, { value }: TotpSnapshot): { name: CallName; id: string } | null => {
  const path = typeof value === 'string' ? [value] : Object.entries(value).flat()
  const node = path.reduce<Machine['root'] | undefined>(
    (parent, name) => (parent as Machine['root'] | undefined)?.states[name as never],
    machine.root,
  )
  const invoke = node?.invoke[0]
  return invoke ? { name: String(invoke.src) as CallName, id: invoke.id } : null
}
export const done = (id: string, output: unknown) => ({ type: `xstate.done.actor.${id}`, output }) as const
export const failed = (id: string, code: TotpErrorCode) => {
  const error = new TotpFlowError(code, code === 'rate_limited' ? { retryAt: LATER } : {})
  return { type: `xstate.error.actor.${id}`, error } as const
}

/** The timers that run here: `xstate.after.<delay>.<state>`. */
export const timersOf = (snapshot: TotpSnapshot) =>
  snapshot._nodes.flatMap((node) => node.ownEvents.filter((type) => type.startsWith('xstate.after.')))
