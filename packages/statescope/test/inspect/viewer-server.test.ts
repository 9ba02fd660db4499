import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createWebSocketInspector } from '@statelyai/inspect'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket as Socket } from 'ws'
import { createActor } from 'xstate'
import { createInspector } from '../../src/inspect/create-inspector.ts'
import { serveViewer, type ViewerServer } from '../../src/inspect/viewer-server.ts'
import { player } from '../statechart/machines.ts'

let server: ViewerServer
let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'statescope-viewer-'))
  writeFileSync(join(folder, 'index.html'), '<title>Inspector</title>')
  server = await serveViewer({ port: 0, page: pathToFileURL(`${folder}/`) })
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** A viewer, and what it was told. */
async function open(path = '/viewer', origin?: string) {
  const told: { type: string; event?: { type: string } }[] = []
  const socket = new Socket(server.socketUrl + path, origin === undefined ? {} : { origin })
  socket.on('message', (data) => told.push(JSON.parse(data.toString())))
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return { told, socket }
}
const sawMute = (told: { event?: { type: string } }[]) =>
  expect.poll(() => told.map(({ event }) => event?.type)).toContain('mute')

it('serves the page and nothing else, and lets it reach nothing else', async () => {
  const answer = await fetch(server.url)
  expect(await answer.text()).toBe('<title>Inspector</title>')
  expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*connect-src 'self'/)
  expect((await fetch(`${server.url}/../package.json`)).status).toBe(404)
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(404)
})

it('outlives an address that is none', async () => {
  expect((await fetch(`${server.url}//`)).status).toBe(404)
  await open('//')
  expect((await fetch(server.url)).status).toBe(200)
})

