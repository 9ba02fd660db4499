import type { TotpEvent } from '../../machines/totp.types.ts'
import type { TotpErrorCode } from '../../src/contract/errors.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import type { TotpSnapshot } from '../../src/flow/view.ts'
import type { Move } from './explore.ts'
import { broken } from './rules.ts'
import {
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
  reload,
  type Step,
  take,
  timersOf,
  verified,
  won,
} from './tab.ts'

/**
 * Tabs of one user and the server they share: every interleaving of what people do, what the server has taken in, and
 * what has come back. Ids are abstracted to whether they name the device that the server has now.
 */
export interface World {
  readonly tabs: readonly Tab[]
  readonly server: Server
  /** The server changed, and the answer that would have said so was lost: now tabs may be wrong until they ask. */
  readonly unheard: boolean
}
type Server = (typeof SERVERS)[number]
const SERVERS = ['none', 'pending', 'verified'] as const

/** One tab and what is on the way to and from it. Equal ones are one object, so that a step is computed once. */
interface Tab extends TabParts {
  readonly number: number
}
interface TabParts {
  readonly snapshot: TotpSnapshot
  readonly call: Call | null
  readonly knowsDevice: boolean
  readonly knowsRegistration: boolean
  /** The proofs in this tab that the server has taken already. */
  readonly spent: { readonly elevation: boolean; readonly mfaToken: boolean }
  /** Told by other tabs, not heard yet. */
  readonly news: 'none' | 'changed' | 'signedOut'
}
interface Call {
  readonly name: CallName
  readonly id: string
  /** Whether the device that it names is the server's. */
  readonly isCurrent: boolean
  /** It is a removal, and its proof was not spent before it left. */
  readonly isProven: boolean
  /** It was made because another tab told of a change: what it finds is not told back. */
  readonly isToldOf: boolean
  /** It was made after one that may have got through and was not waited for: what it finds is told. */
  readonly owes: boolean
  /** What the server answered, once it has. */
  readonly answer: Step['event'] | null
  /** The server was changed by it, or by the call before it whose answer was not waited for. */
  readonly hasChanged: boolean
}

/** What a move of one tab does to the rest of the world. */
interface TabMove {
  says: string
  tab: Tab
  broken: readonly string[]
  server: Server
  /** The server has another device than before, or none: what others know of it is stale. */
  outdates: boolean
  tells: 'nothing' | 'changed' | 'signedOut'
  loses: boolean
}

/** What people do in this model: the cases of events that matter between tabs. */
const commands: readonly TotpEvent[] = [
  { type: 'device.register' },
  { type: 'device.delete' },
  { type: 'device.delete', createMfaTokenOptions: { singleUse: true } },
  { type: 'stepUp.request', scopes: ['wallet:export'] },
  { type: 'code.submit', code: Sealed.of('123456') },
  { type: 'elevation.consume', scopes: ['wallet:export'] },
  { type: 'flow.cancel' },
  { type: 'flow.wake' },
]
const FAILURES: readonly TotpErrorCode[] = ['network', 'unauthenticated']
const FAILURES_OF_CODES: readonly TotpErrorCode[] = [...FAILURES, 'invalid_code', 'rate_limited']
const MAY_CHANGE: readonly string[] = ['authenticateTotpMfaDevice', 'deleteMfaDevice']
const NAMES = ['Tab A', 'Tab B']
const provesRemoval = ({ scopes }: { scopes: readonly string[] }) => scopes.includes('credential:unlink')

