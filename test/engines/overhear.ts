import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Overheard {
  origin: string
  close(): void
}

const SCRIPT = '/overheard-by-the-test.js'
/** An event for a page that is about to be left: an engine may end what is being loaded before it hides the page. */
export const LEAVING = 'left-by-the-test'

/**
 * A server in front of another one. To each page it adds a script that tells what the page complains of, for an engine whose
 * driver does not.
 */
export async function overhear(origin: string, tell: (complaint: string) => void): Promise<Overheard> {
  const behind = new URL(origin)
  const sockets = new Set<Socket>()
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === SCRIPT && incoming.method === 'POST') {
      const parts: Buffer[] = []
      incoming.on('data', (part) => parts.push(part))
      incoming.on('end', () => {
        tell(Buffer.concat(parts).toString())
        outgoing.writeHead(204).end()
      })
    } else if (incoming.url === SCRIPT) {
      outgoing.writeHead(200, { 'content-type': 'text/javascript' })
      outgoing.end(`(${listen})(${JSON.stringify(SCRIPT)}, ${JSON.stringify(LEAVING)})`)
    } else {
      const { method, url: path, headers } = incoming
      const asked = request(
        {
          host: behind.hostname,
          port: behind.port,
          method,
          path,
          headers: { ...headers, 'accept-encoding': '' },
          agent: false, // a kept connection may be closed at the moment at which it is used again
        },
        (answer) => {
          const { 'content-length': _, ...rest } = answer.headers
          const isPage = rest['content-type']?.startsWith('text/html') ?? false
          outgoing.writeHead(answer.statusCode ?? 502, isPage ? rest : answer.headers)
          if (!isPage) {
            answer.pipe(outgoing)
            return
          }
          const parts: Buffer[] = []
          answer.on('data', (part) => parts.push(part))
          answer.on('end', () => {
            const script = `<script src="${SCRIPT}"></script>`
            outgoing.end(
              Buffer.concat(parts)
                .toString()
                .replace(/<meta|<title/, `${script}$&`),
            )
          })
        },
      )
      asked.on('error', () => outgoing.destroy())
      incoming.pipe(asked)
    }
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  // A socket of the page's goes through as it is.
  server.on('upgrade', ({ method, url: path, headers }, socket, head) => {
    const asked = request({ host: behind.hostname, port: behind.port, method, path, headers }).end()
    asked.on('upgrade', (answer, other, otherHead) => {
      const lines = answer.rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [`${name}: ${answer.rawHeaders[at + 1]}`] : [],
      )
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
      socket.write(otherHead)
      other.write(head)
      socket.pipe(other).pipe(socket)
      for (const [one, another] of [[socket, other] as const, [other, socket] as const]) {
        one.on('error', () => another.destroy())
        one.on('close', () => another.destroy())
      }
    })
    asked.on('error', () => socket.destroy())
    asked.on('response', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Runs in the page, before its own scripts. */
function listen(to: string, leaving: string) {
  let isLeft = false
  for (const end of ['pagehide', leaving])
    addEventListener(end, () => {
      isLeft = true // what is still being loaded fails then
    })
  const tell = (complaint: string) => isLeft || navigator.sendBeacon(to, complaint)
  const { error } = console
  console.error = (...given: unknown[]) => {
    tell(given.map(String).join(' '))
    error.apply(console, given)
  }
  addEventListener('error', ({ message }) => message && tell(message))
  addEventListener('unhandledrejection', ({ reason }) => tell(String(reason)))
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
    tell(`refused by ${effectiveDirective}: ${blockedURI}`),
  )
}
