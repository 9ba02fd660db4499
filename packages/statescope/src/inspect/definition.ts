import { functionName } from '../statechart/function-name.ts'
import { shown } from './shown.ts'

/** Charts nest no deeper; what goes on, such as a circle, is left out. */
const DEEPEST = 40

/**
 * A machine's config as JSON, in its own order: all that a chart needs, and a function by its name. Nothing of its context or
 * its actors' inputs is in it. `undefined` for logic that is no machine.
 */
export function definitionOf(logic: unknown): string | undefined {
  if (!isObject(logic) || !('root' in logic) || !('config' in logic) || !isObject(logic.config))
    return undefined
  const known = written.get(logic.config) ?? JSON.stringify(stateFrom(logic.config))
  written.set(logic.config, known)
  return known
}
const written = new WeakMap<object, string>()

type Part = [value: unknown, depth: number]
type Reader = (...part: Part) => unknown

/** What a state may say, and how each is written. */
const STATE: Record<string, Reader> = {
  id: plain,
  initial: transitions,
  type: plain,
  history: plain,
  target: plain,
  description: plain,
  tags: plain,
  meta: plain,
  output: named,
  entry: actions,
  exit: actions,
  invoke: (value, depth) => eachOf(value, depth, (one, at) => pick(one, INVOKE, at)),
  on: (value, depth) => eachIn(value, depth, transitions),
  after: (value, depth) => eachIn(value, depth, transitions),
  always: transitions,
  onDone: transitions,
  states: (value, depth) => eachIn(value, depth, stateFrom),
}
const INVOKE: Record<string, Reader> = {
  id: plain,
  src: named,
  onDone: transitions,
  onError: transitions,
  onSnapshot: transitions,
}
const TRANSITION: Record<string, Reader> = {
  target: plain,
  guard: named,
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

/** A guard, an action or an actor: by the name that the machine has for it, and what it is given. */
function named(value: unknown): unknown {
  if (typeof value === 'function') return expression(value) ?? { type: typeOf(value) }
  if (!isObject(value) || !('type' in value)) return isObject(value) ? { type: '' } : plain(value)
  const params = 'params' in value ? value.params : undefined
  return { type: plain(value.type), ...(params !== undefined && { params: plain(params) }) }
}

/** XState's own actions have a type of their own. */
const typeOf = (value: { name: string }): string =>
  'type' in value && typeof value.type === 'string' ? value.type : functionName(value)

/** `and`, `or`, `not` and `stateIn` are functions that know what they join. */
function expression(guard: object): unknown {
  const { check, guards, stateValue } = Object(guard)
  if (typeof check !== 'function') return undefined
  if (Array.isArray(guards))
    return { type: check.name.replace(/^check/, '').toLowerCase(), guards: guards.map(named) }
  return stateValue === undefined ? undefined : { type: 'stateIn', params: plain(stateValue) }
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
