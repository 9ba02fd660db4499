import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { extname } from 'node:path'
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { type WebSocket, WebSocketServer } from 'ws'
import { Backlog, type Entry, entryOf } from './backlog.ts'
import {
  type AnswerMessage,
  droppedIn,
  isAnswer,
  isClear,
  isMessage,
  isRead,
  isSend,
  isShallow,
  LARGEST_EVENT,
  parsed,
  type SendMessage,
  TOO_LARGE,
} from './message.ts'
import { ViewerFeed } from './viewer-feed.ts'

export interface ViewerServer {
  /** The address of the viewer's page. */
  url: string
  /** The address to which apps send messages. */
  socketUrl: string
  /** The bytes of messages it holds: the backlog, those on their way to viewers, and incomplete ones. */
  held(): { backlog: number; unsent: number; incoming: number }
  close(): Promise<void>
}

/** The built page. */
const PAGE = new URL('../page/', import.meta.url)
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}
/** Lets the page reach only this server. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; worker-src 'self' blob:"
const LARGEST_MESSAGE = 16 * 1024 * 1024
/** More than the sockets, to leave room for the page and its files. */
const MOST_CONNECTIONS = 200
const MOST_SOCKETS = { apps: 100, viewers: 10 } as const
/** The most bytes that may wait for all viewers together, and that incomplete messages may hold. */
const MOST_UNDER_WAY = 64 * 1024 * 1024
/** The cost of a message's fragment besides its bytes. */
const PIECE_BYTES = 128

/** More than the largest event, to be able to answer that one is too large. */
const MOST_ASKED = 4 * LARGEST_EVENT
const MOST_UNANSWERED = 1_000
const LONGEST_PROBLEM = 1_000
const ANSWER_MS = 10_000
const NO_ANSWER = 'The app did not answer.'
const GONE = 'The app of this actor is no longer connected.'
const NOT_FROM_HERE = 'Events can be sent only from the page of statescope, on the machine that it runs on.'

