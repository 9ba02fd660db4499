import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { Backlog } from './backlog.ts'
import { lastingSocket } from './lasting-socket.ts'

/**
 * Sends messages over a WebSocket, and holds them back while nobody answers. A viewer that was started anew is told of the
 * actors again.
 */
export function socketAdapter(to: string) {
  const url = new URL(to)
  url.searchParams.set('app', Math.random().toString(36).slice(2)) // so that it is known when it comes back
  const backlog = new Backlog()
  let isStopped = false
  const socket = lastingSocket(() => url, {
    open() {
      for (const message of backlog.all()) socket.send(JSON.stringify(message))
      backlog.settleAll()
    },
  })

  return {
    send(message: StatelyInspectionEvent) {
      if (isStopped) return
      if (socket.send(JSON.stringify(message))) backlog.settle(message)
      else backlog.add(message)
    },
    stop() {
      isStopped = true
      backlog.clear()
      socket.stop()
    },
  }
}
