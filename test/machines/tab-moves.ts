import type { Standing, TotpEvent, TotpInput } from '../../machines/totp.types.ts'
import { errorCodes, type TotpErrorCode } from '../../src/contract/errors.ts'
import type { Gate } from '../../src/contract/gate.ts'
import type { TotpSnapshot } from '../../src/flow/view.ts'
import type { Move } from './explore.ts'
import { broken } from './rules.ts'
import {
  approvalEvents,
  type CallName,
  callOf,
  done,
  EARLIER,
  failed,
  having,
  keyOf,
  LATER,
  type Machine,
  NOW,
  open,
  PASSKEY,
  pending,
  registration,
  registrationWithCodes,
  reload,
  type Step,
  take,
  timersOf,
  userEvents,
  verified,
  won,
} from './tab.ts'

const found = (...devices: readonly Standing['device'][]): Standing[] => devices.map((device) => ({ device }))

/** Everything that a backend may answer to each call, in good order or not. */
export const answers: Record<CallName, readonly unknown[]> = {
  getMfaDevices: found(null, pending, verified),
  registerTotpMfaDevice: [registration],
  authenticateTotpMfaDevice: [won.nothing, won.enrolled, won.export, won.unlink, won.mfaToken],
  deleteMfaDevice: [undefined],
}

/** What can be answered here: new codes to who asked for them, rights to who typed a code or has a passkey. */
export const answersTo = (
  { context }: TotpSnapshot,
  call: CallName,
  all: Given['answers'],
): readonly unknown[] =>
  all[call].filter(
    (answer) =>
      call !== 'authenticateTotpMfaDevice' ||
      ((answer === won.codes) === (context.intent.kind === 'renew') &&
        (Object(answer).deviceId === null
          ? context.passkeys.length > 0 && context.intent.kind !== 'enroll'
          : context.asksFor !== 'passkey')),
  )

const nameOf = (event: Step['event']): string => {
  const { type, ...rest } = event
  const text = JSON.stringify(rest, (_key, value) => (value instanceof Error ? value.message : value))
  return text === '{}' ? type : `${type} ${text}`
}

/** What people may send, and what a backend may answer them. */
export interface Given {
  /** What the flow is started with. */
  inputs: readonly TotpInput[]
  events: readonly TotpEvent[]
  answers: Record<CallName, readonly unknown[]>
  failures: readonly TotpErrorCode[]
}

/** A person who approves a payment, exports a key beside it, and has an authenticator. */
export const approvals: Given = {
  inputs: [{ offersRecovery: true }, { allowMfaToken: false }],
  events: approvalEvents,
  answers: { ...answers, getMfaDevices: found(verified), authenticateTotpMfaDevice: [won.export] },
  failures: ['invalid_code', 'rate_limited', 'scope_not_allowed'],
}

const PROVIDER_FAILURES = [
  'invalid_code',
  'rate_limited',
  'elevation_required',
  'no_device',
  'network',
] as const

/** A provider whose codes win the whole session. */
export const sessions: Given = {
  inputs: [{ assurance: 'session', offersRecovery: true }],
  events: [...approvalEvents, ...userEvents],
  answers: { ...answers, getMfaDevices: found(null, verified), authenticateTotpMfaDevice: [won.session] },
  failures: PROVIDER_FAILURES,
}

/** A provider that takes a password for everything. */
export const passwords: Given = {
  inputs: [
    {
      proofs: { register: 'password', delete: 'password', renewRecoveryCodes: 'password' },
      offersRecovery: true,
      offersRenewal: true,
    },
  ],
  events: userEvents,
  answers: {
    ...answers,
    registerTotpMfaDevice: [registration, registrationWithCodes],
    authenticateTotpMfaDevice: [won.nothing, won.export, won.codes],
  },
  failures: [
    'invalid_password',
    'scope_not_allowed',
    'device_locked',
    'cancelled',
    'passkey_unsupported',
    ...PROVIDER_FAILURES,
  ],
}

/** A provider that takes nothing beside the session. */
export const proofless: Given = {
  inputs: [
    { proofs: { delete: 'none', renewRecoveryCodes: 'none' }, assurance: 'session', offersRenewal: true },
  ],
  events: userEvents,
  answers: { ...answers, getMfaDevices: found(null, verified), authenticateTotpMfaDevice: [won.session] },
  failures: PROVIDER_FAILURES,
}