/** Serves the viewer and forwards the messages of apps to it. By default, only on the loopback address. */
export async function serveViewer(options: {
  port: number
  hostname?: string
  /** The folder of the page. @default our built page */
  page?: URL
  /** Other origins whose pages may also send and read, such as `https://app.example.com`. */
  allowedOrigins?: readonly string[]
  /** A recording to show when the page opens. */
  recording?: { name: string; text: string }
  /** Called for pages of other origins that tried to connect. */
  onRefused?: (origin: string) => void
}): Promise<ViewerServer> {
  const { port, hostname = '127.0.0.1', page = PAGE, allowedOrigins = [], onRefused = () => {} } = options
  const { recording } = options
  const files = await filesIn(page)
  const backlog = new Backlog()
  const feeds = new Set<ViewerFeed>()
  const incoming = new Map<WebSocket, number>()
  /** The sockets of each app. Events go to the first one until it closes. */
  const apps = new Map<string, WebSocket[]>()
  const appsThatTold = new Set<string>()
  /** The events sent to apps that have not answered yet. */
  const asked = new Map<string, { app: WebSocket; viewer: WebSocket; id: string }>()
  /** Messages before this number were cleared. */
  let clearedAt = -1
  const run = randomUUID()

  const server = createServer((request, response) => {
    const { pathname = '' } = partsOf(request) ?? {}
    if (pathname === '/recording' && isForOwnPage(request)) {
      response.writeHead(recording ? 200 : 204, {
        'Content-Type': 'application/json',
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        ...(recording && { 'X-Recording-Name': encodeURIComponent(recording.name) }),
      })
      response.end(recording?.text)
      return
    }
    const file = request.method === 'GET' ? files.get(pathname === '/' ? '/index.html' : pathname) : undefined
    response.writeHead(file ? 200 : 404, {
      'Content-Type': file?.type ?? 'text/plain; charset=utf-8',
      'Content-Security-Policy': POLICY,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    })
    response.end(file?.body ?? 'There is nothing here. The viewer is at /\n')
  })
  const sockets = new WebSocketServer({
    server,
    maxPayload: LARGEST_MESSAGE,
    maxFragments: 1024,
    maxBufferedChunks: 16 * 1024,
    verifyClient: ({ req }: { req: IncomingMessage }, answer: (isIn: boolean, code?: number) => void) => {
      const others = sockets.clients.size - feeds.size
      const hasRoom = isViewer(req) ? feeds.size < MOST_SOCKETS.viewers : others < MOST_SOCKETS.apps
      const { origin = '' } = req.headers
      if (isFromThisMachine(req.headers) || allowedOrigins.includes(origin)) return answer(hasRoom, 503)
      onRefused(origin)
      answer(false, 401)
    },
  })
  server.maxConnections = MOST_CONNECTIONS
  sockets.on('error', () => {}) // the server's own errors, such as a port in use, are reported below
  const end = (socket: WebSocket) => {
    incoming.delete(socket)
    socket.terminate()
  }
  sockets.on('connection', (socket, request) => {
    const { searchParams } = partsOf(request) ?? {}
    socket.on('error', () => socket.close())
    request.socket.on('data', (piece: Buffer) => {
      incoming.set(socket, (incoming.get(socket) ?? 0) + piece.length + PIECE_BYTES)
      endLargest(incoming, end)
    })
    socket.on('message', () => incoming.delete(socket))
    socket.on('close', () => incoming.delete(socket))
    if (isViewer(request)) {
      const after = numberAfter(searchParams?.get('after') ?? null)
      const feed = new ViewerFeed(socket, backlog, after, searchParams?.has('reads') ?? false)
      feeds.add(feed)
      socket.on('close', () => feeds.delete(feed))
      const mayAsk = isFromOwnPage(request)
      socket.on('message', (data) => ask(String(data), socket, feed, mayAsk))
      if (after !== null && after <= clearedAt) feed.clear()
      else feed.pump()
      return
    }
    const app = (searchParams?.get('app') ?? randomUUID()).replaceAll('/', '-')
    apps.set(app, [...(apps.get(app) ?? []), socket])
    socket.on('close', () => leave(app, socket))
    socket.on('message', (data, isBinary) => {
      const given = isBinary ? null : read(data.toString())
      if (isAnswer(given)) return answer(given, socket)
      const dropped = droppedIn(given)
      if (dropped !== null) backlog.skip(dropped)
      const message = isMessage(given) ? given : null
      if (!message) return
      const entry = entryFrom({ ...ofApp(app, message), id: `${run}:${backlog.next}` })
      appsThatTold.add(app)
      if (entry) backlog.add(entry)
      else backlog.skip()
      pumpAll()
    })
  })

  function pumpAll(): void {
    for (const feed of feeds) feed.pump()
    endLargest(new Map([...feeds].map((feed) => [feed, feed.unsent])), (feed) => {
      feeds.delete(feed)
      feed.end()
    })
  }

  /** An app that left may keep running. If it does, it announces its actors again when it reconnects. */
  function leave(app: string, socket: WebSocket): void {
    for (const [id, one] of asked)
      if (one.app === socket) answer({ type: '@statescope.answer', id, problem: GONE }, socket)
    const others = apps.get(app)?.filter((other) => other !== socket) ?? []
    if (others.length > 0) {
      apps.set(app, others)
      return
    }
    apps.delete(app)
    if (!appsThatTold.delete(app)) return
    const id = `${run}:${backlog.next}`
    backlog.add(entryOf({ type: '@statescope.gone', sessionId: `${app}/`, id }))
    pumpAll()
  }

  /** Handles requests of viewers. Only the page that is served here may send events. */
  function ask(text: string, viewer: WebSocket, feed: ViewerFeed, mayAsk: boolean): void {
    const given = text.length > MOST_ASKED ? null : parsed(text)
    if (isRead(given)) feed.read(given.characters)
    else if (isSend(given)) {
      const problem = mayAsk ? passOn(given, text, viewer) : NOT_FROM_HERE
      if (problem !== null) tell(viewer, { type: '@statescope.answer', id: given.id, problem })
    } else if (isClear(given) && mayAsk) {
      backlog.forgetHistory()
      clearedAt = backlog.next
      for (const feed of feeds) feed.clear()
    }
  }

  /** Forwards an event to the app of its actor only. Returns `null`, or the reason why it cannot. */
  function passOn({ id, sessionId, event }: SendMessage, text: string, viewer: WebSocket): string | null {
    if (text.length > LARGEST_EVENT) return TOO_LARGE
    const end = sessionId.indexOf('/')
    const [app] = apps.get(sessionId.slice(0, end)) ?? []
    if (!app) return GONE
    if (asked.size >= MOST_UNANSWERED || app.bufferedAmount > 4 * LARGEST_EVENT) return NO_ANSWER
    const own = randomUUID()
    asked.set(own, { app, viewer, id })
    setTimeout(
      () => answer({ type: '@statescope.answer', id: own, problem: NO_ANSWER }, app),
      ANSWER_MS,
    ).unref()
    tell(app, { type: '@statescope.send', id: own, sessionId: sessionId.slice(end + 1), event })
    return null
  }

  function answer({ id, problem }: AnswerMessage, from: WebSocket): void {
    const known = asked.get(id)
    if (!known || known.app !== from) return
    asked.delete(id)
    tell(known.viewer, {
      type: '@statescope.answer',
      id: known.id,
      problem: problem?.slice(0, LONGEST_PROBLEM) ?? null,
    })
  }

  /** Where a viewer continues that received a message of this run. Others start from the beginning. */
  function numberAfter(id: string | null): number | null {
    const heard = id?.startsWith(`${run}:`) ? Number(id.slice(run.length + 1)) : Number.NaN
    return heard >= 0 && heard < backlog.next ? Math.floor(heard) + 1 : null
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, hostname, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  const host = hostname === '127.0.0.1' ? 'localhost' : hostname.includes(':') ? `[${hostname}]` : hostname
  return {
    url: `http://${host}:${bound}`,
    socketUrl: `ws://${host}:${bound}`,
    held: () => ({
      backlog: backlog.bytes,
      unsent: sum([...feeds].map(({ unsent }) => unsent)),
      incoming: sum([...incoming.values()]),
    }),
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0)

/** Ends those that hold most until the total is within the limit. */
function endLargest<One>(held: ReadonlyMap<One, number>, end: (one: One) => void) {
  let total = sum([...held.values()])
  if (total <= MOST_UNDER_WAY) return
  for (const [one, bytes] of [...held].toSorted(([, a], [, b]) => b - a)) {
    if (total <= MOST_UNDER_WAY) return
    end(one)
    total -= bytes
  }
}

const isViewer = (request: IncomingMessage) => partsOf(request)?.pathname === '/viewer'

const partsOf = ({ url = '/' }: IncomingMessage) => URL.parse(url, 'http://viewer')

async function filesIn(folder: URL): Promise<Map<string, { type: string; body: Buffer }>> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const files = names.filter((name) => extname(name) in TYPES)
  if (!files.includes('index.html')) throw new Error('The viewer was not built: run npm run build.')
  const read = async (name: string) => {
    const body = await readFile(new URL(name, folder))
    return [`/${name}`, { type: TYPES[extname(name)] ?? '', body }] as const
  }
  return new Map(await Promise.all(files.map(read)))
}

function tell(socket: WebSocket, message: SendMessage | AnswerMessage): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
}

