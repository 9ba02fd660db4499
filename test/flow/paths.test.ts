import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ActorLogic, AnyStateNode, AnyTransitionDefinition, InspectionEvent } from 'xstate'
import { getSimplePaths } from 'xstate/graph'
import { totpMachine } from '../../machines/totp.machine.ts'
import type { TotpEvent } from '../../machines/totp.types.ts'
import { TimeSource } from '../../src/contract/clock.ts'
import { errorCodes, TotpFlowError } from '../../src/contract/errors.ts'
import { connectedMachine } from '../../src/flow/actors.ts'
import type { TotpSnapshot } from '../../src/flow/view.ts'
import {
  callOf,
  done,
  EARLIER,
  failed,
  having,
  keyOf,
  LATER,
  NOW,
  open,
  type Step,
  take,
  timersOf,
  userEvents,
  verified,
  won,
} from '../machines/tab.ts'
import {
  answers,
  answersTo,
  type Given,
  ours,
  passwords,
  proofless,
  sessions,
  withPasskeys,
} from '../machines/tab-moves.ts'
import {
  CALL_TIMEOUT,
  garbage,
  type LiveCall,
  type LiveFlow,
  liveFlow,
  rawAnswer,
  settle,
} from './live-flow.ts'
import { RIGHT_CODE } from './scripted-backend.ts'

/** Time passes beyond all that lasts, and timers fire; or a laptop sleeps, and they do not; or just as much as a call may take. */
const clockCommands = [{ type: 'clock.pass' }, { type: 'clock.sleep' }, { type: 'clock.hang' }] as const
type ClockCommand = (typeof clockCommands)[number]
const LONG = 2_000_000
type Command = Step['event'] | ClockCommand
const isClock = (command: Command): command is ClockCommand => command.type.startsWith('clock.')

/** A place of the chart, and what is known of the device: it decides where one can go from there at all. */
function placeOf({ value, context: { device } }: TotpSnapshot): string {
  const known =
    device === undefined ? 'unknown' : device === null ? 'none' : device.verified ? 'on' : 'pending'
  return `${JSON.stringify(value)} device ${known}`
}

/** The chart, with the clock as one more who does things. */
function next(before: TotpSnapshot, command: Command): TotpSnapshot {
  if (!isClock(command)) return take(totpMachine, before, command).after
  const { elevations, retryAt } = before.context
  const ended = {
    elevations: elevations.map((one) => ({ ...one, expiresAt: EARLIER })),
    retryAt: retryAt && EARLIER,
  }
  const later = having(totpMachine, before, command.type === 'clock.hang' ? {} : ended)
  const timers =
    command.type === 'clock.sleep'
      ? []
      : timersOf(later).filter(
          (timer) => command.type === 'clock.pass' || /^xstate\.after\.(call|proof)Timeout/.test(timer),
        )
  return timers.reduce(
    (snapshot, type) => take(totpMachine, snapshot, { type: type as `xstate.${string}` }).after,
    later,
  )
}

/** All that people, the backend and the clock can do next. */
function commands(snapshot: TotpSnapshot, { events, answers, failures }: Given = ours): Command[] {
  const call = callOf(totpMachine, snapshot)
  return [
    ...events.filter(({ type }) => type !== 'flow.resume'),
    ...(call ? answersTo(snapshot, call.name, answers).map((answer) => done(call.id, answer)) : []),
    ...(call ? failures.map((code) => failed(call.id, code)) : []),
    ...clockCommands,
  ]
}

/** The root leads from anywhere to one place (a sign-out, news of another tab): that is tried where a path ends. */
const leadsFromAnywhere = ({ type }: Command) =>
  totpMachine.root.transitions.get(type as never)?.some(({ target }) => target) ?? false

/** Of the commands that lead to one place, one is enough to find a path. Which of them is done is chosen on the way. */
function waysOn(snapshot: TotpSnapshot): Command[] {
  const ways = commands(snapshot).filter((event) => !leadsFromAnywhere(event))
  return [...new Map(ways.map((event) => [placeOf(next(snapshot, event)), event])).values()]
}

const logic = {
  transition: next,
  getInitialSnapshot: () => open(totpMachine, { offersRecovery: true }),
  getPersistedSnapshot: (snapshot: TotpSnapshot) => snapshot,
} as unknown as ActorLogic<TotpSnapshot, Command>

/** Every simple path, as the places on it. Those that others begin with need no walk of their own. */
function wholePaths(): string[][] {
  const paths = getSimplePaths(logic, { events: waysOn, serializeState: placeOf })
    .map(({ steps }) => steps.map(({ state }) => placeOf(state)))
    .toSorted((a, b) => (a.join('\n') < b.join('\n') ? -1 : 1))
  return paths.filter((places, index) => !paths[index + 1]?.join('\n').startsWith(`${places.join('\n')}\n`))
}

