import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { createElevatedFetch } from '../../../src/client/elevated-fetch.ts'
import { httpBackend } from '../../../src/client/http-backend.ts'
import { createTotpFlow } from '../../../src/flow/create-totp-flow.ts'
import { memoryStore, type TotpServerOptions } from '../../../src/server/index.ts'
import { createWorld, type World } from '../../support/world.ts'

const MFA = 'https://refeds.org/profile/mfa'

let world: World
const begin = (options: Partial<TotpServerOptions> = {}) => {
  world = createWorld(() => memoryStore(), options)
}
afterEach(() => world.close())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const signIn = async () =>
  (await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })).body.minifiedJwt as string
async function verify(token: string, secret: string, more: object = {}) {
  const body = { code: world.codeOf(secret), ...more }
  const answer = await world.call('POST', '/users/mfa/auth/totp', { headers: bearer(token), body })
  world.tick()
  return answer.body
}
type Guard = (handler: (request: Request) => Response) => (request: Request) => Promise<Response>
const ask = (guard: Guard, token: string, elevation?: string) =>
  guard(() => new Response('in'))(
    new Request('http://test.local/', {
      headers: { ...bearer(token), ...(elevation && { 'x-dyn-elevated-access-token': elevation }) },
    }),
  )
/** The parameters of a challenge, in the order in which they stand. */
const told = (answer: Response) => {
  const header = answer.headers.get('www-authenticate') ?? ''
  const [, scheme = '', parameters = ''] = /^(\S+) (.*)$/.exec(header) ?? []
  return [
    scheme,
    Object.fromEntries([...parameters.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  ]
}

describe('the challenges of the guards', () => {
  // RFC 9470 §3, Figure 2 and Figure 3: the same names, in a Bearer challenge, with values in quotes.
  it('a guard says the context and the age that it wants, as the examples of RFC 9470 do', async () => {
    begin({ acr: MFA })
    const token = await signIn()
    const description = {
      error: 'insufficient_user_authentication',
      error_description: 'A fresh proof is needed',
    }
    const { requireRecentMfa, requireElevation } = world.server
    for (const [guard, parameters] of [
      [requireRecentMfa({ acrValues: [MFA] }), { acr_values: MFA }],
      [requireRecentMfa({ maxAge: 5 }), { max_age: '5' }],
      [requireRecentMfa({ maxAge: 5, acrValues: ['phr', MFA] }), { acr_values: `phr ${MFA}`, max_age: '5' }],
      [requireElevation('wallet:sign'), { scope: 'wallet:sign' }],
      [
        requireElevation('wallet:sign', { maxAge: 60, acrValues: [MFA] }),
        { acr_values: MFA, max_age: '60', scope: 'wallet:sign' },
      ],
    ] as [Guard, object][]) {
      const answer = await ask(guard, token)
      expect(answer.status).toBe(401)
      expect(told(answer)).toEqual(['Bearer', { ...description, ...parameters }])
    }
  })

  it('a guard rejects, when it is made, a context that the server does not name', () => {
    begin()
    expect(() => world.server.requireRecentMfa({ acrValues: [MFA] })).toThrow(
      `Nobody can obtain ${MFA}. Correct it, or set the server's acr.`,
    )
    expect(() => world.server.requireRecentMfa({})).toThrow('Pass maxAge, acrValues, or both.')
    for (const wrong of [[], ['two words'], ['"'], 'mfa', null])
      expect(() => world.server.requireRecentMfa({ acrValues: wrong as never })).toThrow('acrValues takes')
    for (const maxAge of [0, 1.5, '300', null, Number.NaN])
      expect(() => world.server.requireElevation('wallet:sign', { maxAge: maxAge as never })).toThrow(
        'maxAge takes a whole number of seconds',
      )
  })
})

describe('what the guards let in', () => {
  it('a session whose code was verified has the context of the server, until its device is gone', async () => {
    begin({ acr: MFA })
    const { secret } = await world.enroll('ann')
    const guard = world.server.requireRecentMfa({ acrValues: ['phr', MFA] })
    const token = await signIn()
    expect((await ask(guard, token)).status).toBe(401)
    const { minifiedJwt } = await verify(token, secret)
    expect((await ask(guard, minifiedJwt)).status).toBe(200)
    const { session } = await world.server.authenticate(
      new Request('http://test.local/', { headers: bearer(minifiedJwt) }),
    )
    expect(session?.acr).toBe(MFA)
    await world.server.resetUser('ann')
    expect((await ask(guard, minifiedJwt)).status).toBe(401)
  })

  it('an elevation is accepted while it is recent enough, to the second', async () => {
    begin()
    const { secret } = await world.enroll('ann')
    const token = await signIn()
    const { elevatedAccessToken, minifiedJwt } = await verify(token, secret, {
      requestedScopes: ['wallet:sign'],
    })
    const guard = world.server.requireElevation('wallet:sign', { maxAge: 60 })
    world.now += 29_000
    expect((await ask(guard, minifiedJwt, elevatedAccessToken)).status).toBe(200)
    world.now += 32_000
    expect((await ask(guard, minifiedJwt, elevatedAccessToken)).status).toBe(401)
    expect(
      (await ask(world.server.requireElevation('wallet:sign'), minifiedJwt, elevatedAccessToken)).status,
    ).toBe(200)
  })

  it('an elevation has the context of the server, or the one that it was minted with', async () => {
    begin({ acr: MFA })
    const { secret } = await world.enroll('ann')
    const guard = world.server.requireElevation('wallet:sign', { acrValues: ['phr'] })
    const won = await verify(await signIn(), secret, { requestedScopes: ['wallet:sign'] })
    expect((await ask(guard, won.minifiedJwt, won.elevatedAccessToken)).status).toBe(401)
    const user = { userId: 'ann', account: 'ann' }
    const minted = await world.server.mintElevation(user, ['wallet:sign'], { acr: 'phr' })
    expect((await ask(guard, won.minifiedJwt, minted)).status).toBe(200)
    const bare = await world.server.mintElevation(user, ['wallet:sign'])
    expect((await ask(guard, won.minifiedJwt, bare)).status).toBe(401)
    await expect(world.server.mintElevation(user, ['wallet:sign'], { acr: 'two words' })).rejects.toThrow(
      'acr takes',
    )
  })
})

/** A page that holds its session's token, and a flow that hears of a new one. */
function pageOf(session: { token: string }) {
  const flow = createTotpFlow({
    backend: httpBackend({
      baseUrl: 'http://test.local/api/v0',
      environmentId: 'test',
      getAccessToken: () => session.token,
      onSession: ({ token }) => {
        session.token = token
      },
      fetch: (input, init) => world.server.fetch(new Request(input, init)),
    }),
    clock: { now: () => world.now, setTimeout, clearTimeout: (id) => clearTimeout(Number(id)) },
  })
  onTestFinished(() => flow.stop())
  return flow
}

it.each([
  ['sends the new session token in place of the old one that the request carried', 'the old one'],
  ['leaves a bearer token in the request that is not the session’s', 'of-another-service'],
])('an elevated fetch %s', async (_, carried) => {
  begin()
  const { secret } = await world.enroll('ann')
  const session = { token: await signIn() }
  const old = session.token
  const flow = pageOf(session)
  const account = world.server.requireRecentMfa({ maxAge: 60 })(() => new Response('in'))
  const sent: (string | null)[] = []
  const elevatedFetch = createElevatedFetch(flow, {
    origins: ['http://test.local'],
    fetch(input, init) {
      const { headers } = new Request(input, init)
      sent.push(headers.get('authorization'))
      // A service behind another one's token asks by the same guard.
      return account(new Request('http://test.local/', { headers: bearer(session.token) }))
    },
  })
  const token = carried === 'the old one' ? old : carried
  const answer = elevatedFetch('http://test.local/account', { headers: bearer(token) })
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode(world.codeOf(secret))
  expect(await (await answer).text()).toBe('in')
  expect(session.token).not.toBe(old)
  expect(sent).toEqual([token, token === old ? session.token : token].map((one) => `Bearer ${one}`))
})

it('an elevated fetch answers a challenge by context and age with a code, and gets in', async () => {
  begin({ acr: MFA })
  const { secret } = await world.enroll('ann')
  const session = { token: await signIn() }
  const guard: Guard = world.server.requireRecentMfa({ maxAge: 60, acrValues: [MFA] })
  const flow = pageOf(session)
  const fetchAccount = createElevatedFetch(flow, {
    origins: ['http://test.local'],
    // As an app does that puts its session's token on whatever it sends.
    fetch: () => ask(guard, session.token),
  })
  const enter = async () => {
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
    flow.submitCode(world.codeOf(secret))
  }
  const [answer] = await Promise.all([fetchAccount('http://test.local/account'), enter()])
  expect(await answer.text()).toBe('in')
  expect(await (await fetchAccount('http://test.local/account')).text()).toBe('in')
  world.now += 90_000
  const [later] = await Promise.all([fetchAccount('http://test.local/account'), enter()])
  expect(await later.text()).toBe('in')
})
