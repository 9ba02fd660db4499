/**
 * What the time of an answer tells about somebody else. Without a socket, whose noise would only hide it. Ranks, not means, bear
 * a machine that is busy with other things. How many rounds that takes, a server tells that reads one row more for a device
 * that is there: they double until the same statistic finds it.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Store } from '../../../src/server/index.ts'
import { sqliteStore } from '../../../src/server/store/sqlite.ts'
import { createWorld, ENVIRONMENT, type World } from '../../support/world.ts'

const FEWEST_ROUNDS = 100
const MOST_ROUNDS = 3200
/** The shortest of so many calls counts: what else the machine does makes a call longer only. */
const CALLS = 3
/** Standard deviations: chance alone goes as far once in 15,000 samples, and in two samples running next to never. */
const FAR = 4

type Fetch = (request: Request) => Promise<Response>
interface Victim {
  user: string
  deviceId: string
}
type Probe = (fetch: Fetch, victim: Victim) => Promise<Response>

let store: Store
let world: World
let attacker: string
let other: string
/** In each state that a user can be in; `nobody` is no user at all. */
const victims: Record<string, Victim> = {}
/** What the leaky server tells, in so many rounds. */
let rounds = FEWEST_ROUNDS
let leaked: string[] = []
const BESIDES_NOBODY = ['verified', 'pending', 'mistaken', 'throttled']

beforeAll(async () => {
  world = createWorld((path) => {
    store = sqliteStore({ path })
    return store
  })
  const register = async (as: string) =>
    String((await world.call('GET', '/users/mfa/register/totp', { as })).body.id)
  const guess = (as: string) => world.call('POST', '/users/mfa/auth/totp', { as, body: { code: '000000' } })
  victims.verified = { user: 'victim-a', deviceId: (await world.enroll('victim-a')).id }
  victims.pending = { user: 'victim-b', deviceId: await register('victim-b') }
  victims.mistaken = { user: 'victim-c', deviceId: (await world.enroll('victim-c')).id }
  expect((await guess('victim-c')).status).toBe(400)
  victims.throttled = { user: 'victim-d', deviceId: (await world.enroll('victim-d')).id }
  for (let guesses = 0; guesses < 5; guesses++) await guess('victim-d')
  expect((await guess('victim-d')).status).toBe(429)
  victims.nobody = { user: 'victim-e', deviceId: crypto.randomUUID() }

  await world.enroll('attacker')
  attacker = await signIn('attacker')
  other = await signIn('other')

  for (; rounds <= MOST_ROUNDS; rounds *= 2) {
    leaked = await told(removal, leakyFetch)
    if (leaked.length === BESIDES_NOBODY.length) break
  }
})
afterAll(() => world.close())

async function signIn(user: string): Promise<string> {
  return (await world.call('POST', '/externalAuth/signin', { body: { jwt: `user:${user}` } })).body
    .minifiedJwt
}

/** Looks up whose the device in the address is before it looks who asks: one row read more, where there is one. */
const leakyFetch: Fetch = async (request) => {
  const owner = Object.values(victims).find(({ deviceId }) => request.url.endsWith(deviceId))
  if (owner && owner !== victims.nobody) await store.find(owner.user)
  return world.server.fetch(request)
}

const send = (
  fetch: Fetch,
  method: string,
  path: string,
  { token, headers, body }: { token?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Response> =>
  fetch(
    new Request(`http://test.local/api/v0/sdk/${ENVIRONMENT}${path}`, {
      method,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }),
  )

const forged = { 'x-dyn-elevated-access-token': 'x.y.z' }
const code = '123456'
const VERIFY = '/users/mfa/auth/totp'
const removal: Probe = (fetch, { deviceId }) =>
  send(fetch, 'DELETE', `/users/mfa/${deviceId}`, { token: attacker, headers: forged })

/** All that one can send who is not signed in as the user: others' device ids, and a session token made up for them. */
const probes: Record<string, Probe> = {
  'a code for their device': (fetch, { deviceId }) =>
    send(fetch, 'POST', VERIFY, { token: attacker, body: { code, id: deviceId } }),
  'the same from who has none': (fetch, { deviceId }) =>
    send(fetch, 'POST', VERIFY, { token: other, body: { code, id: deviceId } }),
  'the removal of their device': removal,
  'the same without a session': (fetch, { deviceId }) => send(fetch, 'DELETE', `/users/mfa/${deviceId}`),
  'a choice of their device': (fetch, { deviceId }) =>
    send(fetch, 'PUT', `/users/mfa/${deviceId}`, { token: attacker }),
  'a code in a session made up for them': (fetch, { user }) =>
    send(fetch, 'POST', VERIFY, { token: madeUpFor(user), body: { code } }),
}

/** A token of ours with another subject, a new one each time: how long a signature takes to check is a matter of the bytes. */
function madeUpFor(user: string): string {
  const [header, payload = '', signature] = attacker.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  return [
    header,
    Buffer.from(JSON.stringify({ ...claims, sub: user, jti: crypto.randomUUID() })).toString('base64url'),
    signature,
  ].join('.')
}

const shuffled = <Item>(items: readonly Item[]): Item[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

/** How long the probe took for each state, in rounds of random order, so that a busy moment is nobody's in particular. */
async function sample(probe: Probe, fetch: Fetch) {
  const times = new Map<string, number[]>(Object.keys(victims).map((state) => [state, []]))
  const replies = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    for (const [state, victim] of shuffled(Object.entries(victims))) {
      let shortest = Number.POSITIVE_INFINITY
      for (let call = 0; call < CALLS; call++) {
        const began = performance.now()
        const response = await probe(fetch, victim)
        const text = await response.text()
        shortest = Math.min(shortest, performance.now() - began)
        replies.add(JSON.stringify({ status: response.status, headers: [...response.headers], text }))
      }
      times.get(state)?.push(shortest)
    }
  }
  return { times, replies }
}

/** Mann and Whitney: how many standard deviations the ranks of `a` are off what they would be, were there no difference. */
function rankDistance(a: readonly number[], b: readonly number[]): number {
  const greater = a.reduce(
    (sum, x) => sum + b.reduce((count, y) => count + (x > y ? 1 : x === y ? 0.5 : 0), 0),
    0,
  )
  const pairs = a.length * b.length
  return (greater - pairs / 2) / Math.sqrt((pairs * (a.length + b.length + 1)) / 12)
}

/** The states that the time tells from nobody, twice running and in the same direction. */
async function told(probe: Probe, fetch: Fetch): Promise<string[]> {
  const distances = async () => {
    const { times } = await sample(probe, fetch)
    const nobody = times.get('nobody') ?? []
    return new Map([...times].map(([state, own]) => [state, rankDistance(own, nobody)]))
  }
  const first = await distances()
  if ([...first.values()].every((distance) => Math.abs(distance) < FAR)) return []
  const second = await distances()
  return [...first]
    .filter(([state, distance]) => {
      const again = second.get(state) ?? 0
      return Math.min(Math.abs(distance), Math.abs(again)) >= FAR && Math.sign(distance) === Math.sign(again)
    })
    .map(([state]) => state)
}

it('the timing test detects a server that leaks a user’s state by its response time', () => {
  expect(leaked).toEqual(BESIDES_NOBODY)
})

it.each(Object.entries(probes))(
  '%s reveals no other user’s state: the same answer, in the same time',
  async (_, probe) => {
    const { replies } = await sample(probe, world.server.fetch)
    expect([...replies]).toHaveLength(1)
    expect(await told(probe, world.server.fetch)).toEqual([])
  },
)
