/** A database whose machine lost its power: connections stay open, and nothing ever comes through them again. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { postgresStore } from '../../../src/server/store/postgres.ts'
import type { Store } from '../../../src/server/store/store.ts'
import { makeDatabase, query } from '../../support/postgres.ts'

const CONNECTIONS = 4
const name = `silent_${crypto.randomUUID().replaceAll('-', '_')}`
const sockets: Socket[] = []
let store: Store

const proxy = createServer((client) => {
  const { port } = new URL(inject('postgresUrl'))
  const database = connect(Number(port), '127.0.0.1')
  sockets.push(client, database)
  client.pipe(database).pipe(client)
  for (const end of [client, database]) end.on('error', () => {})
})

/** Those of now; new ones work, as after a failover. */
function silence() {
  for (const socket of sockets.splice(0)) {
    socket.unpipe()
    socket.resume()
  }
}

beforeAll(async () => {
  const url = new URL(await makeDatabase(inject('postgresUrl'), name))
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  url.port = String(address.port)
  store = postgresStore({ url: url.href, maxConnections: CONNECTIONS, statementTimeout: 500 })
  await store.prepare()
})
afterAll(async () => {
  await store.close()
  for (const socket of sockets) socket.destroy()
  proxy.close()
  await query(inject('postgresUrl'), `drop database ${name} with (force)`)
})

/** The outcomes, and how long they took: an answer is waited for for twice the limit of a statement. */
async function waiting(calls: readonly Promise<unknown>[]) {
  const began = performance.now()
  const results = await Promise.allSettled(calls)
  return { kinds: new Set(results.map(({ status }) => status)), took: performance.now() - began }
}
const finds = (count: number) => waiting(Array.from({ length: count }, () => store.find('ann')))

it('a silent connection costs a read its wait, and is then replaced', async () => {
  expect((await finds(40)).kinds).toEqual(new Set(['fulfilled']))
  silence()
  const first = await finds(CONNECTIONS)
  expect(first.kinds).toEqual(new Set(['fulfilled']))
  expect(first.took).toBeGreaterThan(900)
  expect((await finds(40)).kinds).toEqual(new Set(['fulfilled']))
})

it('a connection that goes silent before a commit costs a transaction its wait, and is then replaced', async () => {
  await finds(40)
  silence()
  const added = await waiting(
    Array.from({ length: CONNECTIONS }, (_, index) =>
      store.addPendingDevice(
        { id: `d${index}`, userId: `bob-${index}`, sealedSecret: 'x.y.z', createdAt: 0 },
        { jti: crypto.randomUUID(), expiresAt: 1 },
        0,
      ),
    ),
  )
  expect(added.kinds).toEqual(new Set(['fulfilled']))
  expect(added.took).toBeGreaterThan(900)
})

it('a connection that goes silent during a call that may have been executed costs that call, and is then replaced', async () => {
  await finds(40)
  silence()
  const spent = await waiting(
    Array.from({ length: CONNECTIONS }, () => store.consumeToken({ jti: crypto.randomUUID(), expiresAt: 1 })),
  )
  expect(spent.kinds).toContain('rejected')
  expect((await finds(40)).kinds).toEqual(new Set(['fulfilled']))
})
