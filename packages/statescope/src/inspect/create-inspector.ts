import { createBrowserInspector, type StatelyInspectionEvent } from '@statelyai/inspect'
import type { InspectionEvent, Observer } from 'xstate'
import { placeOf, type TransitionPlace } from '../statechart/chart.ts'
import { Allowance } from './allowance.ts'
import { Failures } from './failures.ts'
import { HeldMessages } from './held-messages.ts'
import { type DroppedMessage, droppedMessage, type SendEvent } from './message.ts'
import { messageOf, type Sanitizers, standingOf } from './message-of.ts'
import { quietly } from './quietly.ts'
import { ReachableActors } from './reachable-actors.ts'
import { socketAdapter } from './socket-adapter.ts'
import { VIEWER_PORT } from './viewer-port.ts'

/**
 * Where to send messages:
 * - a WebSocket address, such as that of `npx statescope`
 * - an object with `receive` in the same page, such as `<state-inspector>`
 * - a page that speaks Stately's protocol, such as `https://stately.ai/inspect`, in an `iframe` or else in a new window
 */
export type InspectorTarget =
  | string
  | { receive(message: StatelyInspectionEvent, send?: SendEvent): void }
  | { url: string; iframe?: HTMLIFrameElement }

/** Where to send messages, which ones, and whether the viewer may send events. Every member is optional. */
export interface InspectorOptions extends Sanitizers {
  /** The target of the messages. @default ws://localhost:4747, on this computer */
  to?: InspectorTarget
  /** Returns whether to send a message. @default sends all messages */
  filter?: (message: StatelyInspectionEvent) => boolean
  /** Returns what to show of an event. @default all of it */
  sanitizeEvent?: <Event extends { type: string }>(event: Event) => Event
  /** Returns what to show of a machine's context. @default all of it */
  sanitizeContext?: <Context extends object>(context: Context) => Context
  /**
   * Whether the viewer may send events to the actors it shows. Only the page of `npx statescope` on this computer can, or a `to` in
   * the same page.
   *
   * @default false
   */
  allowEvents?: boolean
}

/** Watches actors until it is stopped. */
export interface Inspector {
  /** Pass it to `createActor(machine, { inspect })` or `useMachine(machine, { inspect })`. */
  readonly inspect: Observer<InspectionEvent>
  /** Stops sending and releases everything it holds. */
  stop(): void
}

/** Carries messages. It throws no error into the app. */
interface Carrier {
  send(message: StatelyInspectionEvent | DroppedMessage): void
  stop(): void
}

/** How long after a drop the viewer receives the current state of the actors. */
const CATCH_UP_MS = 250

/**
 * Sends what actors do to a viewer: ours, or Stately's (https://github.com/statelyai/inspect), whose protocol it speaks. Nothing
 * leaves this computer unless `to` says so. Values are written to text at once, bounded in size, so no live value is held. It uses
 * at most a fifth of the app's time. In a flood it drops messages, and tells the viewer how many and the current state of the
 * actors. It throws no error into the app.
 *
 * @example
 * ```ts
 * import { createInspector } from 'statescope'
 * import { type AnyStateMachine, createActor } from 'xstate'
 *
 * declare const machine: AnyStateMachine
 * const { inspect } = createInspector({ sanitizeContext: (context) => ({ ...context, password: undefined }) })
 * createActor(machine, { inspect }).start()
 * ```
 */
