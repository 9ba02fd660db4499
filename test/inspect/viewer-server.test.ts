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
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-viewer-'))
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

it('holds messages back while there is no viewer, and comes back to one that was started anew', async () => {
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

it('tells a viewer that was started anew of the actors that run, and where they stand', async () => {
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
