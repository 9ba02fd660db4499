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

const finds = (count: number) =>
  Promise.allSettled(Array.from({ length: count }, () => store.find('ann'))).then((results) =>
    results.map(({ status }) => status),
  )

it('a silent connection costs one call, and is then replaced', async () => {
  expect(new Set(await finds(40))).toEqual(new Set(['fulfilled']))
  silence()
  const first = await finds(CONNECTIONS)
  expect(first).toContain('rejected')
  expect(new Set(await finds(40))).toEqual(new Set(['fulfilled']))
})

it('a connection that goes silent during a transaction costs that one, and is then replaced', async () => {
  const device = { id: 'd', userId: 'bob', sealedSecret: 'x.y.z', createdAt: 0 }
  await finds(40)
  silence()
  const added = Array.from({ length: CONNECTIONS }, () =>
    store.addPendingDevice(device, { jti: crypto.randomUUID(), expiresAt: 1 }, 0),
  )
  expect((await Promise.allSettled(added)).map(({ status }) => status)).toContain('rejected')
  expect(new Set(await finds(40))).toEqual(new Set(['fulfilled']))
})
