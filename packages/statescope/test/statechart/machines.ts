import {
  type AnyStateMachine,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  fromPromise,
  log,
  not,
  raise,
  sendTo,
  setup,
  spawnChild,
  stopChild,
} from 'xstate'

/** Machines with all that XState v5 can say in a chart. */
export const player: AnyStateMachine = setup({
  types: {} as {
    context: { volume: number }
    events: { type: 'play' | 'stop' | 'mute' | 'skip' | 'track.end' }
  },
  guards: { isLast: () => false },
  actors: { load: fromPromise(async () => 'song') },
}).createMachine({
  id: 'player',
  context: { volume: 1 },
  type: 'parallel',
  states: {
    track: {
      initial: 'stopped',
      states: {
        stopped: { on: { play: 'loading', mute: {} }, tags: 'quiet' },
        loading: {
          invoke: { src: 'load', onDone: 'playing', onError: 'stopped' },
          after: { 5000: 'stopped' },
        },
        playing: {
          entry: assign({ volume: 1 }),
          initial: 'normal',
          on: { stop: '#player.track.stopped', 'track.*': { target: 'ended', guard: 'isLast' } },
          states: {
            normal: { on: { skip: 'fast' } },
            fast: { on: { skip: 'normal' } },
            before: { type: 'history' },
          },
        },
        ended: { always: [{ guard: 'isLast', target: 'over' }, { target: 'stopped' }] },
        over: { type: 'final' },
      },
    },
    sound: {
      initial: 'on',
      states: { on: { on: { mute: 'off' } }, off: { on: { mute: { target: 'on', guard: not('isLast') } } } },
    },
  },
})

/** A chart larger than the screen of a phone. */
export const order: AnyStateMachine = setup({
  guards: { hasItems: () => true, isLost: () => false },
  actors: { load: fromPromise(() => new Promise<void>(() => {})) },
}).createMachine({
  id: 'order',
  initial: 'cart',
  on: { signedOut: '.cart' },
  states: {
    cart: {
      initial: 'loading',
      on: { checkout: { target: 'address', guard: 'hasItems' } },
      states: {
        loading: { invoke: { src: 'load', onDone: 'ready', onError: 'unavailable' }, on: { ready: 'ready' } },
        ready: { on: { refresh: 'loading' } },
        unavailable: { on: { refresh: 'loading' } },
      },
    },
    address: { on: { confirm: 'payment', back: 'cart' } },
    payment: {
      initial: 'choosing',
      on: { back: 'address', cancel: 'cart' },
      states: {
        choosing: { on: { choose: 'paying' } },
        paying: { on: { accepted: '#order.packing', refused: 'choosing' }, after: { 30000: 'choosing' } },
      },
    },
    packing: {
      always: { target: 'refunding', guard: 'isLost' },
      on: { collected: 'underway', cancel: 'refunding' },
    },
    underway: { on: { arrived: 'delivered', lost: 'refunding' } },
    delivered: { on: { sendBack: 'returning', again: 'cart' } },
    returning: { on: { arrived: 'refunding' } },
    refunding: { on: { done: 'cart' } },
  },
})

/** Nothing has a name, and names have what SVG and HTML would take for markup. */
export const nameless = createMachine({
  id: '<img src=x onerror=alert(1)>',
  initial: 'a"b',
  states: {
    'a"b': {
      entry: () => {},
      on: { '</text><script>alert(1)</script>': { guard: () => true, target: 'c&d' } },
      invoke: { src: fromPromise(async () => 1) },
    },
    'c&d': { on: { again: { target: 'c&d', reenter: true } } },
  },
})

const loadCart = async () => 1
const ship = createMachine({ id: 'ship', initial: 'sailing', states: { sailing: {} } })
const total = () => 3

/** Everything that XState lets a machine say. */
const config = {
  id: 'shop',
  description: 'Sells\nthings',
  meta: { owner: 'Ada', levels: [1, 2] },
  context: { wait: 1 },
  initial: 'open',
  output: total,
  on: { BELL: { actions: 'beep' }, CLOSE: '.closed' },
  states: {
    open: {
      tags: ['busy', 'lit'],
      description: 'Takes orders',
      initial: { target: 'idle', actions: 'beep' },
      entry: [{ type: 'greet', params: { name: 'Bo' } }, raise({ type: 'TICK' }, { delay: 10, id: 'tick' })],
      exit: [cancel('tick'), log('bye'), stopChild('helper'), emit({ type: 'left' })],
      onDone: { target: 'closed', actions: 'beep' },
      invoke: [
        { src: 'load', id: 'cart', input: { size: 2 }, onDone: '.idle', onError: { actions: 'beep' } },
        { src: fromPromise(loadCart), onSnapshot: { actions: assign({ wait: 2 }) } },
        { src: ship },
      ],
      on: {
        BELL: undefined,
        CLOSE: {},
        PAY: [
          { guard: { type: 'isAbove', params: { least: 3 } }, target: 'paid', actions: ['beep', 'beep'] },
          { guard: 'isPaid', actions: sendTo('cart', { type: 'PING' }) },
          { description: 'Not yet' },
        ],
        AGAIN: { target: 'open', reenter: true, description: 'Starts over', meta: { key: 'r' } },
        INTO: { target: '.idle', reenter: true },
        STAY: { target: 'open' },
        SPAWN: { actions: [spawnChild('load', { id: 'helper' }), enqueueActions(() => {})] },
      },
      after: { 100: '.idle', soon: { target: '.idle', actions: 'beep' }, later: '.idle' },
      states: { idle: {}, over: { type: 'final', output: { sum: 1 } } },
    },
    paid: { type: 'final', output: ({ context }) => context.wait },
    closed: { meta: { until: 9 }, output: 'never given' },
  },
} as Parameters<typeof createMachine>[0]
const delays = { soon: 500, later: () => 1 }
export const shop: AnyStateMachine = createMachine(config, { delays })

/** 345 states, three levels deep. */
export const nested: AnyStateMachine = createMachine({
  id: 'large',
  initial: 'area0',
  states: states('area', 5, (area) => ({
    initial: 'part0',
    states: states('part', 4, (part) => ({
      initial: 'step0',
      on: { leave: `part${(part + 1) % 4}` },
      states: states('step', 16, (step) => ({
        on: { next: `step${(step + 1) % 16}`, jump: `#large.area${(area + step) % 5}.part${step % 4}` },
      })),
    })),
  })),
})

/** 400 states, none within another. */
export const wide: AnyStateMachine = createMachine({
  id: 'wide',
  initial: 's0',
  states: states('s', 400, (at) => ({ on: { next: `s${(at + 1) % 400}`, skip: `s${(at * 7 + 3) % 400}` } })),
})

function states(name: string, count: number, stateOf: (at: number) => object) {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at}`, stateOf(at)]))
}
