import {
  createBrowserInspector,
  createInspector as createStatelyInspector,
  type StatelyInspectionEvent,
} from '@statelyai/inspect'
import { configure } from 'safe-stable-stringify'
import type { InspectionEvent, Observer } from 'xstate'
import { socketAdapter } from './socket-adapter.ts'
import { VIEWER_PORT } from './viewer-port.ts'

/**
 * Where the messages go:
 * - a WebSocket's address, such as that of `npx statescope`
 * - what takes them in the same page, such as `<state-inspector>`
 * - a page that speaks Stately's protocol, in an `iframe` or else in a window that opens: `https://stately.ai/inspect`
 */
export type InspectorTarget =
  | string
  | { receive(message: StatelyInspectionEvent): void }
  | { url: string; iframe?: HTMLIFrameElement }

/** Where the messages go, and which. */
export interface InspectorOptions {
  /** @default ws://localhost:4747, which does not leave the machine */
  to?: InspectorTarget
  /** Which messages to send. */
  filter?: (message: StatelyInspectionEvent) => boolean
  /** What to show of an event. @default all of it */
  sanitizeEvent?: <Event extends { type: string }>(event: Event) => Event
  /** What to show of a machine's context. @default all of it */
  sanitizeContext?: <Context extends object>(context: Context) => Context
}

/** Watches actors for as long as it is not stopped. */
export interface Inspector {
  /** For `createActor(machine, { inspect })` and `useMachine(machine, { inspect })`. */
  readonly inspect: Observer<InspectionEvent>
  /** Sends no more, and lets go of what it holds. */
  stop(): void
}

/** Charts nest deeper than the ten levels that are the protocol's default. */
const DEPTH = 40
/** How many messages wait for a viewer that is not there yet; after that the oldest are dropped. */
const WAITING = 10_000

/**
 * Shows what actors do to a viewer: ours, or Stately's (https://github.com/statelyai/inspect), whose protocol it speaks.
 * Nothing leaves the machine unless `to` says so.
 */
export function createInspector(options: InspectorOptions = {}): Inspector {
  const { to = `ws://localhost:${VIEWER_PORT}`, ...rest } = options
  const definitions = new Map<string, string>()
  /** As it would arrive at the other side of a wire, so that no live object is handed out. */
  const serialize = (message: StatelyInspectionEvent): StatelyInspectionEvent => {
    const plain: StatelyInspectionEvent = JSON.parse(inOrder(message, withErrors) ?? 'null')
    const definition = definitions.get(plain.sessionId)
    return plain.type === '@xstate.actor' && definition ? { ...plain, definition } : plain
  }
  const shared = { ...rest, serialize, serializationDepthLimit: DEPTH, maxDeferredEvents: WAITING }
  const { inspect, stop } = typeof to !== 'string' && 'url' in to ? inPage(to, shared) : through(to, shared)
  return {
    inspect: {
      next(event) {
        const definition = event.type === '@xstate.actor' ? definitionOf(event.actorRef) : undefined
        if (definition) definitions.set(event.actorRef.sessionId, definition)
        inspect.next?.(
          event.type === '@xstate.snapshot' ? { ...event, snapshot: readable(event.snapshot) } : event,
        )
      },
    },
    stop,
  }
}

function inPage({ url, iframe }: { url: string; iframe?: HTMLIFrameElement }, shared: InspectorOptions) {
  const inspector = createBrowserInspector({ ...shared, url, iframe: iframe ?? null })
  return { inspect: inspector.inspect, stop: () => inspector.stop() }
}

function through(to: Exclude<InspectorTarget, { url: string }>, shared: InspectorOptions) {
  const adapter = typeof to === 'string' ? socketAdapter(to) : { send: to.receive.bind(to), stop: () => {} }
  return { inspect: createStatelyInspector(adapter, shared).inspect, stop: () => adapter.stop() }
}

/** The protocol's own is sorted by name, so that a chart drawn from it would not begin where the machine does. */
function definitionOf(actorRef: object): string | undefined {
  const logic = 'logic' in actorRef ? actorRef.logic : null
  const config = isObject(logic) && 'config' in logic ? logic.config : null
  if (!isObject(config) || !('states' in config)) return undefined
  const known = written.get(config) ?? inOrder(config, namedOnly)
  if (known) written.set(config, known)
  return known
}
const written = new WeakMap<object, string>()
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const namedOnly = (_key: string, value: unknown) =>
  typeof value === 'function' ? { type: value.name } : value

/** JSON has nothing of an error but what was put on it. */
const withErrors = (_key: string, value: unknown) =>
  value instanceof Error ? Object.assign({ name: value.name, message: value.message }, value) : value
/** The protocol writes snapshots as JSON by itself, in its own time. */
const readable = <Given extends object>(snapshot: Given): Given => ({
  ...snapshot,
  toJSON: () => JSON.parse(inOrder(snapshot, withErrors) ?? 'null'),
})

const inOrder = configure({ maximumDepth: DEPTH, deterministic: false })
