import type { ActorLogic, ActorScope, AnyActorScope, SnapshotFrom } from 'xstate'
import type { totpMachine } from './totp.machine.ts'
import type { TotpEmitted, TotpEvent, TotpInput } from './totp.types.ts'

type Snapshot = SnapshotFrom<typeof totpMachine>
type System = AnyActorScope['system']
type Scope = ActorScope<Snapshot, TotpEvent, System, TotpEmitted>

/** A {@link TotpEmitted} forwarded to a parent machine: `totp.enrolled`, `totp.elevated` and so on. */
export type TotpParentEvent = {
  [Type in TotpEmitted['type']]: Omit<Extract<TotpEmitted, { type: Type }>, 'type'> & {
    type: `totp.${Type}`
  }
}[TotpEmitted['type']]

/** The chart with an output that its host chose. */
export type TotpChild<Output> = ActorLogic<
  Exclude<Snapshot, { status: 'done' }> | (Extract<Snapshot, { status: 'done' }> & { output: Output }),
  TotpEvent,
  TotpInput | undefined,
  System,
  TotpEmitted
>

/** What the chart reports to its parent machine. */
export interface ForParentOptions<Output> {
  /** Sends the parent each emitted event as a {@link TotpParentEvent}. @default false */
  forward?: boolean
  /**
   * Called after each event. `undefined` lets the chart continue. Any other value ends it and becomes the output that the
   * parent's `onDone` receives. Seal the secrets in it. @default the chart never ends
   */
  output?: (snapshot: Snapshot) => Output | undefined
}

/**
 * Makes the chart a step of your own machine. It can forward its emitted events to the parent and end with an output. Fill
 * its ports first.
 *
 * @example
 * ```ts
 * import { forParent, totpActors, totpMachine } from 'totp-flow'
 * import { memoryBackend } from 'totp-flow/memory'
 *
 * const enrollment = forParent(totpMachine.provide({ actors: totpActors(memoryBackend()) }), {
 *   forward: true,
 *   output: ({ context: { device } }) => (device?.verified ? { deviceId: device.id } : undefined),
 * })
 * ```
 */
export function forParent<Output = never>(
  machine: typeof totpMachine,
  { forward = false, output: outputOf }: ForParentOptions<Output>,
): TotpChild<Output> {
  const withParent = (scope: Scope): Scope => ({
    ...scope,
    emit(event) {
      scope.emit(event)
      if (forward) scope.self._parent?.send({ ...event, type: `totp.${event.type}` })
    },
  })
  const orDone = (snapshot: Snapshot, { stopChild }: Scope): Snapshot => {
    const output = snapshot.status === 'active' ? outputOf?.(snapshot) : undefined
    if (output === undefined) return snapshot
    for (const call of Object.values(snapshot.children)) if (call) stopChild(call)
    return { ...snapshot, status: 'done', output, children: {} } as Snapshot
  }
  const logic: Partial<typeof machine> = {
    transition: (snapshot, event, scope) =>
      orDone(machine.transition(snapshot, event, withParent(scope)), scope),
    getInitialSnapshot: (scope, input) => orDone(machine.getInitialSnapshot(withParent(scope), input), scope),
    restoreSnapshot: (stored, scope) => orDone(machine.restoreSnapshot(stored, withParent(scope)), scope),
  }
  return Object.assign(Object.create(machine), logic)
}
