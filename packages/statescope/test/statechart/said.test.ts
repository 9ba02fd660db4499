import { expect, it } from 'vitest'
import { type AnyStateMachine, createMachine, setup } from 'xstate'
import { definitionOf } from '../../src/inspect/definition.ts'
import { machineFrom } from '../../src/inspect/machine-from.ts'
import { chartOf, type Transition } from '../../src/statechart/chart.ts'
import { shop } from './machines.ts'

const received = machineFrom(definitionOf(shop)) ?? createMachine({})

const inWords = (chart: ReturnType<typeof chartOf>) =>
  [
    ...chart.ways,
    ...[...chart.states.values()].flatMap(({ id, reactions }) =>
      reactions.map((reaction) => ({ ...reaction, source: id })),
    ),
  ].map((one: Transition & { source: string }) =>
    [
      one.source,
      one.order,
      one.event,
      one.reenters && '(reenter)',
      one.guard && `[${one.guard}]`,
      one.isForbidden && 'forbidden',
      ...one.actions.map((action) => `/ ${action}`),
      one.description && `“${one.description}”`,
      one.meta && `meta: ${one.meta}`,
      ...one.targets.map((target) => `→ ${target}`),
    ]
      .filter(Boolean)
      .join(' '),
  )

const EXPECTED = [
  'shop CLOSE → shop.closed',
  'shop.open 1. PAY [isAbove({least: 3})] / beep / beep → shop.paid',
  'shop.open INTO (reenter) → shop.open.idle',
  'shop.open done / beep → shop.closed',
  'shop.open done (cart) → shop.open.idle',
  'shop.open after 100 → shop.open.idle',
  'shop.open after soon (500) / beep → shop.open.idle',
  'shop.open after later (computed) → shop.open.idle',
  'shop BELL / beep',
  'shop.open BELL forbidden',
  'shop.open CLOSE forbidden',
  'shop.open 2. PAY [isPaid] / sendTo(cart, PING)',
  'shop.open else PAY forbidden “Not yet”',
  'shop.open AGAIN (reenter) “Starts over” meta: {key: "r"} → shop.open',
  'shop.open STAY → shop.open',
  'shop.open SPAWN / spawnChild(load, helper) / enqueueActions',
  'shop.open error (cart) / beep',
  'shop.open snapshot (1) / assign(wait)',
]

it.each([
  ['a machine', shop],
  ['a machine as a message describes it', received],
])('the chart of %s tells all of every transition', (_, machine) => {
  const words = inWords(chartOf(machine)).map((line) =>
    line.replace(/\(\S*?(\d)\.?[^ ]*shop\.open\)/, '($1)'),
  )
  expect(words).toEqual(EXPECTED)
})

it.each([
  ['a machine', shop],
  ['a machine as a message describes it', received],
])('the chart of %s tells all of every state', (_, machine) => {
  const { root, states } = chartOf(machine)
  expect(root).toMatchObject({
    description: 'Sells\nthings',
    meta: '{owner: "Ada", levels: [1,2]}',
    output: 'total',
  })
  expect(states.get('shop.open')).toMatchObject({
    description: 'Takes orders',
    tags: ['busy', 'lit'],
    entry: ['greet({name: "Bo"})', 'raise(TICK, tick, after 10)'],
    exit: ['cancel(tick)', 'log(bye)', 'stopChild(helper)', 'emit(left)'],
    begin: ['beep'],
    invoke: ['load (id: cart, input: {size: 2})', 'loadCart', 'ship'],
    output: '',
    meta: '',
  })
  expect(states.get('shop.open.over')?.output).toBe('{sum: 1}')
  expect(states.get('shop.paid')?.output).toBe('({ context }) => context.wait')
  // XState gives no output of a state that is not final.
  expect(states.get('shop.closed')).toMatchObject({ output: '', meta: '{until: 9}' })
})

it('a machine without anything has a chart, also when a message describes it', () => {
  const machine = machineFrom(definitionOf(createMachine({ id: 'bare' })))
  expect(machine && chartOf(machine).root).toMatchObject({ id: 'bare', type: 'atomic', reactions: [] })
})

it('what is undefined is left out of the input of an actor, also when a message describes it', () => {
  const input = { size: 2, color: undefined, of: { kind: 'box', lid: undefined } }
  const machine = createMachine({ invoke: { src: 'load', input } } as object)
  for (const one of [machine, machineFrom(definitionOf(machine)) ?? createMachine({})])
    expect(chartOf(one).root.invoke).toEqual([
      expect.stringMatching(/input: {size: 2, of: {kind: "box"}}\)$/),
    ])
})

it('a message tells the delays of a machine that was provided others', () => {
  const given = setup({ delays: { soon: 1 } }).createMachine({ after: { soon: { actions: 'x' } } } as object)
  const delayOf = (machine: AnyStateMachine) =>
    chartOf(machineFrom(definitionOf(machine)) ?? createMachine({})).root.reactions.map(({ event }) => event)
  expect(delayOf(given)).toEqual(['after soon (1)'])
  expect(delayOf(given.provide({ delays: { soon: 2 } }))).toEqual(['after soon (2)'])
})

it('values that cannot be written down keep no chart from being read', () => {
  const circle: Record<string, unknown> = { big: 3n, run: () => {} }
  const machine = createMachine({ id: 'odd', meta: circle } as object)
  expect(chartOf(machine).root.meta).toBe('{big: "3n", run: "[function]"}')
  circle.self = circle
  expect(chartOf(machine).root.meta).toBe('…')
  const endless = createMachine({ meta: Array.from({ length: 9_999 }, (_, index) => index) } as object)
  expect(chartOf(endless).root.meta).toContain('198,"…"')
})

it('an actor by an id that is its name is named once, also when a message describes it', () => {
  const child = createMachine({ id: 'child' })
  const machine = createMachine({ invoke: { id: 'child', src: child } })
  for (const one of [machine, machineFrom(definitionOf(machine)) ?? createMachine({})])
    expect(chartOf(one).root.invoke).toEqual(['child'])
})
