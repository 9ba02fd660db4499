import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How many clients may connect, and how long each may take. Times are checked once a second, so a cut may be a second late. */
export interface ConnectionLimits {
  /** Open connections; further ones are closed at once. @default 2000 */
  connections: number
  /** Requests on one connection. It is closed after the last answer. @default 1000 */
  requestsPerConnection: number
  /** Time to send the headers of a request, from its first byte or from the connection, milliseconds. @default 10_000 */
  headersMs: number
  /** Time to send a whole request, milliseconds. @default 20_000 */
  requestMs: number
  /** Time for which a client may leave the connection full without reading, milliseconds. @default 120_000 */
  answerMs: number
  /**
   * Time to wait for the next request on a connection, milliseconds. Must be longer than a proxy in front keeps idle
   * connections, or it sends on one that is closing.
   * @default 75_000
   */
  idleMs: number
  /** Time to send the rest of a body that was refused early, milliseconds. 0 closes at once. @default 1000 */
  refusedBodyMs: number
}

/** An honest request is a few kilobytes, so a client that sends or reads byte by byte loses its connection. */
export const DEFAULT_LIMITS: ConnectionLimits = {
  connections: 2000,
  requestsPerConnection: 1000,
  headersMs: 10_000,
  requestMs: 20_000,
  answerMs: 120_000,
  idleMs: 75_000,
  refusedBodyMs: 1000,
}

const CHECK_EVERY_MS = 1000
/** From this share of the connection limit on, idle connections are closed. */
const CROWDED = 0.9

/** The limits as options of Node's `createServer`. */
export function serverOptionsOf(limits: ConnectionLimits) {
  return {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: checkEvery(limits),
  }
}

const checkEvery = ({ headersMs, requestMs, answerMs }: ConnectionLimits) =>
  Math.min(CHECK_EVERY_MS, headersMs, requestMs, answerMs)

/** Sets limits that Node leaves open: connections, requests per connection, and the time to read an answer. */
export function limitConnections(http: Server, limits: ConnectionLimits): void {
  http.maxConnections = limits.connections
  http.maxRequestsPerSocket = limits.requestsPerConnection
  const connections = new Map<Socket, { requests: number; fullSince?: number | undefined }>()
  http.on('connection', (socket: Socket) => {
    const connection: { requests: number; fullSince?: number | undefined } = { requests: 0 }
    connections.set(socket, connection)
    if (connections.size > limits.connections * CROWDED) http.closeIdleConnections()
    socket.on('drain', () => {
      connection.fullSince = undefined
    })
    socket.once('close', () => connections.delete(socket))
  })
  http.on('request', ({ socket }, response) => {
    const connection = connections.get(socket)
    if (!connection) return
    connection.requests++
    // Node announces this in the last answer, but leaves closing to the client.
    if (connection.requests === limits.requestsPerConnection)
      response.once('finish', () => socket.destroySoon())
  })
  const check = () => {
    const now = performance.now()
    for (const [socket, connection] of connections) {
      const { fullSince = now } = connection
      if (now - fullSince >= limits.answerMs) socket.destroy()
      else connection.fullSince = socket.writableLength > 0 ? fullSince : undefined
    }
  }
  const checking = setInterval(check, checkEvery(limits)).unref()
  http.once('close', () => clearInterval(checking))
}

/**
 * Reads on for a moment after a body was refused early, so that the sender sees the answer. Then closes the connection,
 * which the sender could otherwise keep open forever. HTTP/2 resets the stream by itself.
 */
export function cutRefusedBody(request: IncomingMessage, response: ServerResponse, afterMs: number): void {
  if (request.httpVersionMajor >= 2) return
  const { socket } = request // Node removes it from the request at the end
  response.once('finish', () => {
    if (request.complete) return
    // Nobody reads the body any more, so there is no 'end' event; only `complete` says whether all of it came.
    const cut = setTimeout(() => request.complete || socket.destroy(), afterMs)
    socket.once('close', () => clearTimeout(cut))
    request.resume()
  })
}

/** Whether a request names exactly one valid host. In HTTP/1.0 it may name none (RFC 9112 §3.2). */
export function namesOneHost(
  request: Pick<IncomingMessage, 'rawHeaders' | 'httpVersionMajor' | 'httpVersionMinor'>,
): boolean {
  const { rawHeaders, httpVersionMajor, httpVersionMinor } = request
  if (httpVersionMajor >= 2) return true
  const isHost = (name: string | undefined, index: number) =>
    index % 2 === 0 && name?.toLowerCase() === 'host'
  const hosts = rawHeaders.filter((_, index) => isHost(rawHeaders[index - 1], index - 1))
  const [host = ''] = hosts
  if (hosts.length === 0) return httpVersionMinor === 0
  return hosts.length === 1 && HOST.test(host) && URL.canParse(`http://${host}`)
}

const HOST = /^(?:[\w.~%!$&'()*+;=-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i
