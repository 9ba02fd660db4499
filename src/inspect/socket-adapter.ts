import type { StatelyInspectionEvent } from '@statelyai/inspect'

const RETRY_MS = 2_000

/** Sends messages over a WebSocket, and holds them back while nobody answers. It keeps no process alive. */
export function socketAdapter(url: string, capacity: number) {
  const waiting: string[] = []
  let socket: WebSocket | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let isStopped = false

  function connect() {
    socket = new WebSocket(url)
    socket.onopen = () => {
      for (const text of waiting.splice(0)) socket?.send(text)
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
      const text = JSON.stringify(message)
      if (socket?.readyState === WebSocket.OPEN) socket.send(text)
      else if (waiting.push(text) > capacity) waiting.shift()
    },
    stop() {
      isStopped = true
      clearTimeout(retry)
      waiting.length = 0
      socket?.close()
    },
  }
}
