/** Machines that a copied test has to do with what it is told of them: contexts, delays, regions, actors, errors. */
import {
  assign,
  createMachine,
  fromCallback,
  fromPromise,
  raise,
  sendParent,
  sendTo,
  setup,
  spawnChild,
} from 'xstate'

export const cart = setup({
  types: {} as {
    context: { items: string[]; owner: string }
    input: { owner: string }
    events: { type: 'add'; item: string } | { type: 'pay' }
  },
  guards: { isFilled: ({ context }) => context.items.length > 1 },
}).createMachine({
  id: 'cart',
  context: ({ input }) => ({ items: [], owner: input.owner }),
  initial: 'open',
  states: {
    open: {
      on: {
        add: { actions: assign({ items: ({ context, event }) => [...context.items, event.item] }) },
        pay: { guard: 'isFilled', target: 'paid' },
      },
    },
    paid: { type: 'final' },
  },
  output: ({ context }) => ({ owner: context.owner, paid: context.items.length }),
})

export const lights = setup({ delays: { long: 80, short: () => 20 } }).createMachine({
  id: 'lights',
  type: 'parallel',
  states: {
    cars: {
      initial: 'green',
      states: {
        green: { after: { 60: 'yellow' } },
        yellow: { after: { short: 'red' } },
        red: { after: { long: 'green' }, on: { hurry: 'green' } },
      },
    },
    walkers: {
      initial: 'wait',
      states: { wait: { on: { press: 'asked' } }, asked: { after: { 30: 'walk' } }, walk: {} },
    },
  },
})

export const reminder = createMachine({
  id: 'reminder',
  initial: 'idle',
  states: {
    idle: { on: { start: { target: 'due', actions: raise({ type: 'remind' }, { delay: 40, id: 'r' }) } } },
    due: { on: { remind: 'shown' } },
    shown: {},
  },
})

let tries = 0
export const loader = setup({
  actors: {
    load: fromPromise(async () => {
      tries += 1
      if (tries % 2 === 1) throw new TypeError('no network')
      return { songs: ['one', 'two'] }
    }),
    watch: fromCallback(({ sendBack }) => {
      const timer = setTimeout(() => sendBack({ type: 'seen', by: 'watch' }), 10)
      return () => clearTimeout(timer)
    }),
  },
}).createMachine({
  id: 'loader',
  initial: 'loading',
  invoke: { src: 'watch' },
  on: { seen: '.seen' },
  states: {
    loading: { invoke: { src: 'load', onDone: 'ready', onError: 'failed' } },
    failed: { on: { retry: 'loading' } },
    ready: {},
    seen: {},
  },
})

const child = setup({ types: {} as { output: number } }).createMachine({
  id: 'child',
  initial: 'working',
  states: {
    working: { on: { finish: { target: 'done', actions: sendParent({ type: 'nearly' }) } } },
    done: { type: 'final' },
  },
  output: 42,
})
export const parent = setup({ actors: { child } }).createMachine({
  id: 'parent',
  initial: 'waiting',
  states: {
    waiting: {
      invoke: { id: 'kid', src: 'child', onDone: 'happy' },
      on: { nearly: '.close', nudge: { actions: sendTo('kid', { type: 'finish' }) } },
      initial: 'far',
      states: { far: {}, close: {} },
    },
    happy: {},
  },
})

export const unnamed = createMachine({
  id: 'unnamed',
  initial: 'a',
  states: {
    a: { invoke: { src: fromPromise(async () => 'b'), onDone: 'b' } },
    b: { on: { go: 'c' } },
    c: { entry: raise({ type: 'on' }), on: { on: 'd' } },
    d: {},
  },
})

export const spawner = setup({ actors: { child } }).createMachine({
  id: 'spawner',
  initial: 'few',
  states: {
    few: {
      entry: spawnChild('child', { id: 'one' }),
      on: { nearly: 'many', nudge: { actions: sendTo('one', { type: 'finish' }) } },
    },
    many: {},
  },
})

export const failing = setup({
  actors: { load: fromPromise<string>(() => Promise.reject(new Error('never'))) },
}).createMachine({
  id: 'failing',
  initial: 'loading',
  states: { loading: { invoke: { src: 'load', onDone: 'ready' } }, ready: {} },
})
