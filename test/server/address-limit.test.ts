import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryStore, type Store } from '../../src/server/index.ts'
import { createWorld, stores, type World } from '../support/world.ts'

const LIMIT = 10
const options = {
  addressLimit: { calls: LIMIT, windowSeconds: 60 },
  clientAddress: (request: Request) => request.headers.get('x-test-address') ?? undefined,
}

/** A store that counts how often a verb of it was called. */
function counting(store: Store, verb: keyof Store) {
  const calls = { count: 0 }
  const counted = new Proxy(store, {
    get(target, name) {
      if (name === verb) calls.count++
      return Reflect.get(target, name)
    },
  })
  return { store: counted, calls }
}

describe.each(stores)('on %s, one address', (_, makeStore) => {
  let world: World
  beforeEach(() => {
    world = createWorld(makeStore, options)
  })
  afterEach(() => world.close())

  const signIn = (jwt: string, address = '192.0.2.1') =>
    world.call('POST', '/externalAuth/signin', { body: { jwt }, headers: { 'x-test-address': address } })

  it('from which strangers flood keeps no honest user from signing in and calling', async () => {
    for (let index = 0; index < LIMIT; index++) expect((await signIn('forged')).status).toBe(401)
    const late = await signIn('forged')
    expect(late).toMatchObject({ status: 429, body: { code: 'mfa_rate_limited' } })
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0)
    for (let index = 0; index < 2 * LIMIT; index++) expect((await signIn('user:ann')).status).toBe(200)
    const headers = { 'x-test-address': '192.0.2.1' }
    expect((await world.call('GET', '/users', { as: 'ann', headers })).status).toBe(200)
  })

  it('from which many sign in is not limited', async () => {
    for (let index = 0; index < 3 * LIMIT; index++) {
      expect((await signIn(`user:u${index}`)).status).toBe(200)
    }
    expect((await signIn('forged')).status).toBe(401)
  })

  it('without a credential is limited too', async () => {
    const statuses = []
    for (let index = 0; index < LIMIT + 5; index++) {
      const answer = await world.call('GET', '/users', { headers: { 'x-test-address': '192.0.2.1' } })
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([...Array(LIMIT).fill(401), ...Array(5).fill(429)])
  })

  it('is the same in every spelling', async () => {
    const spellings: [string, string[]][] = [
      [
        '192.0.2.7',
        [
          '192.0.2.7:443',
          '192.0.2.7:51234',
          '[::ffff:192.0.2.7]:80',
          '::ffff:192.0.2.7',
          '::FFFF:c000:207',
          '0:0:0:0:0:ffff:192.0.2.7',
        ],
      ],
      [
        '2001:db8::1',
        [
          '[2001:db8::1]',
          '[2001:db8::7]:51234',
          '2001:0db8::1',
          '2001:DB8:0:0::2',
          '2001:db8:0000:0000:1:2:3:4',
          '2001:db8::9%eth0',
        ],
      ],
    ]
    for (const [first, others] of spellings) {
      for (let index = 0; index < LIMIT; index++) await signIn('forged', first)
      for (const other of others)
        expect([other, (await signIn('forged', other)).status]).toEqual([other, 429])
    }
    for (const other of ['2001:db8:0:1::1', '192.0.2.8', 'x'.repeat(500), ':'.repeat(300)]) {
      expect([other, (await signIn('forged', other)).status]).toEqual([other, 401])
    }
  })
})

it('a flood over the limit costs the store nothing, and the log one line', async () => {
  const { store, calls } = counting(memoryStore(), 'countCall')
  const world = createWorld(() => store, options)
  const knock = (headers = {}) =>
    world.call('GET', '/users', { headers: { 'x-test-address': '192.0.2.1', ...headers } })
  for (let index = 0; index < 300; index++) await knock(index % 2 ? {} : { authorization: 'Bearer forged' })
  expect(calls.count).toBe(LIMIT + 1)
  expect(world.events.filter(({ type }) => type === 'address_throttled')).toHaveLength(1)
  world.now += 60_000
  expect((await knock()).status).toBe(401)
  await world.close()
})

describe('the health checks', () => {
  afterEach(() => {
    vi.useRealTimers()
  })
  const ask = (world: World, path: string, method = 'GET') =>
    world.server.fetch(new Request(`http://test.local${path}`, { method }))

  it('ask the database once a second, however many ask', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const { store, calls } = counting(memoryStore(), 'ping')
    const world = createWorld(() => store)
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask(world, '/readyz')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(calls.count).toBe(1)
    vi.advanceTimersByTime(1000)
    await ask(world, '/readyz')
    expect(calls.count).toBe(2)
    await world.close()
  })

  it('tell within a second that the database is gone, and that it is back', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    let isDown = false
    const store: Store = {
      ...memoryStore(),
      async ping() {
        if (isDown) throw new Error('gone')
      },
    }
    const world = createWorld(() => store)
    for (const [down, status] of [
      [false, 200],
      [true, 500],
      [false, 200],
    ] as const) {
      isDown = down
      vi.advanceTimersByTime(1000)
      expect((await ask(world, '/readyz')).status).toBe(status)
    }
    await world.close()
  })

  it.each(['/healthz', '/readyz', '/.well-known/jwks.json', '/api/v0/openapi.json'])(
    'and what else anybody may read take HEAD: %s',
    async (path) => {
      const world = createWorld(() => memoryStore())
      const [got, head] = [await ask(world, path), await ask(world, path, 'HEAD')]
      expect(head.status).toBe(200)
      expect(await head.text()).toBe('')
      expect([...head.headers]).toEqual([...got.headers])
      expect((await ask(world, path, 'POST')).status).toBe(405)
      await world.close()
    },
  )
})
