import { createMachine } from 'xstate'

/** An unrelated machine with everything that a chart can show: nested, parallel, final and history states. */
export const playerMachine = createMachine({
  id: 'player',
  initial: 'stopped',
  states: {
    stopped: { on: { play: 'on.where it was', unplug: 'off' } },
    on: {
      type: 'parallel',
      on: { stop: 'stopped', unplug: 'off' },
      states: {
        track: {
          initial: 'playing',
          states: {
            playing: { on: { pause: 'paused' }, after: { 180000: { target: 'playing', reenter: true } } },
            paused: { on: { play: 'playing' } },
          },
        },
        volume: {
          initial: 'audible',
          states: { audible: { on: { mute: 'muted' } }, muted: { on: { unmute: 'audible' } } },
        },
        'where it was': { type: 'history', history: 'deep' },
      },
    },
    off: { type: 'final' },
  },
})
