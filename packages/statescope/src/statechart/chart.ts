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
  tags: string[]
  entry: string[]
  exit: string[]
  invoke: string[]
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
  guard: string | null
  actions: string[]
  /** Ids of the states it names; empty where it stays. */
  targets: string[]
  /** Which of its state's transitions for this event it is, from 0. */
  nth: number
}

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
    const { id, key, tags } = node
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
      tags: [...tags],
      entry: namesOf(node.entry),
      exit: namesOf(node.exit),
      invoke: node.invoke.map(({ src }) => nameOf(src)),
      reactions,
      children: [],
      longestInside: '',
    }
    states.set(id, state)
    const targets = defaultsOf(node)
    if (targets.length > 0) {
      ways.push({ source: id, eventType: '', event: 'default', guard: null, actions: [], targets, nth: -1 })
    }
    state.children = Object.values(node.states).map(read)
    return state
  }
  return { id: root.key, root: read(root), states, ways }
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
  { source, target = [], eventType, guard, actions }: AnyTransitionDefinition,
  nth: number,
) {
  return {
    nth,
    eventType,
    event: eventName(eventType, source),
    guard: guard ? guardText(guard) : null,
    actions: namesOf(actions),
    targets: target.map(({ id }) => id),
    leadsAway: target.some((node) => node !== source),
  }
}

/** XState's own events carry ids, which nobody says. */
function eventName(eventType: string, { id, invoke }: AnyStateNode): string {
  const which = (given: string) => (invoke.length > 1 ? ` (${given.replace(`.${id}`, '')})` : '')
  const [, kind, rest = ''] =
    /^xstate\.(done\.state|done\.actor|error\.actor|snapshot|after)\.(.*)$/.exec(eventType) ?? []
  switch (kind) {
    case 'after':
      return `after ${rest.endsWith(`.${id}`) ? rest.slice(0, -id.length - 1) : rest}`
    case 'done.state':
      return 'done'
    case 'done.actor':
      return `done${which(rest)}`
    case 'error.actor':
      return `error${which(rest)}`
    case 'snapshot':
      return 'snapshot'
    default:
      return eventType === '' ? 'always' : eventType === '*' ? 'any event' : eventType
  }
}

/** XState sets and clears its timers by actions, which the transitions show already. */
const namesOf = (parts: readonly unknown[]): string[] =>
  parts.map(nameOf).filter((name) => !/^xstate\.(raise|cancel)$/.test(name))

/** `and`, `or`, `not` and `stateIn` as people read them: `isPaid and not (isLate or isLost)`. */
function guardText(guard: unknown): string {
  const { join, guards, stateValue } = joinedBy(guard)
  if (join === 'stateIn')
    return `in ${typeof stateValue === 'string' ? stateValue : JSON.stringify(stateValue)}`
  const texts = guards.map((one) => {
    const inner = joinedBy(one)
    const isClear = inner.guards.length < 2 || inner.join === join
    return isClear ? guardText(one) : `(${guardText(one)})`
  })
  if (join === 'not') return `not ${texts[0] ?? ''}`
  return join === '' || texts.length === 0 ? nameOf(guard) : texts.join(` ${join} `)
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

/** Guards, actions and actors are named by a string, an object's `type`, or a function's name. */
function nameOf(part: unknown): string {
  if (typeof part === 'string') return part
  if (typeof part !== 'object' && typeof part !== 'function') return String(part)
  if (part === null) return 'inline'
  if ('type' in part && typeof part.type === 'string' && part.type !== '')
    return part.type.replace(/^xstate\.(?!raise|cancel)/, '')
  return typeof part === 'function' ? functionName(part) : 'inline'
}

/** Whether a state is another one, or lies in it. */
export function isWithin(chart: Chart, id: string, outer: string): boolean {
  const parent = chart.states.get(id)?.parent
  return id === outer || (parent != null && isWithin(chart, parent, outer))
}
