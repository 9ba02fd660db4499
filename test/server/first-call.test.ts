/** A server prepares its store by itself, whatever it is asked first. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryStore, type Store, type TotpServer } from '../../src/server/index.ts'
import { createWorld, stores, type World } from '../support/world.ts'

const ann = { userId: 'ann', account: 'ann' }
const request = () => new Request('http://test.local/', { headers: { authorization: 'Bearer user:ann' } })

const calls: [string, (server: TotpServer) => Promise<unknown>, unknown][] = [
  ['authenticate', (server) => server.authenticate(request()), { user: { userId: 'ann' }, session: null }],
  ['checkElevation', (server) => server.checkElevation(request(), 'wallet:sign'), { status: 401 }],
  ['checkRecentMfa', (server) => server.checkRecentMfa(request(), { maxAge: 300 }), { status: 401 }],
  ['backendFor', (server) => server.backendFor(ann).getMfaDevices(), []],
  ['mintElevation', (server) => server.mintElevation(ann, ['wallet:sign']), expect.any(String)],
  ['resetUser', (server) => server.resetUser('ann'), false],
  ['endSession', (server) => server.endSession('some-session'), undefined],
  ['endSessions', (server) => server.endSessions('ann'), undefined],
  ['endAllSessions', (server) => server.endAllSessions({ before: 1 }), undefined],
  ['rotateSigningKey', (server) => server.rotateSigningKey(), { kid: expect.any(String) }],
  ['reseal', (server) => server.reseal(), { done: expect.any(Number) }],
]

describe.each(stores)('on an empty %s', (_, makeStore) => {
  let world: World
  const prepare = vi.fn()
  beforeEach(() => {
    prepare.mockClear()
    world = createWorld((path) => {
      const store = makeStore(path)
      const prepared: Store['prepare'] = (note) => {
        prepare()
        return store.prepare(note)
      }
      return { ...store, prepare: prepared }
    })
  })
  afterEach(() => world.close())

  it.each(calls)('%s works as the first call', async (_name, call, expected) => {
    const answer = await call(world.server)
    if (typeof expected === 'object' && expected !== null) expect(answer).toMatchObject(expected)
    else expect(answer).toEqual(expected)
    expect(prepare).toHaveBeenCalledTimes(1)
  })
})

describe('the sweep of a store', () => {
  const sweeping = (sweep: Store['sweep']) => createWorld(() => ({ ...memoryStore(), sweep }))

  it('a server sweeps its store once a minute at most, however many calls arrive, and also after the clock was set back', async () => {
    const sweep = vi.fn(async () => {})
    const world = sweeping(sweep)
    const asked = async (milliseconds: number) => {
      sweep.mockClear()
      world.now += milliseconds
      await Promise.all(Array.from({ length: 20 }, () => world.call('GET', '/settings')))
      return sweep.mock.calls
    }
    expect(await asked(59_999)).toEqual([])
    expect(await asked(1)).toEqual([[world.now]])
    expect(await asked(59_999)).toEqual([])
    expect(await asked(-24 * 3600_000)).toEqual([[world.now]])
    expect(await asked(60_000)).toEqual([[world.now]])
    await world.close()
  })

  it('a failed sweep fails no call, and causes no unhandled rejection', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const world = sweeping(() => Promise.reject(new Error('locked')))
    world.now += 60_000
    expect((await world.call('GET', '/settings')).status).toBe(200)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    await world.close()
  })
})

it('a server that is closed closes its store', async () => {
  const close = vi.fn(async () => {})
  const world = createWorld(() => ({ ...memoryStore(), close }))
  expect(close).not.toHaveBeenCalled()
  await world.close()
  expect(close).toHaveBeenCalledTimes(1)
})
