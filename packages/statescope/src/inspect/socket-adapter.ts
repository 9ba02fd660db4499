import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { Backlog, type Bounds, entryOf, textOf } from './backlog.ts'
import {
  type AnswerMessage,
  type DroppedMessage,
  droppedMessage,
  isSend,
  LARGEST_EVENT,
  parsed,
  TOO_LARGE,
} from './message.ts'
import type { ReachableActors } from './reachable-actors.ts'
import { reconnectingSocket } from './reconnecting-socket.ts'

/** What an app may hold for a disconnected or slow viewer. */
const IN_AN_APP: Bounds = { actors: 1_000, messages: 5_000, bytes: 16 * 1024 * 1024 }
/** The most bytes in a socket before waiting for the other side. */
const MOST_UNSENT = 1024 * 1024
/** How often to check a full socket, which does not report when it has room. */
const ASK_AGAIN_MS = 50

/**
 * Sends messages over a WebSocket as fast as the other side reads, and holds them while it is disconnected. Drops and counts the
 * oldest if there is no room. Announces the actors again to a restarted viewer. Reads answers only if actors may be reached.
 */
export function socketAdapter(to: string, reachable: ReachableActors | null) {
  const url = new URL(to)
  url.searchParams.set('app', Math.random().toString(36).slice(2)) // identifies the app when it reconnects
  const backlog = new Backlog(IN_AN_APP)
  let dropped = 0
  let later: ReturnType<typeof setTimeout> | undefined
  let isOpen = false
  let isStopped = false
  const socket = reconnectingSocket(() => url, {
    open() {
      isOpen = true
      for (const text of backlog.actorsThatStand()) socket.send(text)
      flush()
    },
    close() {
      isOpen = false
    },
    message(text) {
      const asked = parsed(text)
      if (!reachable || !isSend(asked)) return
      const { id, sessionId, event } = asked
      const problem = text.length > 2 * LARGEST_EVENT ? TOO_LARGE : reachable.send(sessionId, event)
      socket.send(JSON.stringify({ type: '@statescope.answer', id, problem } satisfies AnswerMessage))
    },
  })

  /** Sends waiting messages while the socket has room. */
  function flush(): void {
    clearTimeout(later)
    later = undefined
    while (isOpen && socket.unsent < MOST_UNSENT) {
      const { entry, missed } = backlog.oldestMessage()
      dropped += missed
      if (dropped > 0 && socket.send(JSON.stringify(droppedMessage(dropped)))) dropped = 0
      if (!entry) return
      if (!socket.send(textOf(entry))) break
      backlog.settleOldest()
    }
    if (!isOpen || isStopped) return
    later = setTimeout(flush, ASK_AGAIN_MS)
    if (typeof later === 'object') later.unref()
  }

  return {
    send(message: StatelyInspectionEvent | DroppedMessage) {
      if (isStopped) return
      if (message.type === '@statescope.dropped') dropped += message.count
      else backlog.add(entryOf(message))
      if (!later) flush()
    },
    stop() {
      isStopped = true
      clearTimeout(later)
      backlog.clear()
      socket.stop()
    },
  }
}
