import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAddressCounter } from '../../../src/server/http/address-limit.ts'
import { memoryStore, type Store } from '../../../src/server/index.ts'
import { createWorld, stores, type World } from '../../support/world.ts'

const LIMIT = 10
const options = {
  addressLimit: { calls: LIMIT, windowSeconds: 60 },
  clientAddress: (request: Request) => request.headers.get('x-test-address') ?? undefined,
}

afterEach(() => {
  vi.useRealTimers()
})

/** A store that counts how often a verb of it was called. */
function counting(store: Store, verb: keyof Store) {
  const calls = { count: 0 }
  const counted = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (name !== verb || typeof value !== 'function') return value
      return (...given: unknown[]) => {
        calls.count++
        return Reflect.apply(value, target, given)
      }
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

  it('a flood from one address keeps no honest user from signing in and calling', async () => {
    for (let index = 0; index < LIMIT; index++) expect((await signIn('forged')).status).toBe(401)
    const late = await signIn('forged')
    expect(late).toMatchObject({ status: 429, body: { code: 'mfa_rate_limited' } })
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0)
    for (let index = 0; index < 2 * LIMIT; index++) expect((await signIn('user:ann')).status).toBe(200)
    const headers = { 'x-test-address': '192.0.2.1' }
    expect((await world.call('GET', '/users', { as: 'ann', headers })).status).toBe(200)
  })

  it('an address from which many users sign in is not limited', async () => {
    for (let index = 0; index < 3 * LIMIT; index++) {
      expect((await signIn(`user:u${index}`)).status).toBe(200)
    }
    expect((await signIn('forged')).status).toBe(401)
  })

  it('calls without a credential are limited too', async () => {
    const statuses = []
    for (let index = 0; index < LIMIT + 5; index++) {
      const answer = await world.call('GET', '/users', { headers: { 'x-test-address': '192.0.2.1' } })
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([...Array(LIMIT).fill(401), ...Array(5).fill(429)])
  })

  it('an address counts as the same in every spelling', async () => {
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
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { store, calls } = counting(memoryStore(), 'countCalls')
  const world = createWorld(() => store, options)
  const knock = (headers = {}) =>
    world.call('GET', '/users', { headers: { 'x-test-address': '192.0.2.1', ...headers } })
  for (let index = 0; index < 300; index++) await knock(index % 2 ? {} : { authorization: 'Bearer forged' })
  expect(calls.count).toBe(0)
  await vi.advanceTimersByTimeAsync(1000)
  expect(calls.count).toBe(1)
  for (let index = 0; index < 300; index++) await knock()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(calls.count).toBe(1)
  expect(world.events.filter(({ type }) => type === 'address_throttled')).toHaveLength(1)
  world.now += 60_000
  expect((await knock()).status).toBe(401)
  await world.close()
})

/** Knocks without a credential from so many addresses, and answers how often each status came. */
async function flood(world: World, addresses: Iterable<string>) {
  const statuses = { 401: 0, 429: 0 }
  for (const address of addresses) {
    const { status } = await world.call('GET', '/users', { headers: { 'x-test-address': address } })
    if (status === 401 || status === 429) statuses[status]++
  }
  return statuses
}
const addressesOf = (count: number, address: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => address(index))

it.each([
  ['/64', LIMIT, (index: number) => `2001:db8:1:2::${index.toString(16)}`],
  ['/56', 4 * LIMIT, (index: number) => `2001:db8:1:ab${index.toString(16).padStart(2, '0')}::1`],
  ['/48', 16 * LIMIT, (index: number) => `2001:db8:1:${(index * 251).toString(16)}::1`],
])('an IPv6 network is limited however many of its addresses call: a %s', async (bits, most, address) => {
  const world = createWorld(() => memoryStore(), options)
  expect(await flood(world, addressesOf(250, address))).toEqual({ 401: most, 429: 250 - most })
  const [throttled, ...more] = world.events.filter(({ type }) => type === 'address_throttled')
  expect([throttled, more]).toEqual([expect.objectContaining({ address: expect.stringMatching(bits) }), []])
  expect(await flood(world, ['2001:db8:2::1', '192.0.2.1'])).toEqual({ 401: 2, 429: 0 })
  await world.close()
})

it('an IPv6 network of translated IPv4 addresses is limited by each of these', async () => {
  const world = createWorld(() => memoryStore(), options)
  expect(
    await flood(
      world,
      addressesOf(250, (index) => `64:ff9b::192.0.2.${index}`),
    ),
  ).toMatchObject({ 401: 250 })
  await world.close()
})

describe.each(stores)('refused calls on %s', (kind, makeStore) => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  it('refused calls are known to every node a second later', async () => {
    const sent: Promise<unknown>[] = []
    const watched = (store: Store): Store => ({
      ...store,
      countCalls(counted) {
        const answer = store.countCalls(counted)
        sent.push(answer)
        return answer
      },
    })
    const memory = memoryStore()
    const one = createWorld((path) => watched(kind === 'memory' ? memory : makeStore(path)), options)
    const two = createWorld(() => watched(kind === 'memory' ? memory : makeStore(one.path)), options)
    const exchange = async () => {
      await vi.advanceTimersByTimeAsync(1000)
      await Promise.all(sent)
    }
    await flood(one, Array(6).fill('2001:db8:1:2::1'))
    await flood(two, Array(6).fill('2001:db8:1:2::2'))
    await exchange()
    expect(sent).toHaveLength(2)
    // Of these two, the one that was answered first knows of its own calls alone until its next one.
    await flood(one, ['2001:db8:1:2::3'])
    await flood(two, ['2001:db8:1:2::4'])
    await exchange()
    expect(await flood(one, ['2001:db8:1:2::5'])).toEqual({ 401: 0, 429: 1 })
    expect(await flood(two, ['2001:db8:1:2::6'])).toEqual({ 401: 0, 429: 1 })
    expect(await flood(two, ['2001:db8:1:3::1'])).toEqual({ 401: 1, 429: 0 })
    await two.close()
    await one.close()
  })
})