/** The product of so many tabs and the server, for {@link explore}. Deaf ones do not hear of what others set up or remove. */
export function product(machine: Machine, count: number, { isDeaf = false } = {}) {
  const known = new Map<string, Tab>()
  const moved = new Map<number, readonly TabMove[]>()

  /** Flags without a meaning are all the same, and so are tabs that differ in nothing else. */
  function tabOf(parts: TabParts): Tab {
    const { snapshot, call, news } = parts
    const { device, registration, elevations, mfaToken } = snapshot.context
    const knowsDevice = parts.knowsDevice && device !== undefined && device !== null
    const knowsRegistration = parts.knowsRegistration && registration !== null
    const spent = {
      elevation: parts.spent.elevation && elevations.some(provesRemoval),
      mfaToken: parts.spent.mfaToken && mfaToken !== null,
    }
    const answer = call?.answer && labelOf(call.answer)
    const key = JSON.stringify([
      keyOf(blurred(snapshot)),
      call && [call.isCurrent, call.isProven, call.isToldOf, call.owes, call.hasChanged, answer],
      [knowsDevice, knowsRegistration, spent, news],
    ])
    const found = known.get(key)
    if (found) return found
    const tab: Tab = { snapshot, call, news, knowsDevice, knowsRegistration, spent, number: known.size }
    known.set(key, tab)
    return tab
  }

  function begun({ snapshot, knowsDevice, knowsRegistration, spent }: TabParts): Call | null {
    const call = callOf(machine, snapshot)
    if (!call) return null
    const { registration, device, elevations, mfaToken } = snapshot.context
    const lasts = elevations.some((one) => provesRemoval(one) && one.expiresAt > NOW)
    const good = (lasts && !spent.elevation) || (mfaToken !== null && !spent.mfaToken)
    return {
      ...call,
      isCurrent: registration ? knowsRegistration : device ? knowsDevice : true,
      isToldOf: false,
      owes: false,
      isProven: call.name === 'deleteMfaDevice' && good,
      answer: null,
      hasChanged: false,
    }
  }

  const still = (tab: Tab, server: Server) =>
    ({ tab, server, broken: [], outdates: false, tells: 'nothing', loses: false }) as const

  /** The tab takes an event; its call starts or is given up; others are to be told. */
  function takes(
    tab: Tab,
    server: Server,
    event: Step['event'],
    who: string,
    learns: Partial<TabParts> = {},
  ): TabMove {
    const step = take(machine, tab.snapshot, event)
    const after: TabParts = { ...tab, snapshot: step.after, ...learns }
    const next = step.started.length > 0 ? begun(after) : step.stopped > 0 ? null : tab.call
    const isFound = step.started[0] === 'getMfaDevices' && isKnown(step.after)
    const owes = isFound && (tab.call?.owes === true || MAY_CHANGE.includes(tab.call?.name ?? ''))
    const call =
      next && next !== tab.call
        ? {
            ...next,
            owes,
            isToldOf: who === 'Other tab' && !owes,
            hasChanged: isFound && tab.call?.hasChanged === true,
          }
        : next
    const hasLearned = isKnown(step.before) && isKnown(step.after) && isOn(step.before) !== isOn(step.after)
    return {
      ...still(tabOf({ ...after, call }), server),
      says: `${who}->>Chart: ${event.type}`,
      broken: broken(step),
      tells:
        event.type === 'session.end' && who === 'Person'
          ? 'signedOut'
          : hasLearned && !tab.call?.isToldOf
            ? 'changed'
            : 'nothing',
      loses: step.stopped > 0 && tab.call?.hasChanged === true && !('output' in event) && !isFound,
    }
  }

  function* movesOf(tab: Tab, server: Server): Generator<TabMove> {
    for (const event of commands) yield takes(tab, server, event, 'Person')
    yield takes(tab, server, { type: 'session.end' }, 'Person')
    if (tab.news === 'changed')
      yield takes(tab, server, { type: 'devices.changed' }, 'Other tab', { news: 'none' })
    if (tab.news === 'signedOut')
      yield takes(tab, server, { type: 'session.end' }, 'Other tab', { news: 'none' })

    const fresh: TabParts = {
      ...tab,
      snapshot: reload(machine, tab.snapshot),
      knowsRegistration: false,
      news: 'none',
    }
    yield {
      ...still(tabOf({ ...fresh, call: begun(fresh) }), server),
      says: 'Person->>Chart: reload',
      loses: tab.call?.hasChanged === true,
    }
    if (tab.call?.answer) yield takes(tab, server, tab.call.answer, 'Server', learned(tab.call))
    else if (tab.call) yield* served(tab, tab.call, server)

    const { elevations, retryAt } = tab.snapshot.context
    const isOver = {
      callTimeout: true,
      proofTimeout: true,
      untilRetry: retryAt !== null && retryAt <= NOW,
      untilElevationEnds: elevations.some(({ expiresAt }) => expiresAt <= NOW),
    }
    for (const timer of timersOf(tab.snapshot)) {
      const isDue = Object.entries(isOver).some(
        ([name, over]) => over && timer.startsWith(`xstate.after.${name}`),
      )
      if (isDue) yield takes(tab, server, { type: timer as `xstate.${string}` }, 'Clock')
    }
    const later = (context: Partial<TotpSnapshot['context']>) =>
      still(tabOf({ ...tab, snapshot: having(machine, tab.snapshot, context) }), server)
    for (const [at, elevation] of elevations.entries()) {
      if (elevation.expiresAt <= NOW) continue
      const ended = elevations.with(at, { ...elevation, expiresAt: EARLIER })
      yield {
        ...later({ elevations: ended }),
        says: `Note over Chart: time passes the end of ${elevation.scopes}`,
      }
    }
    if (retryAt !== null && retryAt > NOW) {
      yield { ...later({ retryAt: EARLIER }), says: 'Note over Chart: time passes the wait' }
    }
  }

  /** What the server makes of a call, in each way that it may. This is the reference model of the server. */
  function* served(tab: Tab, call: Call, server: Server): Generator<TabMove> {
    const answers = (
      answer: Step['event'],
      changed: { to?: Server; isNew?: boolean; isSpent?: boolean; isCurrent?: boolean } = {},
    ): TabMove => {
      const { to = server, isNew = false, isSpent = false, isCurrent = call.isCurrent } = changed
      const outdates = isNew || (to === 'none' && server !== 'none')
      const hasChanged = call.hasChanged || (server === 'verified') !== (to === 'verified')
      const answered = tabOf({
        ...tab,
        ...(outdates && { knowsDevice: false, knowsRegistration: false }),
        ...(isSpent && { spent: { elevation: true, mfaToken: true } }),
        call: { ...call, answer, hasChanged, isCurrent },
      })
      return {
        ...still(answered, to),
        says: `Server->>Server: ${call.name} of Chart: ${labelOf(answer)}`,
        outdates,
      }
    }
    const says = (output: unknown) => done(call.id, output)
    const fails = (code: TotpErrorCode) => answers(failed(call.id, code))
    // These say nothing of the server, so when they were made makes no difference: they arrive at once.
    const failures = call.name === 'authenticateTotpMfaDevice' ? FAILURES_OF_CODES : FAILURES
    for (const code of failures) yield takes(tab, server, failed(call.id, code), 'Server')

    if (call.name === 'getMfaDevices') {
      yield answers(says({ device: { none: null, pending, verified }[server] }), {
        isCurrent: server !== 'none',
      })
    } else if (call.name === 'registerTotpMfaDevice') {
      if (server === 'verified') yield fails('device_limit')
      else yield answers(says(registration), { to: 'pending', isNew: true, isCurrent: true })
    } else if (!call.isCurrent || server === 'none') {
      yield fails('no_device')
    } else if (call.name === 'authenticateTotpMfaDevice') {
      yield answers(says(grantFor(tab.snapshot)), { to: 'verified' })
    } else if (server === 'pending') {
      yield fails('no_device')
    } else if (call.isProven) {
      yield answers(says(undefined), { to: 'none', isSpent: true, isCurrent: false })
    } else {
      yield fails('proof_required')
    }
  }

  const hears = (tab: Tab, { tells, outdates }: TabMove): Tab => {
    if (tells === 'nothing' && !outdates) return tab
    return tabOf({
      ...tab,
      ...(outdates && { knowsDevice: false, knowsRegistration: false }),
      ...(outdates && tab.call && { call: { ...tab.call, isCurrent: false } }),
      ...(tells === 'signedOut' && { news: 'signedOut' }),
      ...(tells === 'changed' && !isDeaf && tab.news === 'none' && { news: 'changed' }),
    })
  }

  const first: TabParts = {
    snapshot: open(machine),
    call: null,
    knowsDevice: false,
    knowsRegistration: false,
    spent: { elevation: false, mfaToken: false },
    news: 'none',
  }
  const tab = tabOf({ ...first, call: begun(first) })
  const tabs = Array.from({ length: count }, () => tab)

  return {
    start: SERVERS.map((server): World => ({ tabs, server, unheard: false })),
    atMost: 1_000 * 2_000 ** (count - 1),

    keyOf({ tabs, server, unheard }: World): number {
      const numbers = tabs.map(({ number }) => number).sort((a, b) => a - b) // which tab is which makes no difference
      const rest = SERVERS.indexOf(server) * 2 + Number(unheard)
      return numbers.reduce((key, number) => key * 100_000 + number, 0) * 6 + rest
    },

    *moves(world: World): Generator<Move<World>> {
      for (const [index, tab] of world.tabs.entries()) {
        const memo = tab.number * SERVERS.length + SERVERS.indexOf(world.server)
        const moves = moved.get(memo) ?? [...movesOf(tab, world.server)]
        moved.set(memo, moves)
        for (const move of moves) {
          const to: World = {
            tabs: world.tabs.map((other, at) => (at === index ? move.tab : hears(other, move))),
            server: move.server,
            unheard: world.unheard || move.loses,
          }
          const broken = isWrong(to) ? [...move.broken, AGREEMENT] : move.broken
          yield { says: move.says, chart: NAMES[index] ?? `Tab ${index}`, to, broken }
        }
      }
    },
  }
}

