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

/** What an app may hold for a viewer that is away or slow. */
const IN_AN_APP: Bounds = { actors: 1_000, messages: 5_000, bytes: 16 * 1024 * 1024 }
/** More is not handed to a socket before the other side has taken some of it. */
const MOST_UNSENT = 1024 * 1024
/** How often a socket that is full is asked again: it does not say when it has room. */
const ASK_AGAIN_MS = 50

/**
 * Sends messages over a WebSocket, as fast as the other side takes them, and holds them back while nobody answers. What there is
 * no room for is dropped, oldest first, and counted. A viewer that was restarted learns of the actors again. What comes back is
 * heard only where there are actors that may be reached.
 */
export function socketAdapter(to: string, reachable: ReachableActors | null) {
  const url = new URL(to)
  url.searchParams.set('app', Math.random().toString(36).slice(2)) // so that it is known when it comes back
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

  /** Sends what waits and the other side has room for. */
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
