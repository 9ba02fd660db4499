import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { ServerRequest } from 'srvx'
import { toNodeHandler as handlerOver, serve } from 'srvx/node'
import { TotpFlowError } from '../../contract/errors.ts'
import {
  assertOptions,
  functionThat,
  type OptionRules,
  objectOf,
  required,
  wholeNumber,
} from '../../contract/options.ts'
import { toErrorBody } from '../../contract/wire/error-body.ts'
import { bodyTaken } from '../http/body-taken.ts'
import { nodeRequestOf, overNode } from '../http/node-request.ts'
import {
  type ConnectionLimits,
  cutRefusedBody,
  DEFAULT_LIMITS,
  limitConnections,
  namesOneHost,
  serverOptionsOf,
} from './connection-limits.ts'
import { StartError } from './start-error.ts'

/** A running HTTP server. */
export interface Listening {
  /** `http://localhost:<port>`, or with the given host. If `port` was 0, this holds the port that the system chose. */
  url: string
  /** Closes each connection after its next answer, so that no client sends on a connection that is about to close. */
  drain(): void
  /** Stops accepting connections, finishes the requests under way, then resolves. */
  close(): Promise<void>
  /** Closes every connection at once, even during a request. */
  cut(): void
}

const MOST = 2 ** 31 - 1
const listenRules: OptionRules = {
  fetch: required(functionThat('answers requests')),
  port: required(wholeNumber(0, 65_535)),
  hostname: {
    takes: 'a name or an address of this machine',
    fits: (value) => typeof value === 'string',
  },
  trustProxy: {
    takes: "'loopback' or a list of IP addresses",
    fits: (value) => value === 'loopback' || (Array.isArray(value) && value.every(isIP)),
  },
  limits: objectOf({
    ...Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, wholeNumber(1, MOST)])),
    refusedBodyMs: wholeNumber(0, MOST),
  }),
}

/**
 * Serves a fetch handler over HTTP until `close`. Rejects with a `TypeError` that names an invalid option, and with a
 * readable `Error` if the port is taken, reserved, or not on this machine. Behind a proxy, set `trustProxy`: otherwise
 * all clients share the proxy's address, and its rate limit.
 *
 * @example
 * ```ts
 * import type { TotpServer } from 'totp-flow/server'
 * import { listen } from 'totp-flow/server/node'
 *
 * declare const totp: TotpServer
 * const { url, close } = await listen({ fetch: totp.fetch, port: 8080 })
 * console.log(`Listening on ${url}`)
 * process.once('SIGTERM', () => close().then(() => totp.close()))
 * ```
 */
export async function listen(given: {
  fetch: Fetch
  /** 0 to 65,535; 0 lets the system choose a free one. */
  port: number
  /** The interface to listen on. `'0.0.0.0'` or `'::'` lets other machines connect. @default '127.0.0.1' */
  hostname?: string
  /** The proxies whose `X-Forwarded-For` is trusted: `'loopback'`, or a list of IP addresses. @default none */
  trustProxy?: 'loopback' | string[]
  /** How many clients may connect, and how long each may take. Defaults are in {@link ConnectionLimits}. */
  limits?: Partial<ConnectionLimits>
}): Promise<Listening> {
  assertOptions(given, listenRules)
  const { fetch, port, trustProxy } = given
  const hostname = given.hostname || '127.0.0.1'
  const limits = { ...DEFAULT_LIMITS, ...given.limits }
  const server = serve({
    fetch: ofOneHost(fetch),
    port,
    hostname,
    ...(trustProxy && { trustProxy }),
    node: serverOptionsOf(limits),
    silent: true,
    error: hostFailed,
    gracefulShutdown: false,
    manual: true,
  })
  const http = server.node?.server
  if (http && 'closeAllConnections' in http) limitConnections(http, limits)
  try {
    await server.serve()
    await server.ready()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    const mend =
      code === 'EADDRINUSE'
        ? `Port ${port} is taken. Stop what uses it, or set PORT to another one.`
        : code === 'EACCES'
          ? `Port ${port} is reserved for the system. Set PORT to one above 1023.`
          : `Cannot listen on port ${port} of ${hostname}. Set HOST to an address of this machine.`
    throw new StartError(mend, { cause })
  }
  let isDraining = false
  let isClosing = false
  http?.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isDraining) response.shouldKeepAlive = false
    cutRefusedBody(request, response, limits.refusedBodyMs)
    // Node keeps a connection open after its last answer; while closing, no further request is wanted.
    response.once('close', () => {
      if (isClosing && 'closeIdleConnections' in http) http.closeIdleConnections()
    })
  })
  const { port: bound } = new URL(server.url ?? `http://localhost:${port}`)
  return {
    url: `http://${nameOf(hostname)}:${bound || 80}`,
    drain() {
      isDraining = true
    },
    close() {
      isClosing = true
      return server.close()
    },
    cut() {
      if (http && 'closeAllConnections' in http) http.closeAllConnections()
    },
  }
}

