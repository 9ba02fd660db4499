import { type AnyEventObject, type AnyStateMachine, createMachine, type MachineConfig } from 'xstate'

/** The protocol's placeholders for values that are too deep, and ours for what is not there. */
const CUT: readonly unknown[] = [
  '[Object]',
  '[Array]',
  '[Circular]',
  '"[Object]"',
  '"[Array]"',
  '"[Circular]"',
  '[undefined]',
]

/** For other logic, a message holds only the name. A machine may have no states, only transitions of its own. */
const hasParts = (config: object) =>
  ['states', 'on', 'always', 'after', 'invoke', 'entry', 'exit', 'type'].some((name) => name in config)

/** Builds the machine that a message describes, without anything that runs. `null` if it describes none. */
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
