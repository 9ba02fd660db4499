import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { functionName } from './function-name.ts'

/** The parts of a machine that a picture needs: names and transitions, nothing that runs. */
export interface Chart {
  /** The machine's id. */
  id: string
  root: ChartState
  /** The root and all its descendants, by id, parents first. */
  states: Map<string, ChartState>
  /** Every transition into another state. Those without a target are the `reactions` of their state. */
  ways: Way[]
}

export interface ChartState {
  /** XState's id of the state node, such as `player.track.playing`. */
  id: string
  key: string
  /** The id of the parent state. */
  parent: string | null
  type: StateType
  /** How deep a history state remembers. */
  history: 'shallow' | 'deep' | null
  /** The id of a compound state's initial state. */
  initial: string | null
  description: string
  tags: string[]
  entry: string[]
  exit: string[]
  /** The actions of the initial transition. */
  begin: string[]
  invoke: string[]
  /** The output of a final state or of the machine. Empty without one, as are `meta` and `description`. */
  output: string
  meta: string
  /** Transitions without a target. */
  reactions: Transition[]
  children: ChartState[]
  /** The longest text that can name the active substates, if they are not shown. Empty otherwise. */
  longestInside: string
}

const STATE_TYPES = ['atomic', 'compound', 'parallel', 'final', 'history'] as const
type StateType = (typeof STATE_TYPES)[number]

export interface Transition {
  /** XState's name of the event: `code.submit`, `xstate.after.1000.lamp`, '' for an eventless transition. */
  eventType: string
  /** The name to show: `code.submit`, `after 1000`, `done`. */
  event: string
  /** Its place among the transitions that XState tries in order: `1.`, `2.`, `else`. Empty if it is the only one. */
  order: string
  guard: string | null
  actions: string[]
  /** The ids of its target states; empty without a target. */
  targets: string[]
  /** It exits and re-enters its state, even if the target is a substate. */
  reenters: boolean
  /** It does nothing and keeps its event from the parent states. */
  isForbidden: boolean
  description: string
  meta: string
  /** Its index among its state's transitions for this event, from 0. */
  nth: number
}

/** The defaults of a transition's optional members. */
export const BARE = {
  order: '',
  guard: null,
  actions: [],
  reenters: false,
  isForbidden: false,
  description: '',
  meta: '',
  nth: -1,
} as const satisfies Partial<Record<keyof Transition, unknown>>

/** A transition by its place in the machine. */
export interface TransitionPlace {
  source: string
  eventType: string
  nth: number
}

export interface Way extends Transition {
  source: string
}

/** Reads any XState v5 machine. */
export function chartOf({ root }: AnyStateMachine): Chart {
  const ways: Way[] = []
  const states = new Map<string, ChartState>()

  function read(node: AnyStateNode): ChartState {
    const { id, key, tags, description, meta } = node
    // A received definition may hold anything, and XState does not check it.
    const type = STATE_TYPES.find((known) => known === node.type) ?? 'atomic'
    const reactions: Transition[] = []
    for (const { leadsAway, ...transition } of transitionsOf(node)) {
      if (leadsAway) ways.push({ source: id, ...transition })
      else reactions.push(transition)
    }
    const state: ChartState = {
      id,
      key,
      parent: node.parent?.id ?? null,
      type,
      history: type === 'history' ? (node.history === 'deep' ? 'deep' : 'shallow') : null,
      initial: type === 'compound' ? (node.initial.target[0]?.id ?? null) : null,
      description: description ?? '',
      tags: [...tags],
      entry: namesOf(node.entry),
      exit: namesOf(node.exit),
      begin: type === 'compound' ? namesOf(node.initial.actions) : [],
      invoke: [node.config.invoke ?? []].flat().map(invokeText),
      output: node.output === undefined ? '' : expressionText(node.output),
      meta: meta === undefined ? '' : valueText(meta),
      reactions,
      children: [],
      longestInside: '',
    }
    states.set(id, state)
    const targets = defaultsOf(node)
    if (targets.length > 0) {
      ways.push({ ...BARE, source: id, eventType: '', event: 'default', actions: [], targets })
    }
    state.children = Object.values(node.states).map(read)
    return state
  }
  const outermost = read(root)
  // XState looks up states as properties of an object, which inherits some, such as `toString`.
  const drawn = ways.flatMap((way) => {
    const targets = way.targets.filter((id) => states.has(id))
    return targets.length > 0 ? { ...way, targets } : []
  })
  return { id: root.key, root: outermost, states, ways: drawn }
}

