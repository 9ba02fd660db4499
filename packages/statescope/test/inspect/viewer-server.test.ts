import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
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

it('the server keeps running after a malformed address', async () => {
  expect((await fetch(`${server.url}//`)).status).toBe(404)
  await open('//')
  expect((await fetch(server.url)).status).toBe(200)
})

it('the server reports a port that is taken', async () => {
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
  'no page of %s may read or send',
  async (origin) => {
    await expect(open('/viewer', origin)).rejects.toThrow('401')
    await expect(open('/', origin)).rejects.toThrow('401')
  },
)

it.each(['http://localhost:5173', 'http://127.0.0.1:8080', 'http://[::1]', 'http://app.localhost'])(
  'a page of %s on this computer may connect',
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

it('the server keeps running when an app sends invalid data', async () => {
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

it('the server keeps serving viewers that read while others do not', async () => {
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

it('the server sends a late viewer no more at once than it reads', async () => {
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

it('the server keeps the last of 12,000 actors', async () => {
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

const typesOf = ({ told }: { told: { type: string }[] }) => told.map(({ type }) => type)

it('says when the app of actors has left, to viewers that are there and to those that come late', async () => {
  const early = await open('/viewer')
  const { socket } = await open('/?app=one')
  socket.send(actorOf('a', '{}'))
  await isRead(socket)
  socket.close()
  await expect.poll(() => typesOf(early)).toEqual(['@xstate.actor', '@statescope.gone'])
  expect(early.told.at(-1)).toMatchObject({ sessionId: 'one/' })
  const late = await open('/viewer')
  await expect.poll(() => late.told).toEqual(early.told)
})

it('an app with two sockets has left when both are closed', async () => {
  const viewer = await open('/viewer')
  const [first, second] = await Promise.all([open('/?app=one'), open('/?app=one')])
  first.socket.send(actorOf('a', '{}'))
  await expect.poll(() => typesOf(viewer)).toEqual(['@xstate.actor'])
  first.socket.close()
  second.socket.send(eventOf('still'))
  await expect.poll(() => typesOf(viewer).at(-1)).toBe('@xstate.event')
  second.socket.close()
  await expect.poll(() => typesOf(viewer).at(-1)).toBe('@statescope.gone')
})

it('clears every viewer and all that it holds, but for the actors that run', async () => {
  const viewers = await Promise.all([open('/viewer'), open('/viewer')])
  const { socket } = await open('/?app=one')
  const left = await open('/?app=two')
  left.socket.send(actorOf('gone', '{}'))
  await isRead(left.socket)
  left.socket.close()
  for (const id of ['runs', 'ended']) socket.send(actorOf(id, '{}'))
  const ended = {
    type: '@xstate.snapshot',
    sessionId: 'ended',
    event: { type: 'go' },
    snapshot: { status: 'done' },
  }
  for (const message of [JSON.stringify(ended), eventOf('one')]) socket.send(message)
  await isRead(socket)
  for (const viewer of viewers) await expect.poll(() => viewer.told.length).toBe(6)
  viewers[0]?.socket.send('{"type":"@statescope.clear"}')
  for (const viewer of viewers)
    await expect
      .poll(() => viewer.told.slice(6))
      .toMatchObject([{ type: '@statescope.cleared' }, { type: '@xstate.actor', sessionId: 'one/runs' }])
  const late = await open('/viewer')
  await expect.poll(() => late.told).toMatchObject([{ sessionId: 'one/runs' }])
  socket.send(eventOf('next'))
  for (const viewer of [...viewers, late])
    await expect.poll(() => viewer.told.at(-1)).toMatchObject({ type: '@xstate.event' })
  expect(viewers.flatMap(typesOf)).not.toContain('@statescope.dropped')
})

it('a viewer that was away while another one cleared forgets, too, when it is back', async () => {
  const { socket } = await open('/?app=one')
  for (const type of ['one', 'two']) socket.send(eventOf(type))
  await isRead(socket)
  const viewer = await open('/viewer')
  await expect.poll(() => viewer.told.length).toBe(2)
  const id = encodeURIComponent((viewer.told[1] as unknown as { id: string }).id)
  const other = await open('/viewer')
  other.socket.send('{"type":"@statescope.clear"}')
  await expect.poll(() => typesOf(other).at(-1)).toBe('@statescope.cleared')
  socket.send(eventOf('three'))
  await isRead(socket)
  const back = await open(`/viewer?after=${id}`)
  await expect.poll(() => typesOf(back)).toEqual(['@statescope.cleared', '@xstate.event'])
})

/** A player whose app lets a viewer send events, and the id under which a viewer knows it. */
async function openPlayer(allowEvents: boolean) {
  const inspector = createInspector({ to: server.socketUrl, allowEvents })
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  const viewer = await open('/viewer')
  const own = () =>
    viewer.told.findLast(
      (told) => 'sessionId' in told && String(told.sessionId).endsWith(`/${actor.sessionId}`),
    )
  await expect.poll(own).toBeDefined()
  const { sessionId } = own() as unknown as { sessionId: string }
  const isOwnActor = (told: object) => 'name' in told && 'sessionId' in told && told.sessionId === sessionId
  await expect.poll(() => viewer.told.some(isOwnActor)).toBe(true)
  const { takesEvents } = viewer.told.find(isOwnActor) as { takesEvents?: boolean }
  return { inspector, actor, viewer, sessionId, takesEvents }
}
const sendMessage = (sessionId: string, event: unknown, id = '1') =>
  JSON.stringify({ type: '@statescope.send', id, sessionId, event })
/** What became of an event that a viewer sent. */
async function problemOf({ told, socket }: Awaited<ReturnType<typeof open>>, text: string) {
  const before = told.length
  socket.send(text)
  const answer = () => told.slice(before).find(({ type }) => type === '@statescope.answer')
  await expect.poll(answer).toBeDefined()
  return (answer() as unknown as { problem: string | null }).problem
}

it('gives an actor the event that a viewer sends it, and says so', async () => {
  const { inspector, actor, viewer, sessionId, takesEvents } = await openPlayer(true)
  expect(takesEvents).toBe(true)
  expect(await problemOf(viewer, sendMessage(sessionId, { type: 'mute' }))).toBeNull()
  expect(actor.getSnapshot().value).toMatchObject({ sound: 'off' })
  await sawMute(viewer.told)
  inspector.stop()
})

it.each([
  ['no object', 'mute', null],
  ['no type', {}, null],
  ['a type of XState', { type: 'xstate.stop' }, 'XState sends events of this type by itself.'],
  ['too much', { type: 'mute', filling: 'x'.repeat(300_000) }, 'The event is larger than 256 KB.'],
  [
    'too deep',
    { type: 'mute', deep: JSON.parse('['.repeat(200) + ']'.repeat(200)) },
    'The event nests too deep.',
  ],
])('gives no actor an event that is %s', async (_what, event, problem) => {
  const { inspector, actor, viewer, sessionId } = await openPlayer(true)
  const before = actor.getSnapshot()
  if (problem === null) viewer.socket.send(sendMessage(sessionId, event))
  else expect(await problemOf(viewer, sendMessage(sessionId, event))).toBe(problem)
  expect(await problemOf(viewer, sendMessage('unknown/x:0', { type: 'mute' }))).toMatch(/no longer connected/)
  expect(actor.getSnapshot()).toBe(before)
  inspector.stop()
})

it('gives no event to an app that does not allow it, to an actor that has ended, or to one that is not its own', async () => {
  const deaf = await openPlayer(false)
  expect(deaf.takesEvents).toBeUndefined()
  deaf.viewer.socket.send(sendMessage(deaf.sessionId, { type: 'mute' }))
  const open1 = await openPlayer(true)
  const { sessionId, viewer, actor } = open1
  const own = sessionId.slice(sessionId.indexOf('/') + 1)
  const deafs = `${deaf.sessionId.split('/')[0]}/${own}`
  viewer.socket.send(sendMessage(deafs, { type: 'mute' }))
  expect(await problemOf(viewer, sendMessage(`${sessionId.split('/')[0]}/x:999`, { type: 'mute' }))).toMatch(
    /come to its end/,
  )
  actor.stop()
  expect(await problemOf(viewer, sendMessage(sessionId, { type: 'mute' }))).toMatch(/come to its end/)
  expect(deaf.actor.getSnapshot().value).toMatchObject({ sound: 'on' })
  deaf.inspector.stop()
  open1.inspector.stop()
  await expect.poll(() => viewer.told.filter(({ type }) => type === '@statescope.gone').length).toBe(2)
  expect(await problemOf(viewer, sendMessage(sessionId, { type: 'mute' }))).toMatch(/no longer connected/)
})

it('lets no page but its own send events or clear, and no app answer for another one', async () => {
  const { inspector, actor, viewer, sessionId } = await openPlayer(true)
  const other = await open('/viewer', 'http://localhost:5173')
  expect(await problemOf(other, sendMessage(sessionId, { type: 'mute' }))).toMatch(
    /only from the page of statescope/,
  )
  other.socket.send('{"type":"@statescope.clear"}')
  const own = await open('/viewer', server.url)
  expect(await problemOf(own, sendMessage(sessionId, { type: 'mute' }))).toBeNull()
  expect(actor.getSnapshot().value).toMatchObject({ sound: 'off' })
  const app = await open('/?app=silent')
  app.socket.send(actorOf('a', '{}'))
  app.socket.send(sendMessage(sessionId, { type: 'mute' })) // an app is no viewer
  await isRead(app.socket)
  viewer.socket.send(sendMessage('silent/a', { type: 'go' }, 'asked'))
  await expect.poll(() => app.told.length).toBe(1)
  const { id, ...given } = app.told[0] as unknown as { id: string }
  expect(given).toEqual({ type: '@statescope.send', sessionId: 'a', event: { type: 'go' } })
  const answer = JSON.stringify({ type: '@statescope.answer', id, problem: 'x'.repeat(5_000) })
  const stranger = await open('/?app=stranger')
  stranger.socket.send(answer)
  await isRead(stranger.socket)
  expect(typesOf(viewer)).not.toContain('@statescope.answer')
  app.socket.send(answer)
  await expect.poll(() => viewer.told.at(-1)).toMatchObject({ id: 'asked', problem: 'x'.repeat(1_000) })
  expect(typesOf(viewer)).not.toContain('@statescope.cleared')
  expect(actor.getSnapshot().value).toMatchObject({ sound: 'off' })
  inspector.stop()
})

it('gives events for an app to the one that had its name first', async () => {
  const [owner, thief] = [await open('/?app=one'), await open('/?app=one')]
  const viewer = await open('/viewer')
  viewer.socket.send(sendMessage('one/a', { type: 'go' }))
  await expect.poll(() => owner.told.length).toBe(1)
  owner.socket.close()
  await expect.poll(() => typesOf(viewer)).toEqual(['@statescope.answer'])
  expect(thief.told).toEqual([])
})

it('tells a viewer whose event is with an app that leaves that it is gone', async () => {
  const app = await open('/?app=one')
  const viewer = await open('/viewer')
  viewer.socket.send(sendMessage('one/a', { type: 'go' }))
  await expect.poll(() => app.told.length).toBe(1)
  app.socket.close()
  await expect
    .poll(() => viewer.told)
    .toMatchObject([{ id: '1', problem: 'The app of this actor is no longer connected.' }])
})

it('serves the recording that it was started with to its own page alone', async () => {
  expect((await fetch(`${server.url}/recording`)).status).toBe(204)
  await server.close()
  const recording = { name: 'checkout ✓.statescope.json', text: '{"statescope":1}' }
  server = await serveViewer({ port: 0, page: pathToFileURL(`${folder}/`), recording })
  const answer = await fetch(`${server.url}/recording`)
  expect(await answer.text()).toBe(recording.text)
  expect(decodeURIComponent(answer.headers.get('x-recording-name') ?? '')).toBe(recording.name)
  expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  const { port } = new URL(server.url)
  const statusFor = (headers: Record<string, string>) =>
    new Promise((resolve) =>
      request({ port, path: '/recording', headers }, (response) => resolve(response.statusCode)).end(),
    )
  expect(await statusFor({ host: `evil.example:${port}` })).toBe(404)
  expect(await statusFor({ origin: 'http://localhost:5173' })).toBe(404)
})

it('sends a viewer that says what it has read no more than it can read, and goes on when it has', async () => {
  const viewer = await open('/viewer?reads')
  const { socket } = await open('/?app=one')
  for (let count = 0; count < 100; count++) socket.send(eventOf(`${count} `.padEnd(10_000)))
  await isRead(socket)
  await isRead(viewer.socket)
  const before = viewer.told.length
  expect(before).toBeGreaterThan(20)
  expect(before).toBeLessThan(40)
  const read = () => viewer.told.reduce((sum, message) => sum + JSON.stringify(message).length, 0)
  viewer.socket.send(JSON.stringify({ type: '@statescope.read', characters: 1e9 })) // more than it was sent counts for no more
  await expect.poll(() => viewer.told.length).toBeGreaterThan(before + 20)
  for (const nonsense of ['-1', '"x"', 'null', '1e999'])
    viewer.socket.send(`{"type":"@statescope.read","characters":${nonsense}}`)
  await isRead(viewer.socket)
  expect(viewer.told.length).toBeLessThan(80)
  for (let times = 0; times < 10; times++) {
    viewer.socket.send(JSON.stringify({ type: '@statescope.read', characters: read() }))
    await isRead(viewer.socket)
  }
  await expect.poll(() => viewer.told.length).toBe(100)
  expect(typesOf(viewer)).not.toContain('@statescope.dropped')
})
