/** The recipes of docs/providers/own-factor.md for tokens: over Amplify with cognito-local, and over Supabase's client. */
import { createHmac, createPrivateKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { GoTrueClient } from '@supabase/auth-js'
import { Amplify } from 'aws-amplify'
import * as amplify from 'aws-amplify/auth'
import { decodeJwt, SignJWT } from 'jose'
import type { TotpServer } from 'totp-flow/server'
import { toNodeHandler } from 'totp-flow/server/node'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { secondFactorOfCognito } from '../../examples/own-factor/page-cognito.ts'
import { secondFactorOfSupabase } from '../../examples/own-factor/page-supabase.ts'
import type { secondFactor } from '../../examples/own-factor/page-tokens.ts'
import { PASSWORD, startCognito } from '../cognito/server.ts'
import { gotrue } from '../supabase/gotrue.ts'
import { serveOnLocalhost } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'
import { ask, DEVICES, NOBODY, OWES_CODE } from './app.ts'

/** What cognito-local signs with. */
const COGNITO_KEY = 'test/providers/node_modules/cognito-local/lib/keys/cognitoLocal.private.json'
const ANN = 'ann@example.com'
const BEN = 'ben@example.com'

interface Provider {
  /** In the page: ends the session that there is, and begins one. */
  signIn(user: string): Promise<void>
  signOut(): Promise<unknown>
  token(): Promise<string>
  page(api: string): ReturnType<typeof secondFactor>
  /** A token with these claims alone, signed with the provider's own key. */
  sign(claims: object): Promise<string> | string
  /** What makes a token another one than the recipe takes. */
  wrongClaims: object[]
  /** Tokens that the provider gives out for something else. */
  otherTokens(): Promise<string[]>
  /** When its sessions began. */
  signedInAt(seconds: number): object
  stop(): unknown
  totp: TotpServer
  app: { fetch(request: Request): Response | Promise<Response> }
}

async function overCognito(): Promise<Provider> {
  vi.spyOn(console, 'warn').mockImplementation(() => {}) // Amplify's about an endpoint that is not Amazon's
  const cognito = await startCognito()
  await cognito.addUser(ANN)
  await cognito.addUser(BEN)
  Amplify.configure(cognito.config)
  const { userPoolId, userPoolClientId, userPoolEndpoint } = cognito.config.Auth.Cognito
  vi.stubEnv('COGNITO_ISSUER', `${userPoolEndpoint}/${userPoolId}`)
  vi.stubEnv('COGNITO_CLIENT_ID', userPoolClientId)
  return {
    ...(await import('../../examples/own-factor/cognito.ts')),
    async signIn(username) {
      await amplify.signOut()
      const options = { authFlowType: 'USER_PASSWORD_AUTH' } as const
      await amplify.signIn({ username, password: PASSWORD, options })
    },
    signOut: () => amplify.signOut(),
    token: async () => (await amplify.fetchAuthSession()).tokens?.accessToken.toString() ?? '',
    page: secondFactorOfCognito,
    sign: (claims) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'CognitoLocal' })
        .sign(createPrivateKey(JSON.parse(readFileSync(COGNITO_KEY, 'utf8')).pem)),
    wrongClaims: [
      { client_id: 'another client' },
      { client_id: undefined },
      { client_id: undefined, aud: userPoolClientId },
      { aud: 'another API' },
      { token_use: 'id' },
      { auth_time: undefined },
    ],
    otherTokens: async () => [(await amplify.fetchAuthSession()).tokens?.idToken?.toString() ?? ''],
    signedInAt: (seconds) => ({ auth_time: seconds }),
    stop: () => cognito.stop(),
  }
}

async function overSupabase(): Promise<Provider> {
  const service = gotrue()
  service.addUser(ANN, PASSWORD)
  service.addUser(BEN, PASSWORD)
  const { origin, close } = await serveOnLocalhost(service.listener)
  vi.stubEnv('SUPABASE_ISSUER', `${origin}/auth/v1`)
  const auth = new GoTrueClient({ url: `${origin}/auth/v1`, autoRefreshToken: false })
  return {
    ...(await import('../../examples/own-factor/supabase.ts')),
    async signIn(email) {
      await auth.signOut()
      await auth.signInWithPassword({ email, password: PASSWORD })
    },
    signOut: () => auth.signOut(),
    token: async () => (await auth.getSession()).data.session?.access_token ?? '',
    page: (api) => secondFactorOfSupabase(api, { auth } as Parameters<typeof secondFactorOfSupabase>[1]),
    sign: service.sign,
    wrongClaims: [
      { aud: 'anon' },
      { aud: undefined },
      { is_anonymous: true },
      { is_anonymous: undefined },
      { amr: undefined },
    ],
    otherTokens: async () => [],
    signedInAt: (seconds) => ({ amr: [{ method: 'password', timestamp: seconds }] }),
    stop: close,
  }
}