export function createInspector(options: InspectorOptions = {}): Inspector {
  const {
    to = `ws://localhost:${VIEWER_PORT}`,
    filter = () => true,
    allowEvents = false,
    ...sanitizers
  } = options
  const reachable = allowEvents ? new ReachableActors() : null
  const carrier = carrierTo(to, reachable)
  const allowance = new Allowance()
  let dropped = 0
  /** The actors whose messages were dropped. */
  const missed = new Map<InspectionEvent['actorRef'], string>()
  /** The actors that the viewer knows. It learns of an actor once it has started: React's StrictMode creates some that never do. */
  const known = new WeakSet<InspectionEvent['actorRef']>()
  /** The actors that were stopped and are starting again as if they had not been. */
  const resumed = new WeakSet<InspectionEvent['actorRef']>()
  const held = new HeldMessages((message) => quietly(() => carrier.send(message)))
  /** The transitions of each machine since its last snapshot. */
  const taken = new WeakMap<InspectionEvent['actorRef'], TransitionPlace[]>()
  const failures = new Failures((said) => {
    if (!isStopped) show(said)
  })
  let catchingUp: ReturnType<typeof setTimeout> | undefined
  let isStopped = false

  function pass(message: StatelyInspectionEvent | null, actorRef: InspectionEvent['actorRef']): void {
    if (!message || !filter(message)) return
    if (reachable && message.type === '@xstate.actor') {
      reachable.add(actorRef)
      held.send({ ...message, ...TAKES_EVENTS })
    } else held.send(message)
  }

  function tellDropped(): void {
    if (dropped === 0) return
    held.send(droppedMessage(dropped))
    dropped = 0
  }

  function drop({ actorRef, rootId }: InspectionEvent): void {
    dropped += 1
    missed.set(actorRef, rootId)
    catchingUp ??= unref(setTimeout(catchUp, CATCH_UP_MS))
  }

  function catchUp(): void {
    catchingUp = undefined
    quietly(() => {
      tellDropped()
      for (const [actorRef, rootId] of missed) {
        if (!allowance.isOpen) break
        missed.delete(actorRef)
        allowance.spend(() => pass(standingOf(actorRef, rootId, sanitizers), actorRef))
      }
    })
    if (missed.size > 0 && !isStopped) catchingUp = unref(setTimeout(catchUp, CATCH_UP_MS))
  }

  function tell(said: InspectionEvent): void {
    quietly(() =>
      allowance.spend(() => {
        tellDropped()
        pass(messageOf(said, sanitizers, taken.get(said.actorRef)), said.actorRef)
      }),
    )
  }

  function note({ actorRef, _transitions: transitions }: Microstep): void {
    const before = taken.get(actorRef) ?? []
    if (before.length < MOST_TAKEN)
      taken.set(actorRef, [...before, ...transitions.flatMap((one) => placeOf(one) ?? [])])
  }

  /** Announces an actor even in a flood: no later message makes sense without that. */
  function introduce({ actorRef, rootId }: InspectionEvent): void {
    if (known.has(actorRef)) return
    known.add(actorRef)
    tell({ type: '@xstate.actor', actorRef, rootId })
  }

  function show(said: InspectionEvent): void {
    if (allowance.isOpen) tell(said)
    else drop(said)
    if (said.type === '@xstate.snapshot') taken.delete(said.actorRef)
  }

  function hear(said: InspectionEvent): void {
    if (isStopped) return
    if (said.type === '@xstate.microstep') note(said)
    if (said.type !== '@xstate.event' && said.type !== '@xstate.snapshot') return
    if (said.type === '@xstate.event') {
      if (said.event.type !== 'xstate.init') {
        if (!said.sourceRef) held.release()
      } else if (held.forgetStop(said.actorRef.sessionId)) resumed.add(said.actorRef)
      else held.hold()
    }
    if (said.event.type === 'xstate.init' && resumed.has(said.actorRef)) {
      if (said.type === '@xstate.snapshot') resumed.delete(said.actorRef)
      return
    }
    introduce(said)
    if (said.type === '@xstate.event') {
      failures.sent(said)
      show(said)
    } else show(failures.taken(said))
  }

  return {
    inspect: {
      next: (said) => quietly(() => hear(said)),
    },
    stop() {
      isStopped = true
      clearTimeout(catchingUp)
      missed.clear()
      quietly(() => held.release())
      carrier.stop()
      reachable?.clear()
    },
  }
}

/** An addition to the protocol, in the message that announces an actor. */
const TAKES_EVENTS = { takesEvents: true }

type Microstep = Extract<InspectionEvent, { type: '@xstate.microstep' }>
/** The most transitions per snapshot, since a machine in an eventless loop takes any number. */
const MOST_TAKEN = 100

function carrierTo(to: InspectorTarget, reachable: ReachableActors | null): Carrier {
  if (typeof to === 'string') return socketAdapter(to, reachable)
  if ('receive' in to) {
    const sendTo = (sessionId: string): SendEvent | undefined =>
      reachable ? async (event) => reachable.send(sessionId, structuredClone(event)) : undefined
    return {
      send(message) {
        if (message.type === '@xstate.actor') to.receive(message, sendTo(message.sessionId))
        else to.receive(message as StatelyInspectionEvent)
      },
      stop: () => {},
    }
  }
  const { url, iframe = null } = to
  const page = createBrowserInspector({
    url,
    iframe,
    serialize: (message) => message,
    maxDeferredEvents: WAITING,
  })
  return {
    send: (message) => {
      if (message.type !== '@statescope.dropped') page.adapter.send(message)
    },
    stop: () => page.stop(),
  }
}

/** How many messages wait for a page that has not loaded. Beyond that, the oldest are dropped. */
const WAITING = 10_000

/** Keeps a timer from keeping a process alive. */
function unref(timer: ReturnType<typeof setTimeout>): ReturnType<typeof setTimeout> {
  if (typeof timer === 'object') timer.unref()
  return timer
}
