import { assign, setup } from 'xstate'

/** Heats water, ten degrees at a time, and is done when it boils. */
export const kettleMachine = setup({
  types: {} as { context: { degrees: number } },
  actions: { warm: assign({ degrees: ({ context }) => context.degrees + 10 }) },
  guards: { boils: ({ context }) => context.degrees >= 100 },
  delays: { moment: 300 },
}).createMachine({
  id: 'kettle',
  context: { degrees: 20 },
  initial: 'heating',
  states: {
    heating: {
      always: { guard: 'boils', target: 'boiling' },
      after: { moment: { target: 'heating', reenter: true, actions: 'warm' } },
    },
    boiling: { type: 'final' },
  },
})
