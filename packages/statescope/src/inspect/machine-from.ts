import { type AnyEventObject, type AnyStateMachine, createMachine, type MachineConfig } from 'xstate'

/** What the protocol puts in the place of what lies too deep. */
const CUT: readonly unknown[] = [
  '[Object]',
  '[Array]',
  '[Circular]',
  '"[Object]"',
  '"[Array]"',
  '"[Circular]"',
]

/** Of other logic, a message says the name alone. A machine needs no states: it can have transitions of its own. */
const hasParts = (config: object) =>
  ['states', 'on', 'always', 'after', 'invoke', 'entry', 'exit', 'type'].some((name) => name in config)

/** The machine that a message describes: its shape, with nothing that runs. `null` where it describes none. */
export function machineFrom(definition: string | undefined): AnyStateMachine | null {
  if (!definition) return null
  try {
    const config: unknown = JSON.parse(definition, (key, value) =>
      key === '__proto__' || CUT.includes(value) ? undefined : value,
    )
    if (typeof config !== 'object' || config === null || !hasParts(config)) return null
    const machine: AnyStateMachine = createMachine(
      { ...config, context: {} } as MachineConfig<object, AnyEventObject>,
      'delays' in config ? { delays: Object(config.delays) } : {},
    )
    return machine.root ? machine : null
  } catch {
    return null
  }
}
