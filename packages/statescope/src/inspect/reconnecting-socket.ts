const RETRY_MS = 2_000

export interface ReconnectingSocket {
  /** Sends a text. Returns whether it could: not while disconnected. */
  send(text: string): boolean
  /** The bytes that were sent but not transmitted yet. */
  readonly unsent: number
  stop(): void
}

/** A WebSocket that reconnects. It keeps a Node process alive only while it is connected. */
export function reconnectingSocket(
  /** Called for every connection. */
  address: () => URL,
  on: { open?: () => void; message?: (text: string) => void; close?: () => void },
): ReconnectingSocket {
  let socket: WebSocket | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let isStopped = false

  function connect() {
    socket = new WebSocket(address())
    socket.onopen = () => on.open?.()
    socket.onmessage = ({ data }) => typeof data === 'string' && on.message?.(data)
    socket.onclose = () => {
      socket = null
      if (isStopped) return
      on.close?.()
      retry = setTimeout(connect, RETRY_MS)
      if (typeof retry === 'object') retry.unref()
    }
    socket.onerror = () => {} // `close` follows
  }
  connect()

  return {
    get unsent() {
      return socket?.bufferedAmount ?? 0
    },
    send(text) {
      if (socket?.readyState !== WebSocket.OPEN) return false
      socket.send(text)
      return true
    },
    stop() {
      isStopped = true
      clearTimeout(retry)
      socket?.close()
    },
  }
}
