import type { StatelyInspectionEvent } from '@statelyai/inspect'
import type { AnyStateMachine, StateValue } from 'xstate'
import { type Step, Timeline } from '../inspect/timeline.ts'

/** A machine that runs in the story. */
interface Running {
  sessionId: string
  name: string
  machine: AnyStateMachine
  /** Its current state. */
  value: StateValue | null
  /** Its last step; absent before the first. */
  last: Step | undefined
}

let timeline = new Timeline()
let running: readonly Running[] = []
const listeners = new Set<() => void>()

/** The machines of the stories, for `useSyncExternalStore`. */
export const seen = {
  get: () => running,
  subscribe(listener: () => void) {
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  },
  receive(message: StatelyInspectionEvent) {
    timeline.receive(message)
    if (isUpdating) return
    isUpdating = true
    requestAnimationFrame(update)
  },
  clear() {
    timeline = new Timeline()
    update()
  },
}

/** Updates once per frame, however much happens. */
let isUpdating = false
function update() {
  isUpdating = false
  const now = timeline.steps.at(-1)
  running = [...timeline.actors.values()].flatMap(({ sessionId, name, machine, ended }) => {
    const last = now && timeline.lastStepOf(sessionId, now)
    const value = timeline.valueOf(sessionId)
    if (!machine || ended === 'stopped') return []
    return [{ sessionId, name, machine: firstOfItsKind(machine), value, last }]
  })
  for (const listener of listeners) listener()
}

const kinds = new Map<string, AnyStateMachine>()
const firsts = new WeakMap<AnyStateMachine, AnyStateMachine>()
/** Reuses the chart that was drawn for an earlier story. */
function firstOfItsKind(machine: AnyStateMachine): AnyStateMachine {
  const known = firsts.get(machine)
  if (known) return known
  const kind = JSON.stringify(machine.config)
  const first = kinds.get(kind) ?? machine
  kinds.set(kind, first)
  firsts.set(machine, first)
  return first
}
