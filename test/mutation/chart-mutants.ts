import { not, StateMachine } from 'xstate'
import type { totpMachine } from '../../machines/totp.machine.ts'

type Machine = typeof totpMachine
/** The chart's object, of which only the shape is of interest here. */
type Part = { [key: string]: unknown }

export interface ChartMutant {
  kind: string
  says: string
  applyTo(machine: Machine): Machine
}

const PLACES = [
  'idle.loading',
  'idle.ready',
  'idle.unavailable',
  'registering',
  'awaitingCode.ready',
  'awaitingCode.throttled',
  'awaitingCode.passkey',
  'verifying',
  'elevated',
  'deleting',
]
const FIRST: Record<string, string> = { idle: 'idle.loading', awaitingCode: 'awaitingCode.ready' }

const isPart = (value: unknown): value is Part =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function copy<T>(value: T): T
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  return isPart(value)
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copy(part)]))
    : value
}

/** `path` leads to a place in the chart's object; what `change` makes of it is put there, and `undefined` takes it out. */
function changed(
  machine: Machine,
  path: readonly (string | number)[],
  change: (value: unknown) => unknown,
): Machine {
  const config = copy(machine.config)
  const [key, ...above] = path.toReversed()
  const holder: unknown = above.toReversed().reduce<unknown>((at, step) => (at as Part)[step], config)
  const value = change((holder as Part)[key as string])
  if (value !== undefined) (holder as Part)[key as string] = value
  else if (Array.isArray(holder)) holder.splice(Number(key), 1)
  else delete (holder as Part)[key as string]
  return new StateMachine(config, machine.implementations) as unknown as Machine
}

/** Every way to tell a small lie in the chart: in its object, and in what its names stand for. */
export function chartMutants(machine: Machine): ChartMutant[] {
  const mutants: ChartMutant[] = []
  const add = (
    kind: string,
    says: string,
    path: readonly (string | number)[],
    change: (value: unknown) => unknown,
  ) => mutants.push({ kind, says, applyTo: (chart) => changed(chart, path, change) })
  const drop = () => undefined

  /** Each of what may be one or many, with its path. */
  const each = (value: unknown, path: readonly (string | number)[]): [unknown, (string | number)[]][] =>
    Array.isArray(value) ? value.map((one, index) => [one, [...path, index]]) : [[value, [...path]]]
  const nameOf = (value: unknown) => (isPart(value) ? String(value.type) : String(value))

  function actionsIn(value: unknown, path: readonly (string | number)[], where: string): void {
    for (const [action, at] of value === undefined ? [] : each(value, path)) {
      add('action dropped', `${where}: without ${nameOf(action)}`, at, drop)
    }
  }

  function transitionsIn(
    value: unknown,
    path: readonly (string | number)[],
    from: string,
    where: string,
  ): void {
    for (const [transition, at] of value === undefined ? [] : each(value, path)) {
      const whole: Part = isPart(transition) ? transition : { target: transition }
      const { guard, target, actions, reenter } = whole
      const condition = guard === undefined ? '' : ` if ${nameOf(guard)}`
      const name = `${where}${condition} → ${target ?? 'nowhere'}`
      const becomes = (parts: Part) => () => ({ ...whole, ...parts })
      add('transition dropped', `${name}: dropped`, at, drop)
      if (guard !== undefined) {
        add('guard dropped', `${name}: whatever ${nameOf(guard)} says`, at, becomes({ guard: undefined }))
        add('guard negated', `${name}: if not ${nameOf(guard)}`, at, becomes({ guard: not(guard as never) }))
      }
      if (typeof target === 'string') {
        for (const place of PLACES.filter((one) => one !== placeOf(target, from))) {
          add('retargeted', `${name}: to ${place}`, at, becomes({ target: `#totp.${place}` }))
        }
        add('retargeted', `${name}: to nowhere`, at, becomes({ target: undefined }))
      }
      if (reenter === true)
        add('reentry dropped', `${name}: without reentry`, at, becomes({ reenter: undefined }))
      actionsIn(actions, [...at, 'actions'], name)
    }
  }

  function nodeIn(node: Part, path: readonly (string | number)[], id: string): void {
    const where = id || 'anywhere'
    for (const [event, value] of Object.entries((node.on ?? {}) as Part)) {
      transitionsIn(value, [...path, 'on', event], id, `${where}: ${event}`)
    }
    for (const [delay, value] of Object.entries((node.after ?? {}) as Part)) {
      transitionsIn(value, [...path, 'after', delay], id, `${where}: after ${delay}`)
    }
    transitionsIn(node.always, [...path, 'always'], id, `${where}: always`)
    if (isPart(node.invoke)) {
      const invoke = [...path, 'invoke']
      add('invocation dropped', `${where}: without ${node.invoke.src}`, invoke, drop)
      if (node.invoke.input)
        add('input dropped', `${where}: ${node.invoke.src} without input`, [...invoke, 'input'], drop)
      transitionsIn(node.invoke.onDone, [...invoke, 'onDone'], id, `${where}: done`)
      transitionsIn(node.invoke.onError, [...invoke, 'onError'], id, `${where}: failed`)
    }
    actionsIn(node.entry, [...path, 'entry'], `${where}: entry`)
    actionsIn(node.exit, [...path, 'exit'], `${where}: exit`)
    for (const [tag, at] of node.tags === undefined ? [] : each(node.tags, [...path, 'tags'])) {
      add('tag dropped', `${where}: without the tag ${tag}`, at, drop)
    }
    const states = Object.entries((node.states ?? {}) as Part)
    for (const [name] of states.filter(([name]) => name !== node.initial)) {
      add('initial state', `${where}: begins in ${name}`, [...path, 'initial'], () => name)
    }
    for (const [name, child] of states)
      nodeIn(child as Part, [...path, 'states', name], id ? `${id}.${name}` : name)
  }
  nodeIn(machine.config as unknown as Part, [], '')

  const says = (kind: string, name: string, how: string, implementations: object) =>
    mutants.push({
      kind,
      says: `${name}: ${how}`,
      applyTo: (chart) => chart.provide(implementations as never),
    })
  type Fn = (...given: unknown[]) => unknown
  const { guards, actions, delays } = machine.implementations as unknown as Record<string, Record<string, Fn>>
  for (const [name, guard] of Object.entries(guards ?? {})) {
    says('guard constant', name, 'always true', { guards: { [name]: () => true } })
    says('guard constant', name, 'always false', { guards: { [name]: () => false } })
    says('guard negated', name, 'negated', { guards: { [name]: (...given: unknown[]) => !guard(...given) } })
  }
  for (const name of Object.keys(actions ?? {}))
    says('action dropped', name, 'does nothing', { actions: { [name]: () => {} } })
  for (const [name, delay] of Object.entries(delays ?? {})) {
    for (const [factor, how] of [
      [0.5, 'halved'],
      [2, 'doubled'],
    ] as const) {
      says('delay', name, how, {
        delays: { [name]: (...given: unknown[]) => Number(delay(...given)) * factor },
      })
    }
  }
  return mutants
}

/** Where a target leads in the end. */
function placeOf(target: string, from: string): string {
  const parent = from.split('.').slice(0, -1).join('.')
  const place = target.startsWith('#totp.')
    ? target.slice('#totp.'.length)
    : target.startsWith('.')
      ? `${from}${target}`.replace(/^\./, '')
      : parent
        ? `${parent}.${target}`
        : target
  return FIRST[place] ?? place
}