const LATER_ON: Gate = { state: 'enrollmentOwed', enrollBy: LATER }
const CODE_OWED: Gate = { state: 'codeOwed' }
/** A service that lets nobody on without a second factor. */
export const gated: Given = {
  inputs: [{ offersRecovery: true }],
  events: [
    ...userEvents,
    { type: 'stepUp.request', scopes: [], fresh: true },
    {
      type: 'flow.resume',
      resumable: { intent: { kind: 'stepUp', scopes: [] }, device: verified, retryAt: null, gate: CODE_OWED },
    },
  ],
  answers: {
    ...answers,
    getMfaDevices: [
      { device: null, gate: { state: 'enrollmentOwed' } },
      { device: pending, gate: LATER_ON },
      { device: verified, gate: CODE_OWED },
      { device: verified, gate: { state: 'open' } },
      { device: null },
    ],
    authenticateTotpMfaDevice: [won.nothing, won.export], // what else is won changes no gate: see `ours`
  },
  failures: PROVIDER_FAILURES,
}

/** What is malformed, of a password, of new recovery codes or of an MFA token is the same with a passkey: see `ours`. */
const isBesidePasskeys = (event: TotpEvent) =>
  /^(password|recoveryCodes|mfaToken|elevation\.consume)/.test(event.type) ||
  'createMfaTokenOptions' in event ||
  'authorizationDetails' in event ||
  ('scopes' in event && !Array.isArray(event.scopes))

const EXPORT = { kind: 'stepUp', scopes: ['wallet:export'] } as const
/** A service that takes passkeys in the place of codes, and alone; and one that lists them, and takes none. */
export const withPasskeys: Given = {
  inputs: [{ offersRecovery: true, offersPasskeys: true }, {}],
  events: [
    ...userEvents.filter((event) => !isBesidePasskeys(event)),
    { type: 'passkeys.changed', passkeys: [PASSKEY] },
    { type: 'passkeys.changed', passkeys: [] },
    ...[[PASSKEY], []].flatMap((passkeys): TotpEvent[] => [
      { type: 'flow.resume', resumable: { intent: EXPORT, device: null, retryAt: null, passkeys } },
      { type: 'flow.resume', resumable: { intent: EXPORT, device: verified, retryAt: null, passkeys } },
      {
        type: 'flow.resume',
        resumable: { intent: { kind: 'delete' }, device: null, retryAt: null, passkeys },
      },
    ]),
  ],
  answers: {
    ...answers,
    getMfaDevices: [
      { device: null, passkeys: [PASSKEY] },
      { device: verified, passkeys: [PASSKEY] },
      { device: verified },
    ],
    authenticateTotpMfaDevice: [won.export, won.byPasskey, won.unlinkByPasskey],
  },
  failures: ['cancelled', 'passkey_unsupported', 'invalid_passkey', 'device_locked', ...PROVIDER_FAILURES],
}

/** A service of ours or Dynamic's. */
export const ours: Given = {
  inputs: [{ offersRecovery: true }, { allowMfaToken: false }],
  events: userEvents,
  answers,
  failures: errorCodes,
}

/** One tab with whoever acts on it, and with all that they can send, for {@link explore}. */
export const oneTab = (machine: Machine, given: Given = ours) => ({
  start: given.inputs.map((input) => open(machine, input)),
  keyOf,
  moves: (snapshot: TotpSnapshot) => tabMoves(machine, snapshot, given),
  atMost: 40_000,
})

/** All that can happen to one tab next, with a backend and a clock that may do anything. */
function* tabMoves(
  machine: Machine,
  before: TotpSnapshot,
  { events, answers, failures }: Given,
): Generator<Move<TotpSnapshot> & { step?: Step }> {
  const by = (who: string, event: Step['event']) => {
    const step = take(machine, before, event)
    return { says: `${who}->>Chart: ${nameOf(event)}`, to: step.after, broken: broken(step), step }
  }
  for (const event of events) yield by('Person', event)
  yield { says: 'Person->>Chart: reload', to: reload(machine, before) }

  const call = callOf(machine, before)
  if (call) {
    for (const answer of answersTo(before, call.name, answers)) yield by('Backend', done(call.id, answer))
    for (const code of failures) yield by('Backend', failed(call.id, code))
  }
  const { elevations, retryAt } = before.context
  for (const timer of timersOf(before)) {
    const isDue =
      /^xstate\.after\.(call|proof)Timeout/.test(timer) ||
      (timer.startsWith('xstate.after.untilRetry') && (retryAt ?? 0) <= NOW) ||
      (timer.startsWith('xstate.after.untilElevationEnds') &&
        elevations.some(({ expiresAt }) => expiresAt <= NOW))
    if (isDue) yield by('Clock', { type: timer as `xstate.${string}` })
  }
  for (const [index, elevation] of elevations.entries()) {
    if (elevation.expiresAt <= NOW) continue
    const ended = elevations.with(index, { ...elevation, expiresAt: EARLIER })
    yield {
      says: `Note over Chart: time passes the end of ${elevation.scopes.join(' ') || 'the session'}`,
      to: having(machine, before, { elevations: ended }),
    }
  }
  if (retryAt !== null && retryAt > NOW) {
    yield { says: 'Note over Chart: time passes the wait', to: having(machine, before, { retryAt: EARLIER }) }
  }
}
