import { actorName, FUNCTION, nameOf } from '../statechart/chart.ts'
import { functionName } from '../statechart/function-name.ts'
import { shown } from './shown.ts'

/** Deeper levels, such as those of a circular value, are left out. */
const DEEPEST = 40

/**
 * Writes a machine's config as JSON in its own order, with functions by their names. Holds everything that a chart needs, but
 * nothing of the context or of what functions pass to actors. `undefined` for logic that is no machine.
 */
export function definitionOf(logic: unknown): string | undefined {
  if (!isObject(logic) || !('root' in logic) || !('config' in logic) || !isObject(logic.config))
    return undefined
  const known = written.get(logic.config) ?? JSON.stringify(wholeFrom(logic.config))
  written.set(logic.config, known)
  const delays = delaysOf(logic)
  // Machines with other delays by `provide` share their config.
  return delays ? `${known.slice(0, -1)},"delays":${JSON.stringify(delays)}}` : known
}
const written = new WeakMap<object, string>()

/** Adds `states` to a config without any, by which readers recognize a machine. */
const wholeFrom = (config: object): object => ({ states: {}, ...Object(stateFrom(config)) })

/** The named delays of a machine, in milliseconds unless a function computes them. */
function delaysOf(logic: object): object | undefined {
  const { delays } = Object('implementations' in logic ? logic.implementations : undefined)
  if (!isObject(delays) || Object.keys(delays).length === 0) return undefined
  return Object.fromEntries(
    Object.entries(delays).map(([name, delay]) => [name, typeof delay === 'number' ? delay : 'computed']),
  )
}

type Part = [value: unknown, depth: number]
type Reader = (...part: Part) => unknown

/** How each property of a state is written. */
const STATE: Record<string, Reader> = {
  id: plain,
  initial: transitions,
  type: plain,
  history: plain,
  target: plain,
  description: plain,
  tags: plain,
  meta: plain,
  output: expression,
  entry: actions,
  exit: actions,
  invoke: (value, depth) => eachOf(value, depth, (one, at) => pick(one, INVOKE, at)),
  // An `undefined` transition forbids its event.
  on: (value, depth) => eachIn(value, depth, (one, at) => transitions(one, at) ?? {}),
  after: (value, depth) => eachIn(value, depth, transitions),
  always: transitions,
  onDone: transitions,
  route: transitions,
  states: (value, depth) => eachIn(value, depth, stateFrom),
}
const INVOKE: Record<string, Reader> = {
  id: plain,
  src: (value) => plain(actorName(value)),
  systemId: plain,
  input: given,
  onDone: transitions,
  onError: transitions,
  onSnapshot: transitions,
}
const TRANSITION: Record<string, Reader> = {
  target: plain,
  guard,
  actions,
  reenter: plain,
  description: plain,
  meta: plain,
}

function stateFrom(config: unknown, depth = 0): unknown {
  return pick(config, STATE, depth)
}

function transitions(value: unknown, depth: number): unknown {
  return eachOf(value, depth, (one, at) => (typeof one === 'string' ? one : pick(one, TRANSITION, at)))
}

function actions(value: unknown, depth: number): unknown {
  return eachOf(value, depth, named)
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : shown(value)
}

/** The result of a function is unknown before it runs. */
function given(value: unknown): unknown {
  return typeof value === 'function' ? undefined : plain(value)
}

function expression(value: unknown): unknown {
  return typeof value === 'function' ? { [FUNCTION]: functionName(value) } : plain(value)
}

/** A guard or an action: its name in a chart, and its parameters. */
function named(value: unknown): unknown {
  if (value === undefined || typeof value === 'string') return value
  const params = given(Object(value).params)
  return { type: plain(nameOf(value)), ...(typeof value === 'object' && params !== undefined && { params }) }
}

/** `and`, `or`, `not` and `stateIn` are functions that hold their parts. */
function guard(value: unknown): unknown {
  const { check, guards, stateValue } = Object(value)
  if (typeof check !== 'function') return named(value)
  if (Array.isArray(guards))
    return { type: check.name.replace(/^check/, '').toLowerCase(), guards: guards.map(guard) }
  return { type: 'stateIn', params: plain(stateValue) }
}

function pick(value: unknown, readers: Record<string, Reader>, depth: number): unknown {
  if (!isObject(value) || depth > DEEPEST) return undefined
  const parts = Object.entries(value).flatMap(([name, part]) => {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined
    return read ? [[name, read(part, depth + 1)] as const] : []
  })
  return Object.fromEntries(parts)
}

const eachOf = (value: unknown, depth: number, read: Reader): unknown =>
  Array.isArray(value)
    ? value.map((one) => read(one, depth))
    : value === undefined
      ? undefined
      : read(value, depth)

const eachIn = (value: unknown, depth: number, read: Reader): unknown =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, read(part, depth)]))
    : undefined

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