/**
 * Without what one tab's own walk has shown to make no difference between tabs: whether the deprecation was announced,
 * what error is shown, in which order rights were won, and those that are over, but where the flow rests on them.
 */
function blurred(snapshot: TotpSnapshot): TotpSnapshot {
  const elevations = snapshot.context.elevations
    .filter(({ expiresAt }) => expiresAt > NOW || snapshot.value === 'elevated')
    .toSorted((a, b) => a.scopes.join().localeCompare(b.scopes.join()))
  return {
    ...snapshot,
    context: {
      ...snapshot.context,
      deprecationAnnounced: false,
      error: null,
      recoveryCodes: null,
      elevations,
    },
  }
}

const isKnown = ({ context }: TotpSnapshot) => context.device !== undefined
const isOn = ({ context }: TotpSnapshot) => context.device?.verified === true

const labelOf = (event: Step['event']) =>
  'error' in event && event.error
    ? event.error.code
    : JSON.stringify('output' in event ? (event.output ?? null) : event.type)

const learned = ({ name, isCurrent }: Call): Partial<TabParts> =>
  name === 'registerTotpMfaDevice' ? { knowsRegistration: isCurrent } : { knowsDevice: isCurrent }

function grantFor({ context: { intent } }: TotpSnapshot) {
  if ('mfaToken' in intent) return won.mfaToken
  if (intent.kind === 'delete')
    return { ...won.unlink, elevation: { ...won.unlink.elevation, singleUse: true } }
  return intent.kind === 'stepUp' ? won.export : won.nothing
}

const AGREEMENT = 'when all is quiet, every tab knows whether the authenticator is on'

function isWrong({ tabs, server, unheard }: World): boolean {
  if (unheard || tabs.some(({ call, news }) => call !== null || news !== 'none')) return false
  return tabs.some(({ snapshot }) => {
    const knows = snapshot.matches({ idle: 'ready' }) || snapshot.matches('elevated')
    return knows && (snapshot.context.device?.verified === true) !== (server === 'verified')
  })
}
