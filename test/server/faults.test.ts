import { connect, createServer } from 'node:net'
import { Client } from 'pg'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { sqliteStore } from '../../src/server/store/sqlite.ts'
import { makeDatabase, query } from '../support/postgres.ts'
import { createWorld, masterKeyOf, stores, type World } from '../support/world.ts'

const VERIFY = '/users/mfa/auth/totp'
const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function newDatabase(): Promise<string> {
  const name = `faults_${crypto.randomUUID().replaceAll('-', '_')}`
  const url = await makeDatabase(inject('postgresUrl'), name)
  cleanUps.push(() => query(inject('postgresUrl'), `drop database if exists ${name} with (force)`))
  return url
}
function newWorld(...given: Parameters<typeof createWorld>): World {
  const world = createWorld(...given)
  cleanUps.push(() => world.close())
  return world
}

/** One after the other, since each moves the clock. */
async function enrollAll(world: World, name: string, count: number): Promise<{ secret: string }[]> {
  const users = []
  for (let index = 0; index < count; index++) users.push(await world.enroll(`${name}-${index}`))
  return users
}

/** Between a server and its database: passes everything on, or cuts the line when an answer comes back. */
async function cuttingProxy(port: number, cuts: () => boolean) {
  const proxy = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    client.pipe(upstream)
    upstream.on('data', (answer) => (cuts() ? end() : client.write(answer)))
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, close: () => proxy.close() }
}

it('PostgreSQL with an exhausted pool and locked rows gives typed, retryable errors soon, consumes nothing, and recovers', async () => {
  const url = await newDatabase()
  const world = newWorld(() =>
    postgresStore({ url, maxConnections: 2, connectTimeout: 300, statementTimeout: 1000 }),
  )
  const { secret } = await world.enroll('ann')
  await world.enroll('bob')
  const blocker = new Client({ connectionString: url })
  await blocker.connect()
  await blocker.query("begin; select * from totp_flow_devices where user_id = 'ann' for update")
  const code = world.codeOf(secret)
  const send = () => world.call('POST', VERIFY, { as: 'ann', body: { code } })
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: 50 }, send))
  expect(performance.now() - began).toBeLessThan(4000)
  for (const answer of answers) expect(answer).toMatchObject({ status: 503, body: { code: 'server' } })
  expect(answers[0]?.headers.get('retry-after')).toBe('2')
  await blocker.query('rollback')
  await blocker.end()
  const after = await Promise.all(Array.from({ length: 20 }, send))
  expect(after.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(world.events.some(({ type }) => type === 'throttled')).toBe(false)
  expect(world.events.find(({ type }) => type === 'failed')).toMatchObject({
    reason: expect.stringMatching(/^(?:Error EAGAIN|error (?:55P03|57014))$/),
  })
})

it('no code is accepted twice or lost over a network that cuts connections once the database has committed', async () => {
  const url = new URL(await newDatabase())
  let isCutting = false
  const proxy = await cuttingProxy(Number(url.port), () => isCutting && Math.random() < 0.15)
  cleanUps.push(async () => proxy.close())
  url.port = String(proxy.port)
  const world = newWorld(() => postgresStore({ url: url.href }))
  const users = await enrollAll(world, 'u', 40)
  isCutting = true
  const outcomes = { accepted: 0, uncertain: 0 }
  for (let round = 0; round < 5; round++) {
    world.now += 60_000
    await Promise.all(
      users.map(async ({ secret }, index) => {
        const send = () =>
          world.call('POST', VERIFY, { as: `u-${index}`, body: { code: world.codeOf(secret) } })
        let answer = await send()
        const isUncertain = answer.status === 503
        for (let tries = 0; answer.status === 503 && tries < 100; tries++) answer = await send()
        const said = answer.status === 200 ? 'accepted' : String(answer.body.reason)
        // After a broken answer the code may be spent already; without one it is not.
        expect([isUncertain, said]).toEqual([
          isUncertain,
          isUncertain && said !== 'accepted' ? 'code_reused' : 'accepted',
        ])
        outcomes.accepted += said === 'accepted' ? 1 : 0
        outcomes.uncertain += isUncertain ? 1 : 0
        const again = await Promise.all([send(), send()])
        expect(again.some(({ status }) => status === 200)).toBe(false)
      }),
    )
  }
  expect(outcomes.accepted).toBeGreaterThan(100)
  expect(outcomes.uncertain).toBeGreaterThan(3)
})