describe.each([
  ['Cognito', overCognito],
  ['Supabase', overSupabase],
])('%s', (name, start) => {
  let provider: Provider
  let origin = ''
  let stopServer = () => {}
  beforeAll(async () => {
    vi.stubEnv('TOTP_FLOW_MASTER_KEY', randomBytes(32).toString('base64'))
    vi.resetModules()
    provider = await start()
    const served = await serveOnLocalhost(toNodeHandler(provider.app.fetch))
    ;({ origin, close: stopServer } = served)
  })
  afterAll(async () => {
    stopServer()
    await provider.stop()
  })

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const askAs = async (token: string, call: Parameters<typeof ask>[1] = DEVICES) =>
    ask(origin, call, bearer(token))
  async function opened() {
    const page = provider.page(origin)
    onTestFinished(() => page.flow.stop())
    await page.flow.settled()
    return page
  }
  const statusOf = async (response: Promise<Response>) => (await response).status
  let secret = ''
  let recoveryCodes: readonly string[] = []

  it(`a user of ${name} is let in once an app is set up, and pays behind a code`, async () => {
    await provider.signIn(ANN)
    const { flow, send } = await opened()
    expect(flow.getView()).toMatchObject({ gate: 'enrollmentOwed', device: null })
    expect(await askAs(await provider.token(), 'GET /account')).toBe(OWES_CODE)
    flow.register()
    const { registration } = await flow.settled()
    secret = registration?.unseal().secret ?? ''
    flow.submitCode(oathtool(secret))
    await flow.settled()
    recoveryCodes = flow.getView().recoveryCodes?.unseal() ?? []
    flow.acknowledgeRecoveryCodes()
    flow.release()
    await flow.settled()
    expect(flow.getView()).toMatchObject({ gate: 'open', error: null })
    expect(await statusOf(send('/account', 'GET'))).toBe(200)

    const paying = send('/pay', 'POST')
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
    flow.submitCode(oathtool(secret, 30))
    const { username, email } = decodeJwt(await provider.token()) // Cognito names a user who signs in by email by an id
    expect(await (await paying).json()).toEqual({ paidBy: username ?? email })
  })

  it(`the next session of ${name} owes a code, and a recovery code lets it in`, async () => {
    await provider.signIn(ANN)
    const { flow, send } = await opened()
    expect(flow.getView()).toMatchObject({ gate: 'codeOwed', device: { verified: true } })
    const token = await provider.token()
    for (const call of ['GET /account', 'POST /pay'] as const)
      expect(await askAs(token, call)).toBe(OWES_CODE)
    const looking = send('/account', 'GET')
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
    flow.submitRecoveryCode(recoveryCodes[0] ?? '')
    expect(await statusOf(looking)).toBe(200)
    expect(flow.getView().gate).toBe('open')
    expect(await askAs(token, 'GET /account')).toBe(OWES_CODE) // a code completes the server's own session
  })

  it(`after a sign-out of ${name} the page is nobody’s`, async () => {
    await provider.signIn(ANN)
    const { flow, send, signOut } = await opened()
    await provider.signOut()
    signOut()
    expect((await flow.settled()).error?.code).toBe('unauthenticated')
    expect(await statusOf(send('/account', 'GET'))).toBe(401)
  })

  it(`an elevation of one user of ${name} is refused from another`, async () => {
    await provider.signIn(ANN)
    const ann = await provider.token()
    await provider.signIn(BEN)
    const ben = await provider.token()
    const userId = String(decodeJwt(ann).sub)
    expect(userId).not.toBe(decodeJwt(ben).sub)
    const elevation = await provider.totp.mintElevation({ userId, account: ANN }, ['invoice:pay'])
    const elevated = { 'x-dyn-elevated-access-token': elevation }
    expect(await ask(origin, 'POST /pay', { ...bearer(ben), ...elevated })).toBe(OWES_CODE)
    expect(await ask(origin, 'POST /pay', { ...bearer(ann), ...elevated })).toBe('200')
  })

  it(`what is no token of a user of ${name}, and for this app, is refused`, async () => {
    expect(await ask(origin, DEVICES)).toBe(NOBODY)
    await provider.signIn(ANN)
    const token = await provider.token()
    const claims = decodeJwt(token)
    const now = Math.floor(Date.now() / 1000)
    expect(await askAs(await provider.sign(claims))).toBe('200')
    const wrongClaims: object[] = [
      { iss: 'https://evil.example' },
      { sub: undefined },
      { exp: now - 60 },
      { iat: now + 60 },
      ...provider.wrongClaims,
    ]
    for (const wrong of wrongClaims)
      expect([wrong, await askAs(await provider.sign({ ...claims, ...wrong }))]).toEqual([wrong, NOBODY])

    const [header = '', payload = '', signature = ''] = token.split('.')
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const hmac = (text: string) =>
      `${text}.${createHmac('sha256', 'a shared secret').update(text).digest('base64url')}`
    for (const forged of [
      `${header}.${part({ ...claims, sub: 'ben' })}.${signature}`,
      `${part({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      hmac(`${part({ alg: 'HS256', typ: 'JWT' })}.${payload}`),
      hmac(`${part({ alg: 'HS256', typ: 'JWT', kid })}.${payload}`),
      ...(await provider.otherTokens()),
    ])
      expect([forged, await askAs(forged)]).toEqual([forged, NOBODY])
  })

  it(`a renewed token of ${name} is of the sign-in that it began with`, async () => {
    await provider.signIn(BEN)
    const claims = decodeJwt(await provider.token())
    const at = Math.floor(Date.now() / 1000) - 60
    const renewed = await provider.sign({ ...claims, ...provider.signedInAt(at) })
    expect(await askAs(renewed)).toBe('200')
    await provider.totp.endSessions(String(claims.sub))
    expect(await askAs(renewed)).toBe(NOBODY)
  })
})
