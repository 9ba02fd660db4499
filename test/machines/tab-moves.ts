import type { TotpEvent } from '../../machines/totp.types.ts'
import { errorCodes, type TotpErrorCode } from '../../src/contract/errors.ts'
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
  type Machine,
  NOW,
  open,
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

/** Everything that a backend may answer to each call, in good order or not. */
export const answers: Record<CallName, readonly unknown[]> = {
  getMfaDevices: [null, pending, verified],
  registerTotpMfaDevice: [registration, registrationWithCodes],
  authenticateTotpMfaDevice: Object.values(won),
  deleteMfaDevice: [undefined],
}

const nameOf = (event: Step['event']): string => {
  const { type, ...rest } = event
  const text = JSON.stringify(rest, (_key, value) => (value instanceof Error ? value.message : value))
  return text === '{}' ? type : `${type} ${text}`
}

/** What people may send, and what a backend may answer them. */
interface Given {
  events: readonly TotpEvent[]
  answers: Record<CallName, readonly unknown[]>
  failures: readonly TotpErrorCode[]
}

/** A person who approves a payment, exports a key beside it, and has an authenticator. */
export const approvals: Given = {
  events: approvalEvents,
  answers: { ...answers, getMfaDevices: [verified], authenticateTotpMfaDevice: [won.export] },
  failures: ['invalid_code', 'rate_limited', 'scope_not_allowed'],
}

/** One tab with whoever acts on it, and with all that they can send, for {@link explore}. */
export const oneTab = (
  machine: Machine,
  given: Given = { events: userEvents, answers, failures: errorCodes },
) => ({
  start: [open(machine, { offersRecovery: true }), open(machine, { allowMfaToken: false })],
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
    for (const answer of answers[call.name]) yield by('Backend', done(call.id, answer))
    for (const code of failures) yield by('Backend', failed(call.id, code))
  }
  const { elevations, retryAt } = before.context
  for (const timer of timersOf(before)) {
    const isDue =
      timer.startsWith('xstate.after.callTimeout') ||
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