/** The name under which a browser on this machine reaches the host. */
function nameOf(hostname: string): string {
  if (['0.0.0.0', '::', '127.0.0.1', '::1'].includes(hostname)) return 'localhost'
  return hostname.includes(':') ? `[${hostname}]` : hostname
}

const NEVER_KEPT = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** The host's handler threw, so ours answers for it. */
function hostFailed(cause: unknown): Response {
  console.error(cause)
  return Response.json(toErrorBody(new TotpFlowError('server')), { status: 500, headers: NEVER_KEPT })
}

/**
 * Turns a fetch handler into a request listener for Node, for Express and similar frameworks, at any path. If the body
 * was already read, takes it from `request.body`, as `express.json()` leaves it. Closes a connection that keeps sending
 * a refused body for a second. Limits for slow requests are up to the surrounding server.
 */
export function toNodeHandler(fetch: Fetch): (request: IncomingMessage, response: ServerResponse) => void {
  const answering = async (request: Request) => {
    try {
      return await ofOneHost(fetch)(withItsBody(request))
    } catch (cause) {
      return hostFailed(cause)
    }
  }
  const handle = handlerOver(answering) as (request: IncomingMessage, response: ServerResponse) => void // also takes HTTP/2 requests
  return (request, response) => {
    cutRefusedBody(request, response, DEFAULT_LIMITS.refusedBodyMs)
    handle(request, response)
  }
}

type Fetch = (request: Request) => Response | Promise<Response>

/** Refuses a request that names two hosts, or none: a proxy in front may have used the other one. */
const ofOneHost =
  (fetch: Fetch): Fetch =>
  (request: ServerRequest) => {
    const node = request.runtime?.node?.req
    if (!node || namesOneHost(node)) return fetch(request)
    const error = new TotpFlowError('bad_request', {
      message: 'A request must name exactly one host, in one Host header.',
    })
    return Response.json(toErrorBody(error), {
      status: error.status,
      headers: { ...NEVER_KEPT, connection: 'close' },
    })
  }

/** A request whose body was already read, with the body that the reader left. */
function withItsBody(request: ServerRequest): Request {
  const node = nodeRequestOf(request)
  if (!node?.readableDidRead || 'rawBody' in node || request.method === 'GET' || request.method === 'HEAD') {
    return request
  }
  const { url, method, headers, signal } = request
  const body = bodyLeftIn(node) ?? noBody()
  const init: RequestInit & { duplex: 'half' } = { method, headers, signal, body, duplex: 'half' }
  return overNode(new Request(url, init), node, request.ip)
}

/** The body as received, or serialized again after a parser; `undefined` if that is not possible. */
function bodyLeftIn(node: IncomingMessage & { body?: unknown }): BodyInit | undefined {
  const { body, headers } = node
  const type = headers['content-type'] ?? ''
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return new Uint8Array(body)
  if (typeof body !== 'object' || body === null || type.startsWith('multipart/')) return undefined
  if (!type.startsWith('application/x-www-form-urlencoded')) return JSON.stringify(body)
  return new URLSearchParams(Object.entries(body).map(([name, value]) => [name, String(value)]))
}

/** Fails only when read: not every call has a body. */
const noBody = () =>
  new ReadableStream({
    pull: (controller) => controller.error(bodyTaken()),
  })
