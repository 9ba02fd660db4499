import { afterEach, describe, expect, it } from 'vitest'
import type { Store } from '../../../src/server/index.ts'
import { createWorld, stores, type World } from '../../support/world.ts'

const ROUNDS = 1000
const SHARDS = 20
const ANN = { userId: 'ann', account: 'ann@example.com' }

/** A store whose verbs each begin after a few random turns of the event loop, so that calls interleave at random. */
function dawdling(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name)
      if (typeof verb !== 'function') return verb
      return async (...args: unknown[]) => {
        for (let turns = Math.floor(Math.random() * 4); turns > 0; turns--) {
          await new Promise((resolve) => setImmediate(resolve))
        }
        return Reflect.apply(verb, target, args)
      }
    },
  })
}

type Device = { id: string; isVerified: boolean } | null
interface Act {
  name: string
  /** The answer, as far as the order decides it. */
  answer: string
  /** What a serial run would answer and leave behind. */
  run(device: Device): { answer: string; device: Device }
}

/** Whether some order of the acts, one after the other, gives every answer as it was and leaves what was left. */
function isSerial(before: Device, acts: readonly Act[], after: Device): boolean {
  if (acts.length === 0) return before?.id === after?.id && before?.isVerified === after?.isVerified
  return acts.some((act, index) => {
    const { answer, device } = act.run(before)
    return answer === act.answer && isSerial(device, acts.toSpliced(index, 1), after)
  })
}

describe.each(stores)('on %s', (kind, makeStore) => {
  const worlds: World[] = []
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close()
  })

  /** Two servers with connections of their own; in memory there is nothing to share but the store itself. */
  function twoServers(): [World, World] {
    const kept: Store[] = []
    const one = createWorld((path) => {
      const store = makeStore(path)
      kept.push(store)
      return dawdling(store)
    })
    const two = createWorld(() => dawdling((kind === 'memory' && kept[0]) || makeStore(one.path)))
    worlds.push(two, one) // the first one's database goes last
    return [one, two]
  }

  it(`two registrations, a verification and a removal at two servers at once come out as if one after the other, ${ROUNDS} times`, async () => {
    const [world, other] = twoServers()
    const either = () => (Math.random() < 0.5 ? world : other)
    const outcomes = new Map<string, number>()

    const round = async (user: string) => {
      const register = () => either().call('GET', '/users/mfa/register/totp', { as: user })
      const verify = (id: string, secret: string) =>
        either().call('POST', '/users/mfa/auth/totp', { as: user, body: { id, code: world.codeOf(secret) } })
      const deviceNow = async (): Promise<Device> => {
        const { devices } = (await either().call('GET', '/users/mfa', { as: user })).body
        expect(devices.length).toBeLessThanOrEqual(1)
        return devices[0] ? { id: devices[0].id, isVerified: devices[0].verified } : null
      }
      const { id, secret } = (await register()).body
      const start = Math.random()
      if (start < 0.3) await verify(id, secret)
      const before = await deviceNow()
      const namesDevice = Math.random() < 0.5
      // The step after: a code that was not used to get here.
      const fresh = world.codeOf(secret, 1)
      const proof = await world.server.mintElevation({ ...ANN, userId: user }, ['credential:unlink'])

      const act = async (
        call: Promise<{ status: number; body: { id?: string } }>,
        run: Act['run'],
        name: string,
      ) => {
        const { status, body } = await call
        return { name, answer: String(status), run, made: body?.id }
      }
      /** All the codes that the round's one must not be by chance: those of its own secret that are older, and of others. */
      const others = [world.codeOf(secret, -1), world.codeOf(secret)]
      const registered = () =>
        register().then(({ status, body }): Act => {
          if (status === 200) others.push(...[-1, 0, 1].map((steps) => world.codeOf(body.secret, steps)))
          return {
            name: 'register',
            answer: String(status),
            run: (device) =>
              device?.isVerified
                ? { answer: '409', device }
                : { answer: '200', device: { id: body.id, isVerified: false } },
          }
        })
      const acts: Act[] = await Promise.all([
        registered(),
        registered(),
        act(
          either().call('POST', '/users/mfa/auth/totp', {
            as: user,
            body: { code: fresh, ...(namesDevice && { id }) },
          }),
          (device) => {
            if (device?.id === id) return { answer: '200', device: { id, isVerified: true } }
            return { answer: device && !namesDevice ? '400' : '404', device } // the wrong code, or the wrong device
          },
          'verify',
        ),
        act(
          either().call('DELETE', `/users/mfa/${id}`, {
            as: user,
            headers: { 'x-dyn-elevated-access-token': proof },
          }),
          (device) => (device?.id === id ? { answer: '204', device: null } : { answer: '404', device }),
          'remove',
        ),
      ])
      const after = await deviceNow()
      const story = acts.map(({ name, answer }) => `${name} ${answer}`).join(', ')
      outcomes.set(story, (outcomes.get(story) ?? 0) + 1)
      if (others.includes(fresh)) return // one round in a million, in which the code is right where it should be wrong
      const round = JSON.stringify({ story, before, after, acts })
      expect(isSerial(before, acts, after), round).toBe(true)
    }

    await Promise.all(
      Array.from({ length: SHARDS }, async (_, shard) => {
        for (let index = 0; index < ROUNDS / SHARDS; index++) await round(`u${shard}-${index}`)
      }),
    )
    expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(ROUNDS)
    expect(outcomes.size).toBeGreaterThan(3) // they did interleave
  })
})