it('a node that starts may wait for another node’s migration longer than for any request', async () => {
  const url = await newDatabase()
  await query(
    url,
    `create table totp_flow_migration_lock (id integer primary key, holders bigint not null);
     insert into totp_flow_migration_lock values (1, 0)`,
  )
  const blocker = new Client({ connectionString: url })
  await blocker.connect()
  await blocker.query('begin; update totp_flow_migration_lock set holders = holders')
  const second = newWorld(() => postgresStore({ url, statementTimeout: 200 }))
  let isReady = false
  const ready = second.server.ready().then(() => {
    isReady = true
  })
  const waiting =
    "select 1 from pg_stat_activity where wait_event_type = 'Lock' and now() - query_start > '1 s'"
  await expect.poll(async () => (await query(url, waiting)).length).toBe(1)
  expect(isReady).toBe(false)
  await blocker.query('commit')
  await blocker.end()
  await ready
})

it('PostgreSQL at serializable isolation, as compatible databases run, accepts a code once and counts every guess', async () => {
  const url = await newDatabase()
  const name = new URL(url).pathname.slice(1)
  await query(
    inject('postgresUrl'),
    `alter database ${name} set default_transaction_isolation to 'serializable'`,
  )
  const world = newWorld(() => postgresStore({ url }))
  const { secret, recoveryCodes } = await world.enroll('ann')
  const send = (code: string) => world.call('POST', VERIFY, { as: 'ann', body: { code } })
  const code = world.codeOf(secret)
  const answers = await Promise.all(Array.from({ length: 100 }, () => send(code)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const { status, body } of answers)
    expect(['undefined', 'code_reused', 'server']).toContain(
      String(status === 200 ? undefined : (body.reason ?? body.code)),
    )
  const recovered = await Promise.all(
    Array.from({ length: 30 }, () =>
      world.call('POST', '/users/mfa/auth/recovery', { as: 'ann', body: { code: recoveryCodes[0] } }),
    ),
  )
  expect(recovered.filter(({ status }) => status === 200)).toHaveLength(1)
  const guesses = await Promise.all(Array.from({ length: 60 }, (_, index) => send(String(900_000 + index))))
  expect(guesses.filter(({ status }) => status === 400).length).toBeLessThanOrEqual(5)
  expect(await query(url, 'select last_step from totp_flow_devices')).toHaveLength(1)
})

describe.each(stores.slice(1))('nodes that share %s', (kind, makeStore) => {
  it('nodes that start at once on an empty database make one schema and one signing key', async () => {
    const url = kind === 'PostgreSQL' ? await newDatabase() : ''
    const worlds: World[] = []
    const first = newWorld(kind === 'PostgreSQL' ? () => postgresStore({ url }) : makeStore)
    const { path } = first
    const others = Array.from({ length: 7 }, () =>
      newWorld(() => (kind === 'PostgreSQL' ? postgresStore({ url }) : sqliteStore({ path }))),
    )
    worlds.push(first, ...others)
    await Promise.all(worlds.map(({ server }) => server.ready()))
    const sets = await Promise.all(
      worlds.map(async ({ server }) =>
        (await server.fetch(new Request('http://x/.well-known/jwks.json'))).text(),
      ),
    )
    expect(new Set(sets).size).toBe(1)
    expect(JSON.parse(sets[0] ?? '').keys).toHaveLength(1)
  })
})

describe.each(stores.slice(1))('the master key on %s', (_, makeStore) => {
  const key = masterKeyOf

  it('the master key changes while users enroll and verify: nothing is lost, and the old key is no longer needed', async () => {
    let keys = key(1)
    const world = newWorld(makeStore, { masterKey: () => keys })
    const users = await enrollAll(world, 'before', 30)
    const pending = (await world.call('GET', '/users/mfa/register/totp', { as: 'pending' })).body
    keys = `${key(2)}\n${key(1)}`
    // A node that has not noticed yet goes on with the old key; one that starts now seals with the new one.
    const newer = newWorld(() => makeStore(world.path), { masterKey: () => keys })
    let progress = 0
    const [resealed, meanwhile] = await Promise.all([
      newer.server.reseal(({ done, total }) => {
        progress++
        expect(done).toBeLessThanOrEqual(total)
      }),
      enrollAll(world, 'during', 10),
    ])
    expect(resealed).toMatchObject({ unopened: 0 })
    expect(resealed.done).toBeGreaterThanOrEqual(32)
    expect(progress).toBeGreaterThan(0)
    await newer.server.reseal() // what the old node sealed meanwhile
    keys = key(2)
    await world.restart()
    for (const [index, { secret }] of users.entries()) {
      const answer = await world.call('POST', VERIFY, {
        as: `before-${index}`,
        body: { code: world.codeOf(secret, 1) },
      })
      expect([index, answer.status]).toEqual([index, 200])
    }
    for (const [index, { secret }] of meanwhile.entries()) {
      const answer = await world.call('POST', VERIFY, {
        as: `during-${index}`,
        body: { code: world.codeOf(secret, 1) },
      })
      expect([index, answer.status]).toEqual([index, 200])
    }
    const late = await world.call('POST', VERIFY, {
      as: 'pending',
      body: { code: world.codeOf(pending.secret) },
    })
    expect(late.status).toBe(200)
  })

  it('dropping a former master key too early fails at startup, not for the first user', async () => {
    const world = newWorld(makeStore, { masterKey: key(1) })
    await world.enroll('ann')
    const early = newWorld(() => makeStore(world.path), { masterKey: key(2) })
    await expect(early.server.ready()).rejects.toThrow('another master key')
    await expect(early.server.ready()).rejects.toThrow('list it after the new one')
  })

  it('a node with outdated keys encrypts under no removed key', async () => {
    let keys = key(1)
    const world = newWorld(makeStore, { masterKey: () => keys })
    await world.enroll('early') // from now on its keys are cached
    keys = `${key(2)}\n${key(1)}`
    await newWorld(() => makeStore(world.path), { masterKey: () => keys }).server.reseal()
    keys = key(2)
    const { secret } = await world.enroll('late')
    await world.restart()
    const verified = await world.call('POST', VERIFY, {
      as: 'late',
      body: { code: world.codeOf(secret, 1) },
    })
    expect(verified.status).toBe(200)
  })

  it('an unreadable master key is not taken from memory: registering fails, and existing devices still work', async () => {
    let isThere = true
    const masterKey = () => {
      if (!isThere) throw new Error('the key file is gone')
      return key(1)
    }
    const world = newWorld(makeStore, { masterKey })
    const { secret } = await world.enroll('ann')
    isThere = false
    expect((await world.call('GET', '/users/mfa/register/totp', { as: 'bob' })).status).toBe(500)
    const verified = await world.call('POST', VERIFY, { as: 'ann', body: { code: world.codeOf(secret, 1) } })
    expect(verified.status).toBe(200)
  })

  it('the master key changes for all other secrets if one does not open, and that one is counted', async () => {
    let keys = key(1)
    const world = newWorld(makeStore, { masterKey: () => keys })
    const ann = await world.enroll('ann')
    await world.enroll('bob')
    const carl = await world.enroll('carl')
    const store = makeStore(world.path)
    const bob = await store.find('bob')
    if (!bob) throw new Error('bob is enrolled')
    const broken = bob.sealedSecret.slice(0, -6) + (bob.sealedSecret.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA')
    await store.reseal({ kind: 'device', userId: 'bob', id: bob.id, sealed: bob.sealedSecret }, broken)
    await store.close()
    keys = `${key(2)}\n${key(1)}`
    expect(await world.server.reseal()).toEqual({ done: 3, total: 4, unopened: 1 }) // two devices and the signing key
    keys = key(2)
    await world.restart()
    for (const [as, { secret }] of Object.entries({ ann, carl })) {
      const verified = await world.call('POST', VERIFY, { as, body: { code: world.codeOf(secret, 1) } })
      expect([as, verified.status]).toEqual([as, 200])
    }
  })

  it('the master key changes twice at once, and both runs end', async () => {
    let keys = key(1)
    const world = newWorld(makeStore, { masterKey: () => keys })
    await enrollAll(world, 'user', 30)
    keys = `${key(2)}\n${key(1)}`
    const other = newWorld(() => makeStore(world.path), { masterKey: () => keys })
    let isPromoted = false
    await Promise.all([
      world.server.reseal(() => {
        if (!isPromoted) keys = `${key(3)}\n${keys}`
        isPromoted = true
      }),
      other.server.reseal(),
    ])
    await world.server.reseal()
    keys = key(3)
    await expect(world.restart().then(() => world.server.ready())).resolves.toBeUndefined()
  })

  it('a secret that was moved to another user’s row does not open', async () => {
    const world = newWorld(makeStore)
    const ann = await world.enroll('ann')
    await world.enroll('bob')
    const store = makeStore(world.path)
    const [from, to] = [await store.find('ann'), await store.find('bob')]
    if (!from || !to) throw new Error('both are enrolled')
    await store.reseal(
      { kind: 'device', userId: 'bob', id: to.id, sealed: to.sealedSecret },
      from.sealedSecret,
    )
    await store.close()
    const stolen = await world.call('POST', VERIFY, {
      as: 'bob',
      body: { code: world.codeOf(ann.secret, 1) },
    })
    expect(stolen).toMatchObject({ status: 500, body: { code: 'server' } })
  })
})