/** The default targets of a history state, if it has any. */
function defaultsOf({ type, config, parent, machine }: AnyStateNode): string[] {
  if (type !== 'history' || !parent) return []
  return [config.target ?? []].flat().flatMap((target) => {
    try {
      return target.startsWith('#') ? machine.getStateNodeById(target).id : (below(parent, target)?.id ?? [])
    } catch {
      return [] // XState notices an invalid target only when it goes there
    }
  })
}
const below = (node: AnyStateNode, path: string) =>
  path
    .split(/(?<!\\)\./)
    .map((key) => key.replace(/\\(.)/g, '$1'))
    .reduce<AnyStateNode | undefined>((within, key) => within?.states[key], node)

const transitionsOf = (node: AnyStateNode) =>
  [...node.transitions.values(), node.always ?? []].flatMap((alternatives) =>
    alternatives.map(transitionFrom),
  )

/** The place of a transition that XState reports; `null` for one that no state lists, such as an initial transition. */
export function placeOf(transition: AnyTransitionDefinition): TransitionPlace | null {
  const { source, eventType } = transition
  const alternatives = (eventType === '' ? source.always : source.transitions.get(eventType)) ?? []
  const nth = alternatives.indexOf(transition)
  return nth < 0 ? null : { source: source.id, eventType, nth }
}

function transitionFrom(
  { source, target = [], eventType, guard, actions, reenter, description, meta }: AnyTransitionDefinition,
  nth: number,
  { length }: readonly unknown[],
) {
  const isRoute = eventType === 'xstate.route' // each has its own target, which the event names
  const isLast = nth === length - 1
  const does = namesOf(actions)
  return {
    nth,
    eventType,
    event: isRoute ? 'route' : eventName(eventType, source),
    order: length < 2 || isRoute ? '' : isLast && !guard ? 'else' : `${nth + 1}.`,
    guard: (guard && guardText(guard).replace(/^routeMatches( and )?/, '')) || null,
    actions: does,
    targets: target.map(({ id }) => id),
    reenters: reenter && target.length > 0,
    isForbidden: !/^(xstate\.|$)/.test(eventType) && target.length + does.length === 0,
    description: description ?? '',
    meta: meta === undefined ? '' : valueText(meta),
    leadsAway: target.some((node) => node !== source),
  }
}

/** The name to show for an event. XState's own events contain ids, which it leaves out. */
function eventName(eventType: string, { id, config, machine }: AnyStateNode): string {
  const isOneOfMany = Array.isArray(config.invoke) && config.invoke.length > 1
  const which = (given: string) => (isOneOfMany || config.onDone ? ` (${given.replace(`.${id}`, '')})` : '')
  const [, kind, rest = ''] =
    /^xstate\.(done\.state|done\.actor|error\.actor|snapshot|after)\.(.*)$/.exec(eventType) ?? []
  switch (kind) {
    case 'after': {
      const delay = rest.endsWith(`.${id}`) ? rest.slice(0, -id.length - 1) : rest
      const { delays } = machine.implementations
      const given = Object.hasOwn(delays, delay) ? delays[delay] : undefined
      const said = typeof given === 'number' ? given : 'computed'
      return given === undefined ? `after ${delay}` : `after ${delay} (${said})`
    }
    case 'done.state':
      return 'done'
    case 'done.actor':
      return `done${which(rest)}`
    case 'error.actor':
      return `error${which(rest)}`
    case 'snapshot':
      return `snapshot${which(rest)}`
    default:
      return eventType === '' ? 'always' : eventType === '*' ? 'any event' : eventType
  }
}

/** Leaves out the actions with which XState sets and clears timers, since the transitions already show them. */
const namesOf = (parts: readonly unknown[]): string[] =>
  parts
    .filter((part) => {
      const { event, sendId } = Object(part)
      return !String(event?.type ?? sendId).startsWith('xstate.after.')
    })
    .map(callText)

/** Writes `and`, `or`, `not` and `stateIn` in words: `isPaid and not (isLate or isLost)`. */
function guardText(guard: unknown): string {
  const { join, guards, stateValue } = joinedBy(guard)
  if (join === 'stateIn') return `in ${typeof stateValue === 'string' ? stateValue : valueText(stateValue)}`
  const texts = guards.map((one) => {
    const inner = joinedBy(one)
    const isClear = inner.guards.length < 2 || inner.join === join
    return isClear ? guardText(one) : `(${guardText(one)})`
  })
  if (join === 'not') return `not ${texts[0] ?? ''}`
  return join === '' || texts.length === 0 ? callText(guard) : texts.join(` ${join} `)
}