it('says so when its port is taken', async () => {
  const port = Number(new URL(server.url).port)
  const second = serveViewer({ port, page: pathToFileURL(`${folder}/`) })
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

it('passes on what an app sends, to a viewer that was there and to one that comes late', async () => {
  const early = await open()
  const inspector = createInspector({ to: server.socketUrl })
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  actor.send({ type: 'mute' })
  await sawMute(early.told)
  const late = await open()
  await expect.poll(() => late.told).toEqual(early.told)
  inspector.stop()
  actor.stop()
})

it("takes what Stately's own WebSocket inspector sends", async () => {
  const viewer = await open()
  const inspector = createWebSocketInspector({ url: server.socketUrl })
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  actor.send({ type: 'mute' })
  await sawMute(viewer.told)
  inspector.stop()
  actor.stop()
})

it('holds messages back while there is no viewer, and reconnects to one that was restarted', async () => {
  const port = Number(new URL(server.url).port)
  await server.close()
  const inspector = createInspector({ to: `ws://localhost:${port}` })
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  actor.send({ type: 'mute' })
  server = await serveViewer({ port, page: pathToFileURL(`${folder}/`) })
  const { told } = await open()
  await sawMute(told)
  inspector.stop()
  actor.stop()
})

it.each(['https://evil.example', 'http://localhost.evil.example', 'null'])(
  'lets no page of %s listen or speak',
  async (origin) => {
    await expect(open('/viewer', origin)).rejects.toThrow('401')
    await expect(open('/', origin)).rejects.toThrow('401')
  },
)

it.each(['http://localhost:5173', 'http://127.0.0.1:8080', 'http://[::1]', 'http://app.localhost'])(
  'lets a page of %s, on this machine',
  async (origin) => {
    await open('/viewer', origin)
  },
)

it('lets its own page in by the address of a --host', async () => {
  const port = Number(new URL(server.url).port)
  await open('/viewer', `http://127.0.0.1:${port}`)
  await server.close()
  server = await serveViewer({ port, hostname: '0.0.0.0', page: pathToFileURL(`${folder}/`) })
  await open('/viewer', server.url)
  await expect(open('/viewer', 'http://192.0.2.1:80')).rejects.toThrow('401')
})

it('keeps actors of several apps apart, though each counts its own from the first', async () => {
  const viewer = await open()
  const tell = async (path: string, name: string) => {
    const { socket } = await open(path)
    const ids = { rootId: 'x:0', id: null, createdAt: '1', _version: '' }
    const actor = { ...ids, type: '@xstate.actor', name, sessionId: 'x:1', parentId: 'x:0', snapshot: {} }
    const event = { ...ids, type: '@xstate.event', sessionId: 'x:1', sourceId: 'x:0', event: { type: name } }
    for (const message of [actor, event]) socket.send(JSON.stringify(message))
    await expect.poll(() => viewer.told.at(-1)?.event?.type).toBe(name)
    socket.close()
  }
  await tell('/?app=one', 'first')
  await tell('/?app=two', 'second')
  await tell('/', 'third')
  await tell('/?app=two', 'second again')
  expect(viewer.told.filter(({ type }) => type === '@xstate.event')).toMatchObject([
    { sessionId: 'one/x:1', sourceId: 'one/x:0' },
    { sessionId: 'two/x:1', sourceId: 'two/x:0' },
    { sessionId: expect.stringMatching(/^[-0-9a-f]{36}\/x:1$/) },
    { sessionId: 'two/x:1', sourceId: 'two/x:0' },
  ])
})

it('tells a restarted viewer which actors run, and in which states', async () => {
  const port = Number(new URL(server.url).port)
  const early = await open()
  const inspector = createInspector({ to: server.socketUrl })
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  actor.send({ type: 'mute' })
  await sawMute(early.told)
  await expect.poll(() => early.told.at(-1)?.type).toBe('@xstate.snapshot')
  await server.close()
  server = await serveViewer({ port, page: pathToFileURL(`${folder}/`) })
  const { told } = await open()
  await expect.poll(() => told).toMatchObject([{ name: 'player', snapshot: { value: { sound: 'off' } } }])
  inspector.stop()
  actor.stop()
})

it('outlives an app that sends nonsense', async () => {
  const { socket } = await open('/')
  const viewer = await open()
  for (const nonsense of ['{', 'null', '[]', '{"type":"@xstate.event"}', Buffer.from([1, 2, 3])]) {
    socket.send(nonsense)
  }
  socket.send('x'.repeat(17 * 1024 * 1024))
  await new Promise((resolve) => socket.once('close', resolve))
  expect((await fetch(server.url)).status).toBe(200)
  expect(viewer.told).toEqual([])
})

const MEBIBYTE = 1024 * 1024
const BOUND = 64 * MEBIBYTE
const actorOf = (sessionId: string, definition: string) =>
  JSON.stringify({ type: '@xstate.actor', name: 'a', sessionId, definition, snapshot: { status: 'active' } })
const eventOf = (type: string) => JSON.stringify({ type: '@xstate.event', sessionId: 'a', event: { type } })
const sent = (socket: Socket, text: string) => new Promise((resolve) => socket.send(text, resolve))
/** Whether all that an app sent so far was read: what comes back stands behind it. */
const isRead = (socket: Socket) =>
  new Promise((resolve) => {
    socket.once('pong', resolve)
    socket.ping()
  })

it('holds no more than its bound of the definitions that an app sends, and says how many were dropped', async () => {
  const late = await open('/viewer')
  late.socket.pause() // a viewer that reads nothing
  const { socket } = await open('/?app=one')
  for (let count = 0; count < 7; count++) {
    await sent(socket, actorOf(`a${count}`, ' '.repeat(15 * MEBIBYTE)))
    await isRead(socket)
    const { backlog, unsent, incoming } = server.held()
    expect(backlog).toBeLessThanOrEqual(BOUND)
    expect(unsent).toBeLessThanOrEqual(17 * MEBIBYTE)
    expect(incoming).toBeLessThanOrEqual(BOUND)
  }
  late.socket.resume()
  await sent(socket, eventOf('last'))
  await expect.poll(() => late.told.at(-1)?.event?.type).toBe('last')
  const count = late.told.reduce((total, told) => total + ('count' in told ? Number(told.count) : 1), 0)
  expect(count).toBe(8)
  expect(late.told.some(({ type }) => type === '@statescope.dropped')).toBe(true)
})

it('goes on for viewers that read, while others do not', async () => {
  const stuck = await Promise.all(Array.from({ length: 8 }, () => open('/viewer')))
  for (const { socket } of stuck) socket.pause()
  const viewer = await open('/viewer')
  const { socket } = await open('/')
  for (let count = 0; count < 6; count++) {
    await sent(socket, eventOf(`${count} `.padEnd(15 * MEBIBYTE)))
    await isRead(socket)
    expect(server.held().unsent).toBeLessThanOrEqual(BOUND)
  }
  await sent(socket, eventOf('last'))
  await expect.poll(() => viewer.told.at(-1)?.event?.type).toBe('last')
  for (const { socket } of stuck) socket.terminate()
})

it('sends a viewer that comes late no more at once than it reads', async () => {
  const { socket } = await open('/')
  for (let count = 0; count < 60; count++) socket.send(eventOf(`${count} `.padEnd(100_000)))
  await isRead(socket)
  const slow = new Socket(`${server.socketUrl}/viewer`)
  slow.once('upgrade', () => slow.pause())
  await new Promise((resolve) => slow.once('open', resolve))
  expect(server.held().unsent).toBeLessThan(2 * MEBIBYTE)
  let told = 0
  slow.on('message', () => told++)
  slow.resume()
  await expect.poll(() => told).toBe(60)
})

it('holds no more than its bound of messages that never arrive whole', async () => {
  const sockets = await Promise.all(Array.from({ length: 12 }, () => open('/')))
  const closed = new Set<Socket>()
  for (const { socket } of sockets) {
    socket.on('close', () => closed.add(socket)).on('error', () => {})
    socket.send('x'.repeat(12 * MEBIBYTE), { fin: false })
  }
  await expect.poll(() => closed.size).toBeGreaterThanOrEqual(7)
  expect(server.held().incoming).toBeLessThanOrEqual(BOUND)
  expect((await fetch(server.url)).status).toBe(200)
})

it('lets in 100 apps and 10 viewers, and another one when one has gone', async () => {
  const apps = await Promise.all(Array.from({ length: 100 }, () => open('/')))
  await expect(open('/')).rejects.toThrow('503')
  await Promise.all(Array.from({ length: 10 }, () => open('/viewer')))
  await expect(open('/viewer')).rejects.toThrow('503')
  apps[0]?.socket.terminate()
  await expect
    .poll(() =>
      open('/').then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
})

it('keeps of 12,000 actors the last', async () => {
  const { socket } = await open('/?app=one')
  for (let count = 0; count < 12_000; count++) socket.send(actorOf(`a${count}`, '{}'))
  await isRead(socket)
  const { told } = await open('/viewer')
  await expect.poll(() => told.at(-1)).toMatchObject({ sessionId: 'one/a11999' })
  expect(told.length).toBe(11_000)
  expect(server.held().backlog).toBeLessThan(20 * MEBIBYTE)
})

it('outlives an app that nests too deep, while somebody looks on', async () => {
  const viewer = await open('/viewer')
  const { socket } = await open('/')
  const nested = '['.repeat(1_000_000) + ']'.repeat(1_000_000)
  socket.send(`{"type":"@xstate.event","sessionId":"a","event":{"type":"deep","nested":${nested}}}`)
  socket.send(eventOf('next'))
  await expect
    .poll(() => viewer.told)
    .toMatchObject([{ type: '@statescope.dropped', count: 1 }, { event: { type: 'next' } }])
})

it('goes on after the message that a viewer heard last, and begins at the beginning for an unknown one', async () => {
  const { socket } = await open('/')
  for (const type of ['one', 'two', 'three']) socket.send(eventOf(type))
  await isRead(socket)
  const first = await open('/viewer')
  const typesIn = ({ told }: typeof first) => told.map(({ event }) => event?.type)
  await expect.poll(() => typesIn(first)).toEqual(['one', 'two', 'three'])
  const [{ id = '' } = {}] = first.told as { id?: string }[]
  const after = async (text: string) => open(`/viewer?after=${encodeURIComponent(text)}`)
  const going = await after(id)
  await expect.poll(() => typesIn(going)).toEqual(['two', 'three'])
  for (const unknown of [
    'other:0',
    id.replace(/:.*/, ':99'),
    id.replace(/:.*/, ':-1'),
    id.replace(/:.*/, ':x'),
  ]) {
    const beginning = await after(unknown)
    await expect.poll(() => typesIn(beginning)).toEqual(['one', 'two', 'three'])
  }
})
