import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { Backlog, entryOf, textOf } from './backlog.ts'
import { reconnectingSocket } from './reconnecting-socket.ts'

/**
 * Sends messages over a WebSocket, and holds them back while nobody answers. A viewer that was restarted learns of the
 * actors again.
 */
export function socketAdapter(to: string) {
  const url = new URL(to)
  url.searchParams.set('app', Math.random().toString(36).slice(2)) // so that it is known when it comes back
  const backlog = new Backlog()
  let isStopped = false
  const socket = reconnectingSocket(() => url, {
    open() {
      for (const text of backlog.all()) socket.send(text)
      backlog.settleAll()
    },
  })

  return {
    send(message: StatelyInspectionEvent) {
      if (isStopped) return
      const entry = entryOf(message)
      if (socket.send(textOf(entry))) backlog.settle(entry)
      else backlog.add(entry)
    },
    stop() {
      isStopped = true
      backlog.clear()
      socket.stop()
    },
  }
}
