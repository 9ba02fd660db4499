/** What a client on a real socket cannot do to a listening server: keep it busy, confuse it, or end it. */
import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import express from 'express'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readText } from '../../../src/contract/wire/read-text.ts'
import { DEFAULT_LIMITS, limitConnections, namesOneHost } from '../../../src/server/node/connection-limits.ts'
import { type ConnectionLimits, listen, toNodeHandler } from '../../../src/server/node/index.ts'
import { rawRequest, statusOf } from '../../support/raw-request.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Longer than any test: a limit that is not the one of the test cuts nothing in its place. */
const NEVER = 600_000
const UNLIMITED = { headersMs: NEVER, requestMs: NEVER, answerMs: NEVER, idleMs: NEVER, refusedBodyMs: NEVER }

/** Answers a body that is over 10 characters with 413 before it has come in whole, and any other with itself. */
async function echo(request: Request): Promise<Response> {
  if (new URL(request.url).pathname === '/large') return new Response(new Uint8Array(16_000_000))
  return readText(request, 10, 'too_large').then(
    (text) => new Response(text),
    () => new Response('too large', { status: 413 }),
  )
}

async function listening(limits: Partial<ConnectionLimits> = {}, fetch = echo): Promise<string> {
  const server = await listen({ fetch, port: 0, limits: { ...UNLIMITED, ...limits } })
  closing.push(() => {
    server.cut()
    return server.close()
  })
  return server.url
}

/** A connection that has sent some bytes; `said` is what came back. */
function open(origin: string, text = ''): { socket: Socket; said: () => string; closed: Promise<unknown> } {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1').on('error', () => {})
  let said = ''
  socket.on('data', (chunk) => {
    said += chunk
  })
  if (text) socket.write(text)
  closing.push(() => socket.destroy())
  return { socket, said: () => said, closed: new Promise((resolve) => socket.once('close', resolve)) }
}

const UNFINISHED = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n'
const REFUSED = `${UNFINISHED}more than ten characters`

/** Asked until it answers: the short limits of a test may cut a slow machine's own request too. */
const answersAgain = (origin: string) =>
  expect
    .poll(() =>
      fetch(origin).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200)

it.each<[string, Partial<ConnectionLimits>, string]>([
  ['sends nothing', { headersMs: 50 }, ''],
  ['does not finish its headers', { headersMs: 50 }, 'GET / HTTP/1.1\r\nhost: x\r\nx-slow: '],
  ['does not finish its request line', { headersMs: 50 }, 'GET /'],
  ['does not finish its body', { requestMs: 50, headersMs: 50 }, `${UNFINISHED}a`],
  [
    'does not finish a chunked body',
    { requestMs: 50, headersMs: 50 },
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab',
  ],
  ['does not go on with a refused body', { refusedBodyMs: 50 }, REFUSED],
  ['sends nothing after its answer', { idleMs: 50 }, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
])('a connection is cut in time when the client %s', async (_, limits, text) => {
  const origin = await listening(limits)
  await open(origin, text).closed
  await answersAgain(origin)
})

it('a connection is cut in time when the client keeps sending a refused body, fast or slowly, after it could read the answer', async () => {
  const origin = await listening({ refusedBodyMs: 50 })
  const fast = open(origin, REFUSED)
  const send = () => fast.socket.write('x'.repeat(1000), () => setImmediate(send))
  send()
  const slow = open(origin, REFUSED)
  const dripping = setInterval(() => slow.socket.write('x'), 10)
  await Promise.all([fast.closed, slow.closed])
  clearInterval(dripping)
  expect([statusOf(fast.said()), statusOf(slow.said())]).toEqual([413, 413])
})

it.each(['headers', 'body'])(
  'a connection is cut in time when the client sends its %s byte by byte',
  async (part) => {
    const origin = await listening({ requestMs: 100, headersMs: 100 }, (request) =>
      request.text().then(
        (text) => new Response(text),
        () => new Response(null, { status: 400 }),
      ),
    )
    const { socket, closed } = open(origin, part === 'body' ? UNFINISHED : 'GET / HTTP/1.1\r\nhost: x\r\n')
    const dripping = setInterval(() => socket.write(part === 'body' ? 'a' : 'x-a: b\r\n'), 5)
    await closed
    clearInterval(dripping)
    await answersAgain(origin)
  },
)

it('a connection is cut in time when the client does not read its answers', async () => {
  const origin = await listening({ answerMs: 50 })
  const { socket, closed } = open(origin, 'GET /large HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3))
  socket.pause()
  // A connection that nobody reads does not tell that it was closed: writing to it does.
  const asking = setInterval(() => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'), 20)
  await closed
  clearInterval(asking)
  await answersAgain(origin)
})

it('a connection is not cut while an answer takes long, or comes in parts that the client reads', async () => {
  const late = Promise.withResolvers<Response>()
  const limits = { answerMs: 1000, requestMs: 1000, headersMs: 1000 }
  const origin = await listening(limits, async (request) =>
    request.url.endsWith('/late') ? late.promise : new Response(endless()),
  )
  const waiting = fetch(`${origin}/late`)
  const reader = (await fetch(origin)).body?.getReader()
  const began = performance.now()
  while (performance.now() - began < 2500) expect((await reader?.read())?.done).toBe(false)
  await reader?.cancel()
  late.resolve(new Response('late'))
  expect(await (await waiting).text()).toBe('late')
})
const endless = () =>
  new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000_000)) })

