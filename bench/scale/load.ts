/** Requests of each kind, prepared before they are timed. */
import { Agent, request } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type Authenticator, authenticator } from '../../src/testing/authenticator.ts'
import { inTurn } from '../rounds.ts'
import type { Kind, Mix } from './model.ts'

export const HOST = { issuer: 'https://id.bench.local', audience: 'totp-flow' }
export const GUARDED_PATH = '/act'
export const SCOPE = 'wallet:export'
const API = '/api/v0/sdk/default'
const STEP_MS = 30_000
/** How many requests run at once during the preparation. */
const WIDTH = 8
/** Users who start enrollments repeatedly. */
const STRANGERS = 64

const agent = new Agent({ keepAlive: true })

interface Sent {
  method: 'GET' | 'POST'
  path: string
  token?: string
  elevation?: string
  body?: unknown
}

/** Sends a request. Rejects unless the answer is a 200. */
function send(origin: string, { method, path, token, elevation, body }: Sent): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const sending = request(
    `${origin}${path}`,
    {
      agent,
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(elevation && { 'x-dyn-elevated-access-token': elevation }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
    },
    (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${method} ${path} answered ${response.statusCode} ${text}`))
      })
    },
  )
  sending.on('error', reject)
  sending.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

interface Person {
  credential: string
  /** The newest token, from the helper node. */
  session: string
  codes?: Authenticator
}

/** A request to the node at `origin`. */
export type Act = (origin: string) => Promise<unknown>

/** The host's identity provider: its keys, and a credential for a user. */
export async function identityProvider() {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA')
  return {
    jwks: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'EdDSA', kid: 'bench' }] }),
    credentialOf: (userId: string) =>
      new SignJWT({ email: `${userId}@example.com` })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'bench' })
        .setSubject(userId)
        .setIssuer(HOST.issuer)
        .setAudience(HOST.audience)
        .setIssuedAt()
        .setExpirationTime('30d')
        .sign(privateKey),
  }
}

/**
 * The users of a site. `helper` is a node that prepares them and is not measured, so that the measured nodes see each token for the
 * first time, as nodes behind a load balancer do. `setClocks` advances the clocks of all nodes, since each code works once.
 */
export async function people(given: {
  helper: string
  setClocks: (ahead: number) => Promise<void>
  credentialOf: (userId: string) => Promise<string>
  enrolled: number
}) {
  const { helper, setClocks, credentialOf } = given
  let ahead = 0
  const clock = { now: () => Date.now() + ahead }
  const nextStep = async () => {
    ahead += STEP_MS
    await setClocks(ahead)
  }
  const post = (path: string, token: string, body: unknown): Sent => ({
    method: 'POST',
    path: `${API}${path}`,
    token,
    body,
  })
  const get = (path: string, token: string): Sent => ({ method: 'GET', path: `${API}${path}`, token })
  const help = async (sent: Sent) => JSON.parse(await send(helper, sent))

  const signInOf = (credential: string): Sent => ({
    method: 'POST',
    path: `${API}/externalAuth/signin`,
    body: { jwt: credential },
  })
  async function newPerson(): Promise<Person> {
    const credential = await credentialOf(crypto.randomUUID())
    return { credential, session: (await help(signInOf(credential))).minifiedJwt }
  }
  async function register(person: Person): Promise<void> {
    const { secret } = await help(get('/users/mfa/register/totp', person.session))
    person.codes = authenticator(secret, { clock })
  }
  const codeOf = ({ codes }: Person, more = {}) => ({ code: codes?.code(), ...more })
  const verification = (person: Person, more = {}) =>
    post('/users/mfa/auth/totp', person.session, codeOf(person, more))
  const renewed = async (person: Person) => {
    person.session = (await help(post('/refresh', person.session, {}))).minifiedJwt
    return person
  }

  const many = <Result>(count: number, make: (index: number) => Promise<Result>) =>
    inTurn(Array.from({ length: count }), WIDTH, (_, index) => make(index))
  const strangers = await many(STRANGERS, newPerson)
  const enrolled = await many(given.enrolled, async () => {
    const person = await newPerson()
    await register(person)
    person.session = (await help(verification(person))).minifiedJwt
    return person
  })

  /** One code in half a million equals the one before or after it and would be rejected as used. */
  const isLikeANeighbor = ({ codes }: Person) => [codes?.code(-1), codes?.code(1)].includes(codes?.code())
  let turn = 0
  function next(): Person {
    for (let tries = 0; tries < enrolled.length; tries++) {
      const person = enrolled[turn++ % enrolled.length]
      if (person && !isLikeANeighbor(person)) return person
    }
    throw new Error('nobody has enrolled')
  }
  const act =
    (sent: Sent): Act =>
    (origin) =>
      send(origin, sent)

  const makers: Record<Kind, (index: number) => Promise<Act>> = {
    signIn: async () => act(signInOf(next().credential)),
    refresh: async () => act(post('/refresh', (await renewed(next())).session, {})),
    list: async () => act(get('/users/mfa', (await renewed(next())).session)),
    async register(index) {
      const stranger = strangers[index % strangers.length] ?? (await newPerson())
      return act(get('/users/mfa/register/totp', (await renewed(stranger)).session))
    },
    async enroll() {
      const person = await newPerson()
      await register(person)
      return act(verification(person))
    },
    verify: async () => act(verification(await renewed(next()))),
    stepUp: async () => act(verification(await renewed(next()), { requestedScopes: [SCOPE] })),
    async guard() {
      const person = await renewed(next())
      const { elevatedAccessToken, minifiedJwt } = await help(
        verification(person, { requestedScopes: [SCOPE] }),
      )
      person.session = minifiedJwt
      return act({ method: 'GET', path: GUARDED_PATH, token: minifiedJwt, elevation: elevatedAccessToken })
    },
  }

  return {
    /** Prepares a number of requests of each kind, in a random order. No user submits two codes. */
    async ready(counts: Mix): Promise<Act[]> {
      const wanted = Object.entries(counts).flatMap(([kind, count]) =>
        Array.from({ length: count }, () => kind as Kind),
      )
      if (wanted.length > enrolled.length) throw new RangeError('a code is good once: enroll more users')
      await nextStep()
      const order = shuffled(wanted)
      return inTurn(order, WIDTH, (kind, index) => makers[kind](index))
    },
    close: () => agent.destroy(),
  }
}

/** Shuffles in the same order for the same list, so that no measurement depends on luck. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  let seed = items.length
  const keyed = items.map((item) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return { item, key: seed }
  })
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}
