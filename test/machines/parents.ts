import { type ActorRefFrom, setup } from 'xstate'
import type { TotpInput } from '../../machines/totp.types.ts'
import type { Machine } from './tab.ts'

const input: TotpInput = { offersRecovery: true }

/** An app's own machine, which invokes the chart. */
const invoking = (totp: Machine) =>
  setup({ actors: { totp } }).createMachine({
    initial: 'protecting',
    states: { protecting: { invoke: { id: 'totp', src: 'totp', input } } },
  })

/** The same, which spawns it and keeps the reference. */
const spawning = (totp: Machine) =>
  setup({ types: {} as { context: { totp: ActorRefFrom<Machine> } }, actors: { totp } }).createMachine({
    context: ({ spawn }) => ({ totp: spawn('totp', { id: 'totp', input }) }),
  })

/** The same, with another machine in between. */
const nesting = (totp: Machine) =>
  setup({ actors: { settings: invoking(totp) } }).createMachine({
    invoke: { id: 'settings', src: 'settings' },
  })

/** How an app's machine may hold the chart. */
export const parents = { invoking, spawning, nesting }
export type Holding = keyof typeof parents