function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Converts a message to an entry; `null` if it nests too deep or cannot be written. */
function entryFrom(message: StatelyInspectionEvent): Entry | null {
  try {
    return isShallow(message) ? entryOf(message) : null
  } catch {
    return null
  }
}

/** Prefixes the ids of actors with their app, since every process counts them from `x:0`. */
function ofApp(app: string, message: StatelyInspectionEvent): StatelyInspectionEvent {
  const own = (id: string) => `${app}/${id}`
  const ownOrNone = (id: string | undefined) => (typeof id === 'string' ? own(id) : undefined)
  const shared = { sessionId: own(message.sessionId), rootId: own(message.rootId ?? message.sessionId) }
  switch (message.type) {
    case '@xstate.actor':
      return { ...message, ...shared, parentId: ownOrNone(message.parentId) }
    case '@xstate.event':
      return { ...message, ...shared, sourceId: ownOrNone(message.sourceId) }
    case '@xstate.snapshot':
      return { ...message, ...shared }
  }
}

/** Other pages may not read it, even through a host name that resolves to this computer. */
const isForOwnPage = ({ method, headers: { host = '', origin } }: IncomingMessage): boolean =>
  method === 'GET' && origin === undefined && isFromThisMachine({ host, origin: `http://${host}` })

/** Whether a request comes from a program or the viewer's page on this computer, which may do more than read. */
function isFromOwnPage({ headers, socket }: IncomingMessage): boolean {
  const { origin, host } = headers
  const isNear = /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '')
  return isNear && (origin === undefined || URL.parse(origin)?.host === host)
}

/**
 * Any page on the web could open a socket here. Only pages of this computer and programs, which send no origin, may. So may the page
 * served at the IP address of a `--host`. A host name does not count, since a stranger could point one here.
 */
function isFromThisMachine({ origin, host }: IncomingMessage['headers']): boolean {
  if (origin === undefined) return true
  const given = URL.parse(origin)
  const hostname = given?.hostname ?? ''
  const isServedHere = given?.host === host && isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
  return (
    isServedHere ||
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  )
}
