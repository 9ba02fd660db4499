/** An app that does more than can be shown goes on, and its viewer is told what is missing. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { assign, createActor, setup } from 'xstate'
import { Allowance } from '../../src/inspect/allowance.ts'
import { createInspector } from '../../src/inspect/create-inspector.ts'

const counter = setup({
  types: {} as { context: { count: number; filling: string }; events: { type: 'count' } },
}).createMachine({
  context: { count: 0, filling: 'x'.repeat(10_000) },
  on: { count: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
})

interface Told {
  type: string
  count?: number
  event?: { type: string }
  snapshot?: { context: { count: number } }
}
const droppedIn = (told: readonly Told[]) => told.reduce((sum, { count = 0 }) => sum + count, 0)
const lastCount = (told: readonly Told[]) =>
  told.findLast(({ snapshot }) => snapshot)?.snapshot?.context.count

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

it('an inspector may spend a fifth of the time, and half a second at once', () => {
  let now = 0
  const allowance = new Allowance(() => now)
  const spend = (milliseconds: number) =>
    allowance.spend(() => {
      now += milliseconds
    })
  for (let times = 0; times < 63; times++) spend(10) // of which two come back each time
  expect(allowance.isOpen).toBe(false)
  now += 19
  expect(allowance.isOpen).toBe(false)
  now += 2
  expect(allowance.isOpen).toBe(true)
  now += 1e6
  expect(allowance.isOpen).toBe(true)
  for (let times = 0; times < 26; times++) {
    spend(5_000) // the machine was elsewhere
    spend(1)
  }
  expect(allowance.isOpen).toBe(true)
})

it('slow messages in a row count with the time they take', () => {
  let now = 0
  const allowance = new Allowance(() => now)
  let spent = 0
  for (let times = 0; times < 2_000; times++) {
    now += 10
    if (!allowance.isOpen) continue
    allowance.spend(() => {
      now += 300
      spent += 300
    })
  }
  expect(spent / now).toBeLessThan(0.25)
})

it('a slow viewer costs an app no more than its share, and is told what it missed and the current states', async () => {
  const told: Told[] = []
  const inspector = createInspector({
    to: {
      receive(message) {
        told.push(message as unknown as Told)
        const until = performance.now() + 5
        while (performance.now() < until);
      },
    },
  })
  const actor = createActor(counter, { inspect: inspector.inspect }).start()
  for (let sent = 0; sent < 1_000; sent++) actor.send({ type: 'count' })
  expect(told.length).toBeLessThan(200)
  await expect.poll(() => lastCount(told)).toBe(1_000)
  expect(told.findLast(({ event }) => event)?.event?.type).toBe('statescope.missed')
  const shown = told.filter(({ event }) => event && event.type !== 'statescope.missed').length
  expect(shown + droppedIn(told)).toBe(2_002) // an event and a snapshot for each, and for the start
  inspector.stop()
})

it('a socket whose other side stopped reading is sent no more than it holds, and in the end how many are missing', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const told: Told[] = []
  let socket: { pause(): void; resume(): void } | undefined
  server.on('connection', (connection) => {
    socket = connection
    connection.on('message', (data) => told.push(JSON.parse(String(data))))
    connection.pause()
  })
  const { port } = server.address() as AddressInfo
  const inspector = createInspector({ to: `ws://127.0.0.1:${port}` })
  cleanUps.push(
    () => inspector.stop(),
    () => server.close(),
  )
  await expect.poll(() => socket).toBeDefined()

  const actor = createActor(counter, { inspect: inspector.inspect }).start()
  for (let batch = 0; batch < 200; batch++) {
    for (let sent = 0; sent < 50; sent++) actor.send({ type: 'count' })
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  socket?.resume()
  await expect.poll(() => lastCount(told)).toBe(10_000)
  const shown = () => told.filter(({ event }) => event && event.type !== 'statescope.missed').length
  await expect.poll(() => shown() + droppedIn(told)).toBeGreaterThanOrEqual(20_002)
  // Some that say where the actor is by then were dropped, too: four a second at most.
  expect(shown() + droppedIn(told)).toBeLessThan(20_202)
  expect(droppedIn(told)).toBeGreaterThan(1_000)
})
