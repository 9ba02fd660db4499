import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { httpBackend } from '../../../src/client/http-backend.ts'
import type { TotpBackend } from '../../../src/contract/backend.ts'
import { memoryStore } from '../../../src/server/index.ts'
import { createWorld, ENVIRONMENT, type World } from '../../support/world.ts'

let world: World
let session: string | undefined
beforeEach(() => {
  session = undefined
  world = createWorld(() => memoryStore(), { mfaRequired: true })
})
afterEach(() => world.close())

const ports: [string, () => TotpBackend][] = [
  [
    'over HTTP',
    () =>
      httpBackend({
        baseUrl: 'http://test.local/api/v0',
        environmentId: ENVIRONMENT,
        getAccessToken: () => session ?? 'user:ann',
        onSession: ({ token }) => {
          session = token
        },
        fetch: (input, init) => world.server.fetch(new Request(input, init)),
      }),
  ],
  ['in process', () => world.server.backendFor({ userId: 'ann', account: 'ann@example.com' })],
]

describe.each(ports)('the port %s', (_, open) => {
  it('the port does all that a backend may: recovery codes, their renewal, use and acknowledgment, and the step-up check', async () => {
    const port = open()
    const required = <Name extends keyof TotpBackend>(name: Name): NonNullable<TotpBackend[Name]> => {
      const method = port[name]
      if (!method) throw new Error(`${name} is not there`)
      return method
    }
    const { id, secret } = await port.registerTotpMfaDevice()
    const enrolled = await port.authenticateTotpMfaDevice({ code: world.codeOf(secret) })
    expect(enrolled.recoveryCodes).toHaveLength(10)
    await required('acknowledgeRecoveryCodes')()
    expect(await required('getMfaRecoveryCodes')()).toEqual({
      count: 10,
      recoveryCodes: [],
      acknowledged: true,
    })
    await expect(required('createNewMfaRecoveryCodes')()).rejects.toMatchObject({ code: 'proof_required' })

    const [code = ''] = enrolled.recoveryCodes ?? []
    const recovered = await required('authenticateMfaRecoveryCode')({
      code,
      requestedScopes: ['credential:update'],
    })
    expect(recovered).toMatchObject({
      deviceId: id,
      elevation: { scopes: ['credential:update'], singleUse: true },
    })
    const elevatedAccessToken = recovered.elevation?.token ?? ''
    const check = (proof: { elevatedAccessToken?: string }) =>
      required('checkStepUpAuth')({ scope: 'credential:update', ...proof })
    expect(await check({})).toMatchObject({ isRequired: true, defaultCredentialId: id })
    expect(await check({ elevatedAccessToken })).toMatchObject({ isRequired: false })
    const made = await required('createNewMfaRecoveryCodes')({ elevatedAccessToken })
    expect(made.recoveryCodes).toHaveLength(10)
    expect(await check({ elevatedAccessToken })).toMatchObject({ isRequired: true })
    await expect(required('authenticateMfaRecoveryCode')({ code })).rejects.toMatchObject({
      code: 'invalid_code',
    })

    world.tick()
    const { mfaToken = '' } = await port.authenticateTotpMfaDevice({
      code: world.codeOf(secret),
      createMfaTokenOptions: { singleUse: true },
    })
    await port.deleteMfaDevice({ deviceId: id, mfaAuthToken: mfaToken })
    expect(await port.getMfaDevices()).toEqual([])
  })
})

it('a client receives the session’s new token, which no longer owes a second factor', async () => {
  let token: string = (await world.call('POST', '/externalAuth/signin', { body: { jwt: 'user:ann' } })).body
    .minifiedJwt
  const scopeNow = async () =>
    (await world.call('GET', '/users', { headers: { authorization: `Bearer ${token}` } })).body.scope
  const port = httpBackend({
    baseUrl: 'http://test.local/api/v0',
    environmentId: ENVIRONMENT,
    getAccessToken: () => token,
    onSession: (session) => {
      expect(session.expiresAt).toBeGreaterThan(world.now)
      token = session.token
    },
    fetch: (input, init) => world.server.fetch(new Request(input, init)),
  })
  expect(await scopeNow()).toBe('requiresAdditionalAuth')
  const { secret } = await port.registerTotpMfaDevice()
  await port.authenticateTotpMfaDevice({ code: world.codeOf(secret) })
  expect(await scopeNow()).toBeUndefined()
})
