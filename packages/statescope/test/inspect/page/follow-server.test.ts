import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { createInspector, type Inspector } from '../../../src/inspect/create-inspector.ts'
import type { SendEvent } from '../../../src/inspect/message.ts'
import { followServer } from '../../../src/inspect/page/follow-server.ts'
import { serveViewer, type ViewerServer } from '../../../src/inspect/viewer-server.ts'
import { player } from '../../statechart/machines.ts'

let server: ViewerServer
let folder: string
let told: StatelyInspectionEvent[]
let line: boolean[]
let dropped: number[]
let gone: string[]
let sends: SendEvent[]
let following: ReturnType<typeof followServer>
let inspectors: Inspector[]
const start = (port: number) => serveViewer({ port, page: pathToFileURL(`${folder}/`) })

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'statescope-follow-'))
  writeFileSync(join(folder, 'index.html'), '')
  server = await start(0)
  told = []
  line = []
  dropped = []
  gone = []
  sends = []
  inspectors = []
  following = followServer(new URL('/viewer', server.url), {
    receive(message, send) {
      told.push(message)
      if (message.type === '@xstate.actor' && send) sends.push(send)
    },
    connection: (isOpen) => line.push(isOpen),
    dropped: (count) => dropped.push(count),
    cleared: () => told.splice(0),
    gone: (app) => gone.push(app),
  })
  await expect.poll(() => line).toEqual([true])
})
afterEach(async () => {
  following.stop()
  for (const inspector of inspectors) inspector.stop()
  await server.close()
  rmSync(folder, { recursive: true })
})

/** An app with a player in it. */
function app() {
  const inspector = createInspector({ to: server.socketUrl })
  inspectors.push(inspector)
  return createActor(player, { inspect: inspector.inspect }).start()
}
const eventsOf = (sessionId: string) =>
  told.flatMap((message) =>
    message.type === '@xstate.event' && message.sessionId === sessionId ? [message.event.type] : [],
  )
const rootIds = () =>
  told.flatMap((message) =>
    message.type === '@xstate.actor' && !message.parentId ? [message.sessionId] : [],
  )

it('the page reconnects to a restarted server, and says meanwhile that the server is away', async () => {
  const actor = app()
  actor.send({ type: 'mute' })
  await expect.poll(() => told.at(-1)).toMatchObject({ type: '@xstate.snapshot', event: { type: 'mute' } })
  const [id = ''] = rootIds()
  const port = Number(new URL(server.url).port)
  await server.close()
  await expect.poll(() => line).toEqual([true, false])
  actor.send({ type: 'play' })
  server = await start(port)
  await expect.poll(() => line.at(-1)).toBe(true)
  await expect.poll(() => eventsOf(id)).toContain('play')
  expect(eventsOf(id).filter((type) => type === 'mute')).toEqual(['mute'])
})

it('the page keeps apps apart that reconnect in another order', async () => {
  app()
  await expect.poll(rootIds).toHaveLength(1) // or the other might be the first to be heard
  const two = app()
  await expect.poll(() => new Set(rootIds()).size).toBe(2)
  const [first = '', second = ''] = [...new Set(rootIds())]
  expect(second).toBe(`2/${second.slice(2)}`)
  const port = Number(new URL(server.url).port)
  await server.close()
  inspectors[0]?.stop()
  server = await start(port)
  two.send({ type: 'play' })
  await expect.poll(() => eventsOf(second)).toContain('play')
  expect(eventsOf(first)).not.toContain('play')
})

it('the page shows how many messages were dropped when the next one arrives', async () => {
  const socket = new WebSocket(server.socketUrl)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  const message = (type: string, nested: string) =>
    `{"type":"@xstate.event","sessionId":"x:0","id":"","event":{"type":"${type}","nested":${nested}}}`
  const deep = message('deep', '['.repeat(100_000) + ']'.repeat(100_000))
  for (const text of [message('first', '1'), deep, deep, message('last', '1')]) socket.send(text)
  await expect.poll(() => eventsOf('x:0')).toEqual(['first', 'last'])
  expect(dropped).toEqual([2])
  socket.close()
})

it('names actors that take events, gives them some, and says of those that left that they are gone', async () => {
  const inspector = createInspector({ to: server.socketUrl, allowEvents: true })
  inspectors.push(inspector)
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  await expect.poll(() => sends.length).toBe(1)
  expect(await sends[0]?.({ type: 'mute' })).toBeNull()
  expect(actor.getSnapshot().value).toMatchObject({ sound: 'off' })
  expect(await sends[0]?.({ type: 'mute', filling: 'x'.repeat(300_000) } as { type: string })).toMatch(
    /256 KB/,
  )
  inspector.stop()
  await expect.poll(() => gone).toEqual([''])
  expect(await sends[0]?.({ type: 'mute' })).toMatch(/no longer connected/)
  await server.close()
  await expect.poll(() => line.at(-1)).toBe(false)
  expect(await sends[0]?.({ type: 'mute' })).toBe('statescope is not connected.')
})

it('a clear empties every page', async () => {
  const actor = app()
  actor.send({ type: 'mute' })
  await expect.poll(() => told.length).toBe(5)
  following.clear()
  await expect.poll(() => told.map(({ type }) => type)).toEqual(['@xstate.actor'])
})

it('the page shows actors as gone if their app does not reconnect to a restarted server', async () => {
  const [left, stays] = [app(), app()]
  await expect.poll(() => rootIds().length).toBe(2)
  inspectors[0]?.stop()
  await expect.poll(() => gone).toEqual([''])
  gone.length = 0
  told.length = 0
  const port = Number(new URL(server.url).port)
  await server.close()
  server = await start(port)
  await expect.poll(rootIds).toEqual([`2/${stays.sessionId}`])
  expect(gone).toEqual(['', '2/'])
  left.stop()
})