const nameOf = (event: Command) =>
  JSON.stringify(event, (_key, value) => (value instanceof TotpFlowError ? value.code : value))

/** A running flow's place as one of the pure chart's: its calls left out, and its times put around `NOW`. */
function pureOf({ flow, clock }: LiveFlow): TotpSnapshot {
  const snapshot = flow.actor.getSnapshot()
  const { elevations, retryAt } = snapshot.context
  const at = (end: number) => (end > clock.now() ? LATER : EARLIER)
  return having(totpMachine, snapshot, {
    time: new TimeSource(() => NOW),
    elevations: elevations.map((one) => ({ ...one, expiresAt: at(one.expiresAt) })),
    retryAt: retryAt && at(retryAt),
  })
}

interface Way {
  command: Command
  name: string
  place: string
  key: string
}
const known = new Map<string, Way[]>()
function waysFrom(snapshot: TotpSnapshot): Way[] {
  const here = keyOf(snapshot)
  const found =
    known.get(here) ??
    commands(snapshot).map((command) => {
      const to = next(snapshot, command)
      return { command, name: `${here} ${nameOf(command)}`, place: placeOf(to), key: keyOf(to) }
    })
  known.set(here, found)
  return found
}

/** A simple path comes to no place twice. What leads back is done beyond its end: whatever was done least there. */
const STEPS_BEYOND = 5

/** How often something was done, so that paths that go the same way do different things on it. */
const timesDone = new Map<string, number>()
const times = ({ name }: Way) => timesDone.get(name) ?? 0
const leastDone = (ways: readonly Way[]) =>
  ways.reduce<Way | undefined>((least, way) => (least && times(least) <= times(way) ? least : way), undefined)

/** Goes on to a place, waiting here first if that is needed to get there; `false` if it cannot be reached from here. */
async function goTo(place: string, live: LiveFlow): Promise<boolean> {
  const here = pureOf(live)
  const stay = waysFrom(here).find((way) => way.place === placeOf(here) && times(way) === 0)
  if (stay) await go(stay, live)
  const way = leastDone(waysFrom(pureOf(live)).filter((one) => one.place === place))
  if (way) return go(way, live)
  const sleep = waysFrom(pureOf(live)).find(({ command }) => command.type === 'clock.sleep')
  if (sleep) await go(sleep, live)
  const later = leastDone(waysFrom(pureOf(live)).filter((one) => one.place === place))
  return later ? go(later, live) : false
}

/** Takes a way; whether that led where the pure chart says. */
async function go({ command, name, key }: Way, live: LiveFlow): Promise<boolean> {
  timesDone.set(name, (timesDone.get(name) ?? 0) + 1)
  await execute(command, live)
  return keyOf(pureOf(live)) === key
}

async function execute(command: Command, { clock, current, send }: LiveFlow): Promise<void> {
  const call = current()
  if (command.type === 'clock.sleep') clock.sleep(LONG)
  else if (command.type === 'clock.pass') clock.pass(LONG)
  else if (command.type === 'clock.hang') clock.pass(CALL_TIMEOUT)
  else if (command.type.startsWith('xstate.error.') && 'error' in command)
    call?.fail(errorNow(command.error, clock.now()))
  else if ('output' in command) call?.answer(rawAnswer(call.name, command.output, clock.now()))
  else send(command as TotpEvent)
  if (call) await settle()
}

const errorNow = (error: TotpFlowError | undefined, now: number) =>
  error?.retryAt ? new TotpFlowError(error.code, { retryAt: now + LATER }) : error

/** What the chart has of each kind, by names that tell one from another, and what of it was used on some path. */
const chart = {
  states: everyNode(totpMachine.root),
  guards: Object.entries(totpMachine.implementations.guards),
}
const used = { states: new Set<string>(), transitions: new Set<string>(), guards: new Set<string>() }

function everyNode(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(everyNode)]
}
const transitionsOf = (node: AnyStateNode) => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
]

function nameOfTransition({ source, eventType, target, guard }: AnyTransitionDefinition): string {
  const condition = typeof guard === 'object' && 'type' in guard ? guard.type : guard
  const targets = target?.map(({ id }) => id).join()
  return [
    source.id,
    eventType || 'always',
    condition && `if ${condition}`,
    `to ${targets ?? 'nowhere'}`,
  ].join(' ')
}

function recordUse(sent: InspectionEvent): void {
  if (sent.type !== '@xstate.microstep') return
  for (const transition of sent._transitions) used.transitions.add(nameOfTransition(transition))
  for (const { id } of (sent.snapshot as TotpSnapshot)._nodes) used.states.add(id)
}

