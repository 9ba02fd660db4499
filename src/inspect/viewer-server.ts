import { readdir, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { type WebSocket, WebSocketServer } from 'ws'

export interface ViewerServer {
  /** Where the viewer's page is. */
  url: string
  /** Where apps send their messages. */
  socketUrl: string
  close(): Promise<void>
}

/** The page, as it was built. */
const PAGE = new URL('../../inspect-page/', import.meta.url)
/** Messages that are kept for a viewer that is opened late. */
const KEPT = 10_000
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}
/** The page can reach nothing but this server. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; worker-src 'self' blob:"
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
  const kept: string[] = []
  const viewers = new Set<WebSocket>()

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://viewer')
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
    verifyClient: ({ req }: { req: IncomingMessage }) => isFromThisMachine(req.headers.origin),
  })
  sockets.on('connection', (socket, { url }) => {
    socket.on('error', () => socket.close())
    if (url === '/viewer') {
      viewers.add(socket)
      socket.on('close', () => viewers.delete(socket))
      for (const text of kept) socket.send(text)
      return
    }
    socket.on('message', (data, isBinary) => {
      if (isBinary) return
      const text = data.toString()
      kept.push(text)
      if (kept.length > KEPT) kept.shift()
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

/** Any page on the web could open a socket here; only those of this machine, and programs, which name no origin, may. */
function isFromThisMachine(origin: string | undefined): boolean {
  if (origin === undefined) return true
  const hostname = URL.parse(origin)?.hostname ?? ''
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  )
}