it('a connection idles for as long as the host says, which its answers tell the client', async () => {
  const { headers } = await fetch(await listening({ idleMs: 7000 }))
  expect(headers.get('keep-alive')).toMatch(/^timeout=7\b/)
})

it('closing waits for the answer in progress, but not for the client to close its connection', async () => {
  const { promise, resolve } = Promise.withResolvers<Response>()
  const asked = vi.fn(() => promise)
  const server = await listen({ fetch: asked, port: 0, limits: UNLIMITED })
  closing.push(() => server.cut())
  const client = open(server.url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => asked.mock.calls).toHaveLength(1)
  const closed = vi.fn()
  const done = server.close().then(closed)
  resolve(new Response('done'))
  await expect.poll(() => closed.mock.calls, { timeout: 10_000 }).toHaveLength(1)
  await done
  expect(client.said()).toContain('done')
})

it('a refused body is cut in a plain server and in Express too, and the answer before it is read', async () => {
  const plain = createServer(toNodeHandler(echo))
  const app = createServer(express().all('/', toNodeHandler(echo)))
  for (const server of [plain, app]) {
    server.requestTimeout = 0
    const { said, closed } = open(await originOf(server), REFUSED)
    await closed
    expect(statusOf(said())).toBe(413)
  }
})
async function originOf(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it('a rejected body that ends keeps the connection for the next requests', async () => {
  const origin = await listening({ refusedBodyMs: 1000 })
  const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 40\r\n\r\n'
  const { socket, said } = open(origin, `${head}more than ten characters`)
  await expect.poll(said).toContain('413')
  socket.write('and sixteen more')
  const began = performance.now()
  for (let answers = 1; performance.now() - began < 2000; answers++) {
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nok')
    await expect.poll(() => said().split('\r\nok\r\n')).toHaveLength(answers + 1)
  }
})

it('a complete request keeps its connection, however short the time for rejected bodies is', async () => {
  const origin = await listening({ refusedBodyMs: 0 })
  const { socket, said } = open(origin)
  for (const answers of [1, 2, 3]) {
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nok')
    await expect.poll(() => said().split('\r\nok\r\n')).toHaveLength(answers + 1)
  }
})

it('connections are limited in number: more are closed, and one that ends makes room', async () => {
  const origin = await listening({ connections: 3 })
  const kept = Array.from({ length: 3 }, () => open(origin, `GET / HTTP/1.1\r\nhost: x\r\n\r\n${UNFINISHED}`))
  await expect.poll(() => kept.map(({ said }) => statusOf(said()))).toEqual([200, 200, 200])
  const further = open(origin, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await further.closed
  expect(further.said()).toBe('')
  kept[0]?.socket.destroy()
  await expect
    .poll(() =>
      rawRequest(origin, 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n').then(statusOf, () => 0),
    )
    .toBe(200)
})

it('requests on one connection are limited in number, however fast they are sent', async () => {
  let count = 0
  const origin = await listening({ requestsPerConnection: 5 }, async () => {
    count++
    return new Response('')
  })
  const { said, closed } = open(origin, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(100))
  await closed
  expect(count).toBe(5)
  expect(said().match(/HTTP\/1\.1 200/g)).toHaveLength(5)
})

describe('the watch over connections', () => {
  /** A connection whose buffer is full. */
  class FullSocket extends EventEmitter {
    looks = 0
    isDestroyed = false
    get writableLength() {
      this.looks++
      return 1
    }
    destroy() {
      this.isDestroyed = true
    }
  }
  const watched = () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    closing.push(() => vi.useRealTimers())
    const http = createServer()
    limitConnections(http, { ...DEFAULT_LIMITS, answerMs: 3000 })
    const socket = new FullSocket()
    http.emit('connection', socket)
    return { http, socket }
  }

  it('a closed connection is no longer watched', () => {
    const { socket } = watched()
    vi.advanceTimersByTime(1000)
    expect(socket.looks).toBe(1)
    socket.emit('close')
    vi.advanceTimersByTime(10_000)
    expect(socket.looks).toBe(1)
    expect(socket.isDestroyed).toBe(false)
  })

  it('a connection that reads nothing for too long is cut, but not one that reads its answer slowly', () => {
    const { http, socket } = watched()
    const slow = new FullSocket()
    http.emit('connection', slow)
    for (let second = 0; second < 10; second++) {
      vi.advanceTimersByTime(1000)
      slow.emit('drain')
    }
    expect([socket.isDestroyed, slow.isDestroyed]).toEqual([true, false])
  })

  it('closing the server stops the watch over its connections', () => {
    const { http } = watched()
    expect(vi.getTimerCount()).toBe(1)
    http.emit('close')
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('an idle connection makes room when most of the allowed ones are open, and busy ones stay', async () => {
  const origin = await listening({ connections: 10 })
  const idle = open(origin, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => statusOf(idle.said())).toBe(200)
  const busy = Array.from({ length: 8 }, () => open(origin, UNFINISHED))
  await Promise.all(busy.map(({ socket }) => once(socket, 'connect')))
  expect(idle.socket.destroyed).toBe(false)
  open(origin)
  await idle.closed
  expect(busy.filter(({ socket }) => socket.destroyed)).toEqual([])
})

it('a server that drains answers, and closes each connection after its answer', async () => {
  const server = await listen({ fetch: echo, port: 0, limits: UNLIMITED })
  closing.push(() => server.close())
  const kept = open(server.url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => statusOf(kept.said())).toBe(200)
  server.drain()
  kept.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  await kept.closed
  expect(kept.said().match(/^HTTP\/1\.1 200/gm)).toHaveLength(2)
  expect(kept.said().toLowerCase()).toContain('connection: close')
  expect((await fetch(server.url)).headers.get('connection')).toBe('close')
})

it('the connection limits are the documented ones', async () => {
  expect(DEFAULT_LIMITS).toEqual({
    connections: 2000,
    requestsPerConnection: 1000,
    headersMs: 10_000,
    requestMs: 20_000,
    answerMs: 120_000,
    idleMs: 75_000,
    refusedBodyMs: 1000,
  })
})

const REFUSED_OUTRIGHT: [string, string][] = [
  ['two Host headers', 'GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n'],
  ['the same Host header twice', 'GET / HTTP/1.1\r\nhost: x\r\nHost: x\r\n\r\n'],
  ['two Host headers in HTTP/1.0', 'GET / HTTP/1.0\r\nhost: x\r\nhost: y\r\n\r\n'],
  ['two hosts in one header', 'GET / HTTP/1.1\r\nhost: x, y\r\n\r\n'],
  ['no Host header', 'GET / HTTP/1.1\r\nx: y\r\n\r\n'],
  ['an empty Host header', 'GET / HTTP/1.1\r\nhost:\r\n\r\n'],
  ['a host with a path', 'GET / HTTP/1.1\r\nhost: x/y\r\n\r\n'],
  ['a host with a user', 'GET / HTTP/1.1\r\nhost: a@b\r\n\r\n'],
  ['a host with a space', 'GET / HTTP/1.1\r\nhost: a b\r\n\r\n'],
  ['a host with a port that is none', 'GET / HTTP/1.1\r\nhost: x:99999\r\n\r\n'],
  ['a host with brackets around nothing', 'GET / HTTP/1.1\r\nhost: [x]\r\n\r\n'],
  ['a host in other letters', 'GET / HTTP/1.1\r\nhost: ex\u00e4mple\r\n\r\n'],
  [
    'a length and chunks',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'chunks and a length',
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n',
  ],
  ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  ['two lengths in one header', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1, 2\r\n\r\nab'],
  ['a length below zero', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n'],
  ['a length with a sign', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +1\r\n\r\na'],
  ['a length in hexadecimal', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0x1\r\n\r\na'],
  [
    'an encoding that is not chunked',
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n',
  ],
  ['an encoding in disguise', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['a space before the colon', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n'],
  [
    'a chunk size with a sign',
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n',
  ],
  ['a header on two lines', 'GET / HTTP/1.1\r\nhost: x\r\nx-folded: a\r\n b\r\n\r\n'],
  ['a first header that is folded', 'GET / HTTP/1.1\r\n host: x\r\n\r\n'],
  ['a bare CR in a header', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: b\rc: d\r\n\r\n'],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: b\0c\r\n\r\n'],
  ['headers of 64 kB', `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(65_536)}\r\n\r\n`],
  ['5,000 headers', `GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(5000)}\r\n`],
  ['an address of 64 kB', `GET /${'a'.repeat(65_536)} HTTP/1.1\r\nhost: x\r\n\r\n`],
  ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443\r\n\r\n'],
  ['a method that is none', 'EVIL / HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['HTTP/2 without being asked', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/3', 'GET / HTTP/3.0\r\nhost: x\r\n\r\n'],
  ['a TLS greeting', '\x16\x03\x01\x00\xf1\x01\x00\x00\xed\x03\x03'],
  ['no HTTP at all', '\r\n\r\nhello\r\n\r\n'],
]
it('HTTP/2, which names its host elsewhere, needs no Host header', () => {
  const request = { rawHeaders: [':authority', 'x'], httpVersionMajor: 2, httpVersionMinor: 0 }
  expect(namesOneHost(request)).toBe(true)
})

it.each(REFUSED_OUTRIGHT)(
  'a request with %s is refused and its connection closed; the next one is answered',
  async (_, text) => {
    const origin = await listening({}, async () => new Response('', { status: 200 }))
    const smuggled = 'GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n'
    const answer = await rawRequest(origin, text + smuggled).catch(() => '')
    expect(answer.match(/HTTP\/1\.1 [123]/g)).toBeNull()
    expect(answer.match(/HTTP\/1\.1 /g)?.length ?? 0).toBeLessThanOrEqual(1)
    expect((await fetch(origin)).status).toBe(200)
  },
)

it('a request for an upgrade is answered as if it asked for none, and the next one is answered', async () => {
  const origin = await listening({ idleMs: 50 })
  const upgrade =
    'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: a\r\n\r\n'
  expect(statusOf(await rawRequest(origin, upgrade))).not.toBe(101)
  expect((await fetch(origin)).status).toBe(200)
})

it('a request with an unknown expectation is refused, and one with 100-continue is answered', async () => {
  const origin = await listening()
  const ask = (expected: string) =>
    rawRequest(
      origin,
      `POST / HTTP/1.1\r\nhost: x\r\nexpect: ${expected}\r\nconnection: close\r\ncontent-length: 1\r\n\r\na`,
    )
  expect(statusOf(await ask('the-worst'))).toBe(417)
  expect(await ask('100-continue')).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
})

it('a request with two Host headers is refused with a code wherever the handler is mounted', async () => {
  const text = 'GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n'
  const mounted = await originOf(createServer(toNodeHandler(echo)))
  for (const origin of [await listening(), mounted]) {
    const answer = await rawRequest(origin, text)
    expect(statusOf(answer)).toBe(400)
    expect(answer).toContain('"code":"bad_request"')
  }
})

it('a request without a Host header is answered in HTTP/1.0, and with any valid one in HTTP/1.1', async () => {
  const origin = await listening()
  const ask = async (head: string) =>
    statusOf(await rawRequest(origin, `${head}\r\nconnection: close\r\n\r\n`))
  expect(await ask('GET / HTTP/1.0')).toBe(200)
  for (const host of ['localhost', 'X.example:4380', '[::1]:80', 'a_b.example', '127.0.0.1', 'example.com.'])
    expect([host, await ask(`GET / HTTP/1.1\r\nhost: ${host}`)]).toEqual([host, 200])
})
