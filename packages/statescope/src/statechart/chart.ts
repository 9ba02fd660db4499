import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import { functionName } from './function-name.ts'

/** A machine as a picture needs it: names and ways, nothing that runs. */
export interface Chart {
  /** The machine's id. */
  id: string
  root: ChartState
  /** The same and all in it, by id, from the outside in. */
  states: Map<string, ChartState>
  /** Every way from one state into another. What leads nowhere else stands among its state's `reactions`. */
  ways: Way[]
}

export interface ChartState {
  /** XState's id of the state node, such as `player.track.playing`. */
  id: string
  key: string
  /** The id of the state it lies in. */
  parent: string | null
  type: StateType
  /** How far a history state remembers. */
  history: 'shallow' | 'deep' | null
  /** Where a compound state begins. */
  initial: string | null
  description: string
  tags: string[]
  entry: string[]
  exit: string[]
  /** What is done on the way into where it begins. */
  begin: string[]
  invoke: string[]
  /** What a final state, or the machine, gives in the end. Empty where it gives nothing, as are `meta` and `description`. */
  output: string
  meta: string
  /** What is taken here without going anywhere. */
  reactions: Transition[]
  children: ChartState[]
  /** Where the states inside are not shown: the longest text that can say in which of them one is. Empty elsewhere. */
  longestInside: string
}

const STATE_TYPES = ['atomic', 'compound', 'parallel', 'final', 'history'] as const
type StateType = (typeof STATE_TYPES)[number]

export interface Transition {
  /** XState's own name of the event: `code.submit`, `xstate.after.1000.lamp`, '' for a transition that is taken at once. */
  eventType: string
  /** As people say it: `code.submit`, `after 1000`, `done`. */
  event: string
  /** Which of several it is that XState tries one after another: `1.`, `2.`, `else`. Empty where it is the only one. */
  order: string
  guard: string | null
  actions: string[]
  /** Ids of the states it names; empty where it stays. */
  targets: string[]
  /** It leaves its state and enters it again, even where it leads to a state within. */
  reenters: boolean
  /** It does nothing, and keeps its event from the states around. */
  isForbidden: boolean
  description: string
  meta: string
  /** Which of its state's transitions for this event it is, from 0. */
  nth: number
}

/** All that a transition need not have. */
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
    // A definition that was received may say anything; XState takes it as it is.
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
  // XState looks states up as properties of an object, which inherits some: `toString`.
  const drawn = ways.flatMap((way) => {
    const targets = way.targets.filter((id) => states.has(id))
    return targets.length > 0 ? { ...way, targets } : []
  })
  return { id: root.key, root: outermost, states, ways: drawn }
}

/** Where a history state leads while there is nothing to remember, if it says so. */
function defaultsOf({ type, config, parent, machine }: AnyStateNode): string[] {
  if (type !== 'history' || !parent) return []
  return [config.target ?? []].flat().flatMap((target) => {
    try {
      return target.startsWith('#') ? machine.getStateNodeById(target).id : (below(parent, target)?.id ?? [])
    } catch {
      return [] // XState finds out only when it goes there
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

/** Where XState took a transition that it tells of; `null` for one that no state lists, such as the way into its initial state. */
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
  const isRoute = eventType === 'xstate.route' // each of them has a target of its own, which the event names
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

/** XState's own events carry ids, which nobody says. */
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

/** XState sets and clears its timers by actions, which the transitions show already. */
const namesOf = (parts: readonly unknown[]): string[] =>
  parts
    .filter((part) => {
      const { event, sendId } = Object(part)
      return !String(event?.type ?? sendId).startsWith('xstate.after.')
    })
    .map(callText)

/** `and`, `or`, `not` and `stateIn` as people read them: `isPaid and not (isLate or isLost)`. */
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

/** A guard that joins others: a function of XState's, or what a message says of one. */
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

/** By its name, and what it is given where the machine says that: `isAbove({least: 3})`. */
function callText(part: unknown): string {
  const { params } = Object(part)
  const isGiven = typeof part === 'object' && params !== undefined && typeof params !== 'function'
  return isGiven ? `${nameOf(part)}(${valueText(params)})` : nameOf(part)
}

/** Guards, actions and actors are named by a string, an object's `type`, or a function's name. */
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

/** What XState's own actions do, as far as no function decides it: `assign(count)`, `raise(TICK)`, `sendTo(child, PING)`. */
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

/** Logic that stands in the chart itself has the name of its machine, or of the function that it was made from. */
export function actorName(logic: unknown): string {
  if (typeof logic !== 'object') return nameOf(logic)
  const { id, config } = Object(logic)
  return typeof id === 'string' ? id : typeof config === 'function' ? functionName(config) : nameOf(logic)
}

/** What stands for a function of a machine that a message describes: its name. */
export const FUNCTION = '[function]'

/** A value, or the function that makes it. */
function expressionText(value: unknown): string {
  const name = Object(value)[FUNCTION]
  return typeof value === 'function'
    ? functionName(value)
    : typeof name === 'string'
      ? name
      : valueText(value)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : valueText(value))

/** More of a value nobody reads. */
const MOST_PARTS = 200

/** A value as people write it in code. What it holds may be anything, such as a component of the page. */
function valueText(value: unknown): string {
  let left = MOST_PARTS
  try {
    const text = JSON.stringify(value, (_name, part) => {
      if (typeof part === 'function') return FUNCTION
      if (typeof part === 'bigint') return `${part}n`
      return left-- > 0 ? part : '…'
    })
    return (text ?? String(value)).replace(/"([a-z_$][\w$]*)":/gi, '$1: ')
  } catch {
    return '…'
  }
}

/** Whether a state is another one, or lies in it. */
export function isWithin(chart: Chart, id: string, outer: string): boolean {
  const parent = chart.states.get(id)?.parent
  return id === outer || (parent != null && isWithin(chart, parent, outer))
}