describe.each(stores)('on %s', (kind, makeStore) => {
  let world: World
  let store: Store
  beforeEach(async () => {
    world = createWorld((path) => {
      store = makeStore(path)
      return store
    })
    await world.server.ready()
  })
  afterEach(() => world.close())

  it('refused calls of a network add up within their window, and in no other', async () => {
    const count = (windowEnd: number, ...calls: [string, number][]) =>
      store
        .countCalls({ windowEnd, calls: calls.map(([address, calls]) => ({ address, calls })) })
        .then((totals) => Object.fromEntries(totals.map(({ address, calls }) => [address, calls])))
    expect(await count(60_000, ['a', 3], ['b', 1])).toEqual({ a: 3, b: 1 })
    expect(await count(60_000, ['b', 2], ['a', 4], ['c', 1])).toEqual({ a: 7, b: 3, c: 1 })
    expect(await count(120_000, ['a', 1])).toEqual({ a: 1 })
    expect(await count(60_000)).toEqual({})
  })

  it('refused calls of thousands of networks are counted at once, on several nodes at once', async () => {
    const many = addressesOf(5000, (index) => `10.0.${index >> 8}.${index & 255}`)
    const calls = many.map((address) => ({ address, calls: 1 }))
    const answers = await Promise.all(
      [calls, calls.toReversed(), calls].map((each) => store.countCalls({ windowEnd: 60_000, calls: each })),
    )
    for (const answer of answers) expect(new Set(answer.map(({ address }) => address)).size).toBe(5000)
    const totals = await store.countCalls({ windowEnd: 60_000, calls })
    expect(new Set(totals.map(({ calls }) => calls))).toEqual(new Set([4]))
  })

  it('refused calls are swept at the end of their window and not before, whether it is an hour or a day long', async () => {
    const day = 24 * 3_600_000
    const again = async () =>
      (await store.countCalls({ windowEnd: day, calls: [{ address: 'a', calls: 1 }] }))[0]?.calls
    expect(await again()).toBe(1)
    await store.sweep(day - 1)
    expect(await again()).toBe(2)
    await store.sweep(day)
    expect(await again()).toBe(1)
    if (kind !== 'memory') {
      await store.sweep(day)
      expect(await world.dump()).not.toContain(String(day))
    }
  })
})

it('a limit for a whole day holds for the whole day', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const store = memoryStore()
  const day = { ...options, addressLimit: { calls: LIMIT, windowSeconds: 86_400 } }
  const one = createWorld(() => store, day)
  expect(await flood(one, Array(LIMIT + 1).fill('192.0.2.1'))).toEqual({ 401: LIMIT, 429: 1 })
  await vi.advanceTimersByTimeAsync(1000)
  for (let hour = 1; hour < 24; hour++) {
    one.now += 3_600_000
    expect([hour, await flood(one, ['192.0.2.1'])]).toEqual([hour, { 401: 0, 429: 1 }])
  }
  // Another node, which learns it from the store.
  const two = createWorld(() => store, day)
  two.now = one.now
  await flood(two, ['192.0.2.1'])
  await vi.advanceTimersByTimeAsync(1000)
  expect(await flood(two, ['192.0.2.1'])).toEqual({ 401: 0, 429: 1 })
  one.now += 3_600_000
  expect(await flood(one, ['192.0.2.1'])).toEqual({ 401: 1, 429: 0 })
  await one.close()
  await two.close()
})

