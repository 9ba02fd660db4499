import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { extname } from 'node:path'
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { type WebSocket, WebSocketServer } from 'ws'
import { Backlog } from './backlog.ts'
import { isMessage } from './message.ts'

export interface ViewerServer {
  /** Where the viewer's page is. */
  url: string
  /** Where apps send their messages. */
  socketUrl: string
  close(): Promise<void>
}

/** The page, as it was built. */
const PAGE = new URL('../../inspect-page/', import.meta.url)
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}
/** The page can reach nothing but this server. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; worker-src 'self' blob:"
const LARGEST_MESSAGE = 16 * 1024 * 1024

/** Serves the viewer and passes on what apps send to it, on the loopback address alone unless told otherwise. */
export async function serveViewer(options: {
  port: number
  hostname?: string
  /** The folder with the page. @default ours, as it was built */
  page?: URL
}): Promise<ViewerServer> {
  const { port, hostname = '127.0.0.1', page = PAGE } = options
  const files = await filesIn(page)
  const backlog = new Backlog()
  const viewers = new Set<WebSocket>()
  const run = randomUUID()
  let count = 0

  const server = createServer((request, response) => {
    const { pathname = '' } = partsOf(request) ?? {}
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
    verifyClient: ({ req }: { req: IncomingMessage }) => isFromThisMachine(req.headers),
  })
  sockets.on('error', () => {}) // the server's own, such as a port that is taken: told below
  sockets.on('connection', (socket, request) => {
    const { pathname, searchParams } = partsOf(request) ?? {}
    socket.on('error', () => socket.close())
    if (pathname === '/viewer') {
      viewers.add(socket)
      socket.on('close', () => viewers.delete(socket))
      for (const message of backlog.after(searchParams?.get('after') ?? null))
        socket.send(JSON.stringify(message))
      return
    }
    const app = searchParams?.get('app') ?? randomUUID()
    socket.on('message', (data, isBinary) => {
      const message = isBinary ? null : read(data.toString())
      if (!message) return
      const told = { ...ofApp(app, message), id: `${run}:${count++}` }
      backlog.add(told)
      if (viewers.size === 0) return
      const text = JSON.stringify(told)
      for (const viewer of viewers) viewer.send(text)
    })
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, hostname, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  const host = hostname === '127.0.0.1' ? 'localhost' : hostname.includes(':') ? `[${hostname}]` : hostname
  return {
    url: `http://${host}:${bound}`,
    socketUrl: `ws://${host}:${bound}`,
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

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

/** What is no message of the protocol is not passed on. */
function read(text: string): StatelyInspectionEvent | null {
  try {
    const message: unknown = JSON.parse(text)
    return isMessage(message) ? message : null
  } catch {
    return null
  }
}

/** Every process counts its actors from `x:0`, so that the name of its app has to stand before them. */
function ofApp(app: string, message: StatelyInspectionEvent): StatelyInspectionEvent {
  const own = (id: string) => `${app.replaceAll('/', '-')}/${id}`
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

/**
 * Any page on the web could open a socket here; only those of this machine, and programs, which name no origin, may. So may
 * the page that is served here by the address of a `--host`: no name, which a stranger could point here, stands for that.
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