/** To each transition that no walk has taken, a shortest way. */
function* waysToUnused(given: Given): Generator<Command[]> {
  const unused = new Set(chart.states.flatMap(transitionsOf).map(nameOfTransition))
  for (const name of used.transitions) unused.delete(name)
  const seen = new Set<string>()
  let reached: { way: Command[]; at: TotpSnapshot }[] = [{ way: [], at: open(totpMachine, given.inputs[0]) }]
  while (unused.size > 0 && reached.length > 0) {
    const further: typeof reached = []
    for (const { way, at } of reached) {
      for (const command of commands(at, given)) {
        if (command.type === 'clock.pass' || command.type === 'clock.sleep') continue // what takes them is walked above
        const events = isClock(command) ? timersOf(at).map((type) => ({ type })) : [command]
        const taken = events.flatMap((event) => totpMachine.getTransitionData(at, event as TotpEvent) ?? [])
        if (taken.map(nameOfTransition).filter((name) => unused.delete(name)).length > 0)
          yield [...way, command]
        const to = next(at, command)
        const isLeft = taken.every(({ target }) => !target) && placeOf(to) !== placeOf(at)
        const leading = isLeft ? at._nodes.flatMap(({ always = [] }) => always) : []
        if (leading.map(nameOfTransition).filter((name) => unused.delete(name)).length > 0)
          yield [...way, command]
        if (!seen.has(keyOf(to)) && seen.add(keyOf(to))) further.push({ way: [...way, command], at: to })
      }
    }
    reached = further
  }
}

type Guard = (...given: unknown[]) => boolean
function recordGuards(): void {
  const recorded = chart.guards.map(([name, guard]): [string, Guard] => [
    name,
    (...given) => {
      const says = (guard as Guard)(...given)
      used.guards.add(`${name} says ${says}`)
      return says
    },
  ])
  for (const machine of [totpMachine, connectedMachine]) {
    Object.assign(machine.implementations, { guards: Object.fromEntries(recorded) })
  }
}

describe('every simple path of the chart, on the running flow', () => {
  afterAll(() => vi.restoreAllMocks())
  const broken: string[] = []
  let walked = 0
  let all = 0

  function endOf(live: LiveFlow): void {
    broken.push(...(live.broken.length > 0 ? [live.report()] : []))
    live.flow.stop()
    const goesOn = live.calls.some(({ signal, isAnswered }) => !isAnswered && !signal.aborted)
    if (goesOn || live.clock.pending > 0) broken.push(`${live.report()}\nstop() left something running`)
  }

  /** Walks as far as this history leads, then on where it likes, then over a reload. */
  async function walk(path: readonly string[], allowMfaToken: boolean): Promise<boolean> {
    const live = liveFlow({ allowMfaToken, inspect: recordUse })
    let at = 1
    while (at < path.length && (await goTo(path[at] ?? '', live))) at += 1
    for (let more = 0; more < STEPS_BEYOND; more += 1) {
      const way = leastDone(waysFrom(pureOf(live)))
      if (way) await go(way, live)
    }
    for (const event of userEvents) if (event.type === 'flow.resume') live.send(event) // out of its place
    const restore = live.flow.persist()
    endOf(live)
    endOf(liveFlow({ allowMfaToken, inspect: recordUse, clock: live.clock, restore }))
    return at === path.length
  }

  beforeAll(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {}) // of mistakes that are made on purpose, and often
    recordGuards()
    const paths = wholePaths()
    all = paths.length
    for (const path of paths) {
      const isWalked = (await walk(path, true)) || (await walk(path, true)) || (await walk(path, false))
      if (isWalked) walked += 1
    }
    const inputs = [{ offersPasskeys: true, proofs: { register: 'password' } }] as const
    const withBoth: Given = { ...withPasskeys, inputs }
    for (const given of [ours, sessions, passwords, proofless, withPasskeys, withBoth]) {
      const { assurance, proofs, offersPasskeys } = given.inputs[0] ?? {}
      const provider = given === ours ? undefined : { assurance, proofs }
      for (const commands of waysToUnused(given)) {
        const live = liveFlow({ inspect: recordUse, provider, takesPasskeys: offersPasskeys })
        for (const command of commands) await execute(command, live)
        endOf(live)
      }
    }
    console.info(`${walked} of ${all} paths walked to the end`)
  }, 600_000)

  it('every simple path keeps every rule on the running flow, and leaves nothing running', () => {
    expect(broken[0]).toBeUndefined()
  })

  it('most simple paths can be walked: a history leads along them', () => {
    expect(walked).toBeGreaterThan(all * 0.75)
  })

  it('the simple paths reach every state', () => {
    expect(chart.states.map(({ id }) => id).filter((id) => !used.states.has(id))).toEqual([])
  })

  it('the simple paths take every transition', () => {
    const names = chart.states.flatMap(transitionsOf).map(nameOfTransition)
    expect(names.filter((name) => !used.transitions.has(name))).toEqual([])
  })

  it('the simple paths see every guard return true and false', () => {
    const answers = chart.guards.flatMap(([name]) => [`${name} says true`, `${name} says false`])
    expect(answers.filter((answer) => !used.guards.has(answer))).toEqual([])
  })
})

