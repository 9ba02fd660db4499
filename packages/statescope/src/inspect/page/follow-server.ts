import type { StatelyInspectionEvent } from '@statelyai/inspect'
import {
  CLEAR,
  droppedIn,
  isAnswer,
  isCleared,
  isGone,
  isMessage,
  LARGEST_EVENT,
  type ReadMessage,
  type SendEvent,
  type SendMessage,
  TOO_LARGE,
} from '../message.ts'
import { reconnectingSocket } from '../reconnecting-socket.ts'

/** How often to report what was read, characters. */
const OFTEN = 32 * 1024
/** The server reports an app that does not answer before this. */
const MOST_WAITING_MS = 15_000

/** Follows the messages of a `statescope` server across its restarts, without repeating any. */
export function followServer(
  at: URL,
  to: {
    receive: (message: StatelyInspectionEvent, send?: SendEvent) => void
    connection: (isOpen: boolean) => void
    /** This viewer missed messages, because it or the server could not keep up. */
    dropped: (count: number) => void
    /** A viewer was cleared, here or in another page. */
    cleared: () => void
    /** An app is disconnected. Its actors' ids begin with `app`. */
    gone: (app: string) => void
  },
): { clear: () => void; stop: () => void } {
  const url = new URL(at)
  url.searchParams.set('reads', '')
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const apps: string[] = []
  /** The first app's actors keep their ids, `x:0`. Ids of other apps get the app's number as a prefix: `2/x:0`. */
  function short<Id extends string | undefined>(id: Id): Id | string {
    const [, app = '', own = ''] = /^([^/]*)\/(.*)$/.exec(id ?? '') ?? []
    if (app === '') return id
    if (!apps.includes(app)) apps.push(app)
    const number = apps.indexOf(app) + 1
    return number === 1 ? own : `${number}/${own}`
  }
  /** The server's current run. A restarted server knows only the apps that reconnected. */
  let run: string | null = null
  function hearRun(id: string): void {
    const [now = ''] = id.split(':')
    if (run !== null && run !== now) for (const app of apps) to.gone(short(`${app}/`))
    run = now
  }
  const waiting = new Map<string, (problem: string | null) => void>()
  let count = 0
  function answer(id: string, problem: string | null): void {
    waiting.get(id)?.(problem)
    waiting.delete(id)
  }
  /** Takes the full id. */
  const sendTo =
    (sessionId: string): SendEvent =>
    (event) => {
      const id = String(count++)
      const { promise, resolve } = Promise.withResolvers<string | null>()
      const text = JSON.stringify({ type: '@statescope.send', id, sessionId, event } satisfies SendMessage)
      if (text.length > LARGEST_EVENT) return Promise.resolve(TOO_LARGE)
      if (!send(text)) return Promise.resolve('statescope is not connected.')
      waiting.set(id, resolve)
      setTimeout(() => answer(id, 'statescope did not answer.'), MOST_WAITING_MS)
      return promise
    }

  /** Reports what was read, so that the server sends no more than this page can read. */
  let read = { all: 0, told: 0 }
  function tellRead(characters: number): void {
    read.all += characters
    if (read.all - read.told < OFTEN) return
    read.told = read.all
    send(JSON.stringify({ type: '@statescope.read', characters: read.all } satisfies ReadMessage))
  }

  const { send, stop } = reconnectingSocket(() => url, {
    open() {
      read = { all: 0, told: 0 }
      to.connection(true)
    },
    close() {
      for (const id of waiting.keys()) answer(id, 'statescope is not connected.')
      to.connection(false)
    },
    message(text) {
      const message: unknown = JSON.parse(text)
      if (isMessage(message) || isGone(message)) tellRead(text.length)
      const dropped = droppedIn(message)
      if (dropped !== null) return to.dropped(dropped)
      if (isCleared(message)) return to.cleared()
      if (isAnswer(message)) return answer(message.id, message.problem)
      if (isGone(message)) {
        hearRun(message.id)
        url.searchParams.set('after', message.id)
        return to.gone(short(message.sessionId))
      }
      if (!isMessage(message)) return
      hearRun(message.id)
      if (message.type !== '@xstate.actor') url.searchParams.set('after', message.id)
      const ids = { sessionId: short(message.sessionId), rootId: short(message.rootId ?? message.sessionId) }
      switch (message.type) {
        case '@xstate.actor':
          return to.receive(
            { ...message, ...ids, parentId: short(message.parentId) },
            sendTo(message.sessionId),
          )
        case '@xstate.event':
          return to.receive({ ...message, ...ids, sourceId: short(message.sourceId) })
        case '@xstate.snapshot':
          return to.receive({ ...message, ...ids })
      }
    },
  })
  return {
    clear: () => {
      send(CLEAR)
    },
    stop,
  }
}
