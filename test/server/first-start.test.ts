/** A server outlives a database that is not there yet. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, inject, it } from 'vitest'
import { createTotpServer, memoryStore, type Store } from '../../src/server/index.ts'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { makeDatabase, query } from '../support/postgres.ts'
import { ENVIRONMENT, MASTER_KEY } from '../support/world.ts'

const serverOn = (store: Store) =>
  createTotpServer({
    store,
    issuer: 'Test',
    masterKey: MASTER_KEY,
    environmentId: ENVIRONMENT,
    identity: () => null,
  })
const settings = (server: { fetch: (request: Request) => Promise<Response> }) =>
  server
    .fetch(new Request(`http://test.local/api/v0/sdk/${ENVIRONMENT}/settings`))
    .then(({ status }) => status)

it.each(['prepare', 'signingKeys'] as const)(
  'a server whose first start failed at %s works once the database is back, for waiting and later callers',
  async (step) => {
    let isDown = true
    const store = memoryStore()
    const failing: Store = {
      ...store,
      [step]: (...given: []) => (isDown ? Promise.reject(new Error('ECONNREFUSED')) : store[step](...given)),
    }
    const server = serverOn(failing)
    await expect(server.ready()).rejects.toThrow()
    expect(await Promise.all([settings(server), settings(server)])).toEqual([500, 500])
    isDown = false
    await server.ready()
    expect(await Promise.all([settings(server), settings(server)])).toEqual([200, 200])
    await server.close()
  },
)

it('a server whose PostgreSQL is unreachable at first works once it is reachable', async () => {
  const name = `first_${crypto.randomUUID().replaceAll('-', '_')}`
  const url = new URL(await makeDatabase(inject('postgresUrl'), name))
  const target = Number(url.port)
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const address = closed.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  closed.close()
  await once(closed, 'close')
  url.port = String(address.port)
  const server = serverOn(postgresStore({ url: url.href }))
  expect(await settings(server)).toBe(503)
  await expect(server.ready()).rejects.toThrow()
  const proxy = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.pipe(upstream).pipe(client)
  }).listen(address.port, '127.0.0.1')
  await once(proxy, 'listening')
  expect(await settings(server)).toBe(200)
  await server.close()
  proxy.close()
  await query(inject('postgresUrl'), `drop database ${name} with (force)`)
})