/** The parts of a combined guard, from XState's function or from a message's description of it. */
function joinedBy(guard: unknown): { join: string; guards: readonly unknown[]; stateValue: unknown } {
  const { check, guards, stateValue, type, params } = Object(guard)
  if (typeof check === 'function') {
    const [, join = ''] = /^check(And|Or|Not|StateIn)$/.exec(check.name) ?? []
    const isIn = join === 'StateIn'
    return {
      join: isIn ? 'stateIn' : join.toLowerCase(),
      guards: Array.isArray(guards) ? guards : [],
      stateValue,
    }
  }
  if (typeof guard === 'object' && Array.isArray(guards) && ['and', 'or', 'not'].includes(type))
    return { join: type, guards, stateValue: undefined }
  if (typeof guard === 'object' && type === 'stateIn') return { join: type, guards: [], stateValue: params }
  return { join: '', guards: [], stateValue: undefined }
}

/** The name, with its parameters if the machine states them: `isAbove({least: 3})`. */
function callText(part: unknown): string {
  const { params } = Object(part)
  const isGiven = typeof part === 'object' && params !== undefined && typeof params !== 'function'
  return isGiven ? `${nameOf(part)}(${valueText(params)})` : nameOf(part)
}

/** The name of a guard, action or actor: a string, an object's `type` or a function's name. */
export function nameOf(part: unknown): string {
  if (typeof part === 'string') return part
  if (typeof part !== 'object' && typeof part !== 'function') return String(part)
  if (part === null) return 'inline'
  if ('type' in part && typeof part.type === 'string' && part.type !== '') {
    const name = part.type.replace(/^xstate\./, '')
    const given = typeof part === 'function' ? givenTo(part) : []
    return given.length > 0 ? `${name}(${given.join(', ')})` : name
  }
  return typeof part === 'function' ? functionName(part) : 'inline'
}

/** The arguments of XState's own actions, unless a function computes them: `assign(count)`, `raise(TICK)`, `sendTo(child, PING)`. */
function givenTo(action: object): string[] {
  const { assignment, to, event, src, id, sendId, actorRef, label, value, delay } = Object(action)
  const parts = [to, event, src, id, sendId, actorRef, label, value].flatMap((part) => {
    const text = typeof part === 'object' ? Object(part).type : part
    return typeof text === 'string' || typeof text === 'number' ? [String(text)] : []
  })
  return [
    ...(typeof assignment === 'object' ? Object.keys(assignment) : []),
    ...parts,
    ...(/^(string|number)$/.test(typeof delay) ? [`after ${delay}`] : []),
  ]
}

function invokeText({ src, id, systemId, input }: Record<string, unknown>): string {
  const name = actorName(src)
  const own = { ...(id !== name && { id }), systemId, input }
  const given = Object.entries(own).flatMap(([name, value]) =>
    value === undefined || typeof value === 'function' ? [] : [`${name}: ${textOf(value)}`],
  )
  return `${name}${given.length > 0 ? ` (${given.join(', ')})` : ''}`
}

/** The name of inline logic: that of its machine, or of the function that created it. */
export function actorName(logic: unknown): string {
  if (typeof logic !== 'object') return nameOf(logic)
  const { id, config } = Object(logic)
  return typeof id === 'string' ? id : typeof config === 'function' ? functionName(config) : nameOf(logic)
}

/** The key under which a message names a function of a machine. */
export const FUNCTION = '[function]'

/** A value, or the function that computes it. */
function expressionText(value: unknown): string {
  const name = Object(value)[FUNCTION]
  return typeof value === 'function'
    ? functionName(value)
    : typeof name === 'string'
      ? name
      : valueText(value)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : valueText(value))

/** The most parts of a value to show. */
const MOST_PARTS = 200

/** Writes a value as code. It may contain anything, such as a component of the page. */
function valueText(value: unknown): string {
  let left = MOST_PARTS
  try {
    const text = JSON.stringify(value, (_name, part) => {
      if (typeof part === 'function') return FUNCTION
      if (typeof part === 'bigint') return `${part}n`
      return left-- > 0 ? part : '…'
    })
    return (text ?? String(value)).replace(
      /(,?)"([a-z_$][\w$]*)":/gi,
      (_, comma: string, name: string) => `${comma && ', '}${name}: `,
    )
  } catch {
    return '…'
  }
}

/** Whether a state is another one or a descendant of it. */
export function isWithin(chart: Chart, id: string, outer: string): boolean {
  const parent = chart.states.get(id)?.parent
  return id === outer || (parent != null && isWithin(chart, parent, outer))
}
