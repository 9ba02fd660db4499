import { beforeAll, expect, it } from 'vitest'
import { type AnyStateNode, type AnyTransitionDefinition, type SnapshotFrom, transition } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import {
  type AskingView,
  type CodePromptEvent,
  codePromptMachine,
  verdictOf,
} from '../../machines/code-prompt.machine.ts'
import { TimeSource } from '../../src/contract/clock.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'

type Snapshot = SnapshotFrom<typeof codePromptMachine>

const NOW = 1000
const asking: AskingView = {
  showsCodeField: true,
  busy: false,
  detail: 'ready',
  retryAt: null,
  error: null,
  intent: 'enroll',
  requestedScopes: [],
}
const held: AskingView = { ...asking, detail: 'throttled', retryAt: NOW + 60_000 }

/** How a flow can stand, and how it can go on from there. */
const views: Record<string, { view: AskingView; next: readonly string[] }> = {
  closed: { view: { ...asking, showsCodeField: false, detail: null }, next: ['ready', 'heldBefore'] },
  ready: { view: asking, next: ['checking', 'closed'] },
  checking: {
    view: { ...asking, busy: true, detail: null },
    next: ['closed', 'wrong', 'notReached', 'held'],
  },
  wrong: { view: { ...asking, error: new TotpFlowError('invalid_code') }, next: ['checking', 'closed'] },
  notReached: { view: { ...asking, error: new TotpFlowError('network') }, next: ['checking', 'closed'] },
  held: { view: { ...held, error: new TotpFlowError('rate_limited') }, next: ['ready', 'closed'] },
  heldBefore: { view: held, next: ['ready', 'closed'] },
}
const nameOf = (view: AskingView) => Object.keys(views).find((name) => views[name]?.view === view) ?? ''

/** What some path has been through. */
const used = { states: new Set<string>(), transitions: new Set<string>(), guards: new Set<string>() }
const guards = Object.entries(codePromptMachine.implementations.guards)
type Guard = (...given: unknown[]) => boolean
const machine = codePromptMachine.provide({
  guards: Object.fromEntries(
    guards.map(([name, guard]): [string, Guard] => [
      name,
      (...given) => {
        const says = (guard as Guard)(...given)
        used.guards.add(`${name} says ${says}`)
        return says
      },
    ]),
  ),
})

/** All that the flow, a person and the clock can do next. */
function nextEvents({ context, _nodes }: Snapshot): CodePromptEvent[] {
  const timers = _nodes.flatMap(({ after }) => after.map(({ eventType }) => eventType))
  return [
    ...(views[nameOf(context.view)]?.next ?? []).flatMap((name) => viewChanges(name)),
    { type: 'code.type', text: '123456' },
    { type: 'code.type', text: '12' },
    { type: 'code.submit' },
    { type: 'method.use', method: context.method === 'app' ? 'recovery' : 'app' },
    { type: 'prompt.leave' },
    ...timers.map((type) => ({ type }) as unknown as CodePromptEvent), // XState's own
  ]
}
const viewChanges = (name: string): CodePromptEvent[] => {
  const view = views[name]?.view
  return view ? [{ type: 'flow.changed', view }] : []
}

const everyNode = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap(everyNode),
]
const transitionsOf = (node: AnyStateNode) => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
]
const nameOfTransition = ({ source, eventType, target, guard }: AnyTransitionDefinition) =>
  [source.id, eventType, guard ? JSON.stringify(guard) : '', target?.map(({ id }) => id).join()].join(' ')

/** What a step breaks of what a code field promises. */
function brokenBy(before: Snapshot, event: CodePromptEvent, after: Snapshot, sent: string[]): string[] {
  const { context } = before
  const isByItself = event.type.startsWith('xstate.')
  const { view } = after.context
  const { error, isRefused, secondsLeft } = verdictOf(after.context)
  const promises: Record<string, boolean> = {
    'sends one code at most': sent.length <= 1,
    'sends what is in the field': sent.every((code) => code === context.typed && code !== ''),
    'sends nothing where no code is asked for': sent.length === 0 || context.view.showsCodeField,
    'sends nothing during a wait': sent.length === 0 || verdictOf(context).secondsLeft === 0,
    'sends nothing but at a press or by itself':
      sent.length === 0 || isByItself || event.type === 'code.submit',
    'sends by itself what was not sent yet, to a flow that is ready':
      !isByItself || sent.every((code) => code !== context.sent && context.view.detail === 'ready'),
    'does not send again what was found wrong': sent.every(
      (code) =>
        nameOf(context.view) !== 'wrong' || code !== context.sent || context.method !== context.sentBy,
    ),
    'remembers nothing once no code is asked for':
      view.showsCodeField || (after.context.typed === '' && after.context.sent === ''),
    'waits for nothing once nobody looks':
      event.type !== 'prompt.leave' || !after.matches({ field: { open: 'complete' } }),
    'counts down while no code is taken': after.matches({ wait: 'countingDown' }) === secondsLeft > 0,
    'is refused only after a code, while another one can be typed':
      !isRefused || (after.context.sent !== '' && !view.busy && secondsLeft === 0),
    'says why there is a wait': secondsLeft === 0 || error !== null,
  }
  return Object.keys(promises).filter((name) => !promises[name])
}

const broken: string[] = []
/** To every state that any path can lead to. */
const known = getShortestPaths(machine, {
  input: { autoSubmit: true, view: views.closed?.view ?? asking, time: new TimeSource(() => NOW) },
  events: nextEvents,
  serializeState: ({ value, context: { view, method, typed, sent, sentBy } }) =>
    JSON.stringify([value, nameOf(view), method, typed, sent, sentBy]),
})

beforeAll(() => {
  for (const { state } of known) {
    for (const { id } of state._nodes) used.states.add(id)
    for (const event of nextEvents(state)) {
      for (const one of machine.getTransitionData(state, event) ?? [])
        used.transitions.add(nameOfTransition(one))
      const [after, actions] = transition(machine, state, event)
      const sent = actions.flatMap(({ type, params }: { type: string; params: unknown }) =>
        type === 'xstate.emit' ? [(params as { event: { code: string } }).event.code] : [],
      )
      const { view, method, typed } = state.context
      for (const promise of brokenBy(state, event, after, sent))
        broken.push(
          `${promise}: ${event.type} in ${JSON.stringify([state.value, nameOf(view), method, typed])}`,
        )
    }
  }
})

it('the code prompt keeps its rules on every step of every path', () => {
  console.info(`${known.length} states of the code prompt`)
  expect(known.length).toBeGreaterThan(150)
  expect(broken).toEqual([])
})

it('some path of the code prompt reaches every state', () => {
  const states = everyNode(machine.root).map(({ id }) => id)
  expect(states.filter((id) => !used.states.has(id))).toEqual([])
})

it('some path of the code prompt takes every transition', () => {
  const names = everyNode(machine.root)
    .flatMap(transitionsOf)
    .filter(({ eventType }) => eventType !== '') // each of which is the only way into a state
    .map(nameOfTransition)
  expect(names.filter((name) => !used.transitions.has(name))).toEqual([])
})

it('every guard of the code prompt is true on some path and false on another', () => {
  const answers = guards.flatMap(([name]) => [`${name} says true`, `${name} says false`])
  expect(answers.filter((answer) => !used.guards.has(answer))).toEqual([])
})
