import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { Backlog } from './backlog.ts'

const RETRY_MS = 2_000

/**
 * Sends messages over a WebSocket, and holds them back while nobody answers. A viewer that was started anew is told of the
 * actors again. It keeps no process alive.
 */
export function socketAdapter(to: string) {
  const url = new URL(to)
  url.searchParams.set('app', Math.random().toString(36).slice(2)) // so that it is known when it comes back
  const backlog = new Backlog()
  let socket: WebSocket | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let isStopped = false

  function connect() {
    socket = new WebSocket(url)
    socket.onopen = () => {
      for (const message of backlog.all()) socket?.send(JSON.stringify(message))
      backlog.settleAll()
    }
    socket.onclose = () => {
      socket = null
      if (isStopped) return
      retry = setTimeout(connect, RETRY_MS)
      if (typeof retry === 'object') retry.unref()
    }
    socket.onerror = () => {} // and it closes
  }
  connect()

  return {
    send(message: StatelyInspectionEvent) {
      if (isStopped) return
      if (socket?.readyState !== WebSocket.OPEN) return backlog.add(message)
      socket.send(JSON.stringify(message))
      backlog.settle(message)
    },
    stop() {
      isStopped = true
      clearTimeout(retry)
      backlog.clear()
      socket?.close()
    },
  }
}
