import { assign, setup } from 'xstate'
import { kettleMachine } from './kettle.ts'

export const KINDS = { green: 2_000, black: 4_000 } as const
export type Kind = keyof typeof KINDS

/** Makes a cup of tea with a kettle. */
export const teaMachine = setup({
  types: {} as {
    context: { kind: Kind; cups: number }
    events: { type: 'tea.choose'; kind: Kind } | { type: 'tea.cancel' } | { type: 'tea.drink' }
  },
  actors: { kettle: kettleMachine },
  actions: {
    choose: assign({
      kind: ({ context, event }) => (event.type === 'tea.choose' ? event.kind : context.kind),
    }),
    count: assign({ cups: ({ context }) => context.cups + 1 }),
  },
  guards: { isThirsty: ({ context }) => context.cups < 3 },
  delays: { steepingTime: ({ context }) => KINDS[context.kind] },
}).createMachine({
  id: 'tea',
  context: { kind: 'green', cups: 0 },
  initial: 'idle',
  states: {
    idle: {
      on: { 'tea.choose': { guard: 'isThirsty', target: 'making', actions: 'choose' } },
    },
    making: {
      initial: 'heating',
      on: { 'tea.cancel': 'idle' },
      states: {
        heating: { invoke: { src: 'kettle', id: 'kettle', onDone: 'steeping' } },
        steeping: { after: { steepingTime: '#tea.ready' } },
      },
    },
    ready: {
      tags: 'hot',
      on: { 'tea.drink': { target: 'idle', actions: 'count' } },
    },
  },
})