describe.each(['idle.loading', 'registering', 'verifying', 'deleting'])(
  'a backend that misbehaves in %s',
  (state) => {
    /** Into the busy state by the shortest way, on a flow of its own. */
    async function enter(): Promise<{ live: LiveFlow; call: LiveCall }> {
      const live = liveFlow()
      const answer = async (output: unknown) => {
        const call = live.current()
        call?.answer(rawAnswer(call.name, output, live.clock.now()))
        await settle()
      }
      if (state !== 'idle.loading') await answer({ device: state === 'registering' ? null : verified })
      if (state === 'registering') live.flow.register()
      if (state === 'verifying' || state === 'deleting') {
        live.flow.deleteDevice()
        live.flow.submitCode(RIGHT_CODE)
      }
      if (state === 'deleting') await answer(won.unlink)
      const call = live.current()
      if (!call) throw new Error(`${state} waits for nothing`)
      expect(live.flow.actor.getSnapshot()._nodes.at(-1)?.id).toBe(`totp.${state}`)
      return { live, call }
    }
    const states = (live: LiveFlow) => JSON.stringify(live.flow.actor.getSnapshot().value)

    // Who closes what asks for a passkey is no refusal.
    it.each(errorCodes.filter((code) => state !== 'verifying' || code !== 'cancelled'))(
      'a backend that refuses with %s breaks no rule, and the error is shown',
      async (code) => {
        const { live, call } = await enter()
        call.fail(new TotpFlowError(code))
        await settle()
        expect(live.flow.getView().error?.code).toBe(code)
        expect(live.report()).not.toContain('broken')
        live.flow.stop()
      },
    )

    const strangers = {
      'an error': new Error('no'),
      'a text': 'no',
      nothing: undefined,
      'an abort': new DOMException('no', 'AbortError'),
    }
    it.each(Object.entries(strangers))(
      'a backend that fails with %s causes a typed error',
      async (_, thrown) => {
        const { live, call } = await enter()
        call.fail(thrown)
        await settle()
        expect(['server', 'aborted']).toContain(live.flow.getView().error?.code)
        expect(live.report()).not.toContain('broken')
        live.flow.stop()
      },
    )

    it.each(garbage.map((answer, index) => [index, answer]))(
      'a backend that answers garbage %i causes a typed error or nothing',
      async (_, answer) => {
        const { live, call } = await enter()
        call.answer(answer)
        await settle()
        expect(live.flow.getView().busy && live.current() === call).toBe(false)
        if (state === 'registering' || state === 'verifying') {
          expect(['malformed_response', 'server']).toContain(live.flow.getView().error?.code)
        }
        expect(live.report()).not.toContain('broken')
        live.flow.stop()
      },
    )

    it('a backend that never answers causes a typed time-out, and its call is aborted', async () => {
      const { live, call } = await enter()
      live.clock.passToNext()
      await settle()
      expect(live.flow.getView().error?.code).toBe('timeout')
      expect(call.signal.aborted).toBe(true)
      expect(live.report()).not.toContain('broken')
      live.flow.stop()
    })

    it('a backend that answers late, after a cancel or a sign-out, changes nothing', async () => {
      for (const leave of ['cancel', 'signOut'] as const) {
        const { live, call } = await enter()
        live.flow[leave]()
        if (leave === 'cancel' && state === 'idle.loading') continue // there is nothing to cancel
        expect(call.signal.aborted).toBe(true)
        await settle()
        const before = live.flow.getView()
        call.answer(rawAnswer(call.name, answers[call.name].at(-1), live.clock.now()))
        await settle()
        expect(live.flow.getView()).toBe(before)
        live.flow.stop()
      }
    })

    it('a backend that answers twice changes nothing with the second answer', async () => {
      const { live, call } = await enter()
      const output = rawAnswer(call.name, answers[call.name].at(-1), live.clock.now())
      call.answer(output)
      await settle()
      const before = states(live)
      call.answer(output)
      call.fail(new TotpFlowError('server'))
      await settle()
      expect(states(live)).toBe(before)
      live.flow.stop()
    })

    it('stopping the flow during a call aborts it, and leaves no timer', async () => {
      const { live, call } = await enter()
      live.flow.stop()
      expect(call.signal.aborted).toBe(true)
      expect(live.clock.pending).toBe(0)
      call.answer(rawAnswer(call.name, answers[call.name].at(-1), live.clock.now()))
      await settle()
      expect(live.report()).not.toContain('broken')
    })
  },
)