it('four thousand addresses of one /48 make two thousand rows at most, and one write in a second', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const store = memoryStore()
  const sent = vi.spyOn(store, 'countCalls')
  const world = createWorld(() => store, { ...options, addressLimit: { calls: 100, windowSeconds: 60 } })
  await flood(
    world,
    addressesOf(4000, (index) => `2001:db8:1:${index.toString(16)}::1`),
  )
  await vi.advanceTimersByTimeAsync(1000)
  expect(sent).toHaveBeenCalledOnce()
  expect(sent.mock.calls[0]?.[0].calls.length).toBeLessThan(2000)
  await world.close()
})

it('if the store rejects the counts, the limit still holds in each process, and nothing else fails', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const store: Store = { ...memoryStore(), countCalls: () => Promise.reject(new Error('gone')) }
  const world = createWorld(() => store, options)
  expect(await flood(world, Array(6).fill('192.0.2.1'))).toEqual({ 401: 6, 429: 0 })
  await vi.advanceTimersByTimeAsync(1000)
  expect(await flood(world, Array(6).fill('192.0.2.1'))).toEqual({ 401: 4, 429: 2 })
  await vi.advanceTimersByTimeAsync(1000)
  expect((await world.call('GET', '/users', { as: 'ann' })).status).toBe(200)
  await world.close()
})

describe('a counter', () => {
  const counterOf = (given: { calls?: number; store?: Partial<Store> } = {}) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const told: string[] = []
    let client = ''
    const count = createAddressCounter({
      store: { ...memoryStore(), ...given.store },
      limit: { calls: given.calls ?? 1, windowSeconds: 3600 },
      clientAddress: () => client,
      now: () => 0,
      audit: (note) => told.push(note.type),
    })
    const request = new Request('http://test.local/')
    const from = (address: string) => {
      client = address
      return count(request).then(
        () => 'counted',
        ({ code }) => code,
      )
    }
    return { from, told, close: count.close }
  }

  it('a counter remembers a hundred thousand networks, forgets the first beyond that, and reports no more', async () => {
    const { from, told, close } = counterOf()
    const nth = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
    for (let index = 0; index < 100_000; index++) await from(nth(index))
    expect(told).toEqual([])
    for (let index = 0; index < 100_000; index++) await from(nth(index))
    expect(told).toHaveLength(100_000)
    expect(await from(nth(100_000))).toBe('counted')
    expect(await from(nth(100_000))).toBe('rate_limited')
    expect(told).toHaveLength(100_000)
    close()
    const small = counterOf()
    for (let index = 0; index <= 100_000; index++) expect(await small.from(nth(index))).toBe('counted')
    expect(await small.from(nth(1))).toBe('rate_limited')
    expect(await small.from(nth(0))).toBe('counted')
    small.close()
  })

  it('a counter forgets none of its own calls if the store reports fewer', async () => {
    const { from, close } = counterOf({
      calls: 3,
      store: { countCalls: async ({ calls }) => calls.map(({ address }) => ({ address, calls: 1 })) },
    })
    for (let index = 0; index < 3; index++) expect(await from('192.0.2.1')).toBe('counted')
    await vi.advanceTimersByTimeAsync(1000)
    expect(await from('192.0.2.1')).toBe('rate_limited')
    close()
  })

  it('a counter that is closed while the store answers makes no further call', async () => {
    let asked = 0
    const { promise, resolve } = Promise.withResolvers<[]>()
    const countCalls = () => {
      asked++
      return promise
    }
    const { from, close } = counterOf({ calls: 10, store: { countCalls } })
    await from('192.0.2.1')
    await vi.advanceTimersByTimeAsync(1000)
    await from('192.0.2.1')
    close()
    resolve([])
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toBe(1)
  })

  it('a counter counts a link-local address the same on every interface', async () => {
    const { from, close } = counterOf()
    expect(await from('fe80::1%eth0')).toBe('counted')
    expect(await from('fe80::1%eth1')).toBe('rate_limited')
    close()
  })
})

it('a closed server no longer queries its store', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const store = memoryStore()
  const sent = vi.spyOn(store, 'countCalls')
  const world = createWorld(() => store, options)
  await flood(world, ['192.0.2.1'])
  await world.close()
  await flood(world, ['192.0.2.1'])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(sent).not.toHaveBeenCalled()
})

describe('the health checks', () => {
  const ask = (world: World, path: string, method = 'GET') =>
    world.server.fetch(new Request(`http://test.local${path}`, { method }))

  it('the health checks query the database once a second, however many ask', async () => {
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

  it('the health checks report within a second that the database is gone, and that it is back', async () => {
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
    'a public path answers HEAD as it answers GET: %s',
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
