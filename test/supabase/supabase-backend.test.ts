import { GoTrueClient } from '@supabase/auth-js'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { supabaseBackend } from 'totp-flow/supabase'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { serveOnLocalhost } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'
import { gotrue } from './gotrue.ts'

const ANN = { email: 'ann@example.com', password: 'correct horse battery' }

async function started() {
  const service = gotrue()
  service.addUser(ANN.email, ANN.password)
  const { origin, close } = await serveOnLocalhost(service.listener)
  onTestFinished(close)
  return { service, origin }
}

/** A tab of its own: Supabase's client keeps what is in memory where there is no storage. */
async function tabOf(origin: string, isSignedIn = true) {
  const auth = new GoTrueClient({
    url: `${origin}/auth/v1`,
    storageKey: crypto.randomUUID(),
    autoRefreshToken: false,
    persistSession: true,
  })
  if (isSignedIn) await auth.signInWithPassword(ANN)
  return auth
}

async function flowOf(auth: GoTrueClient, restore?: unknown) {
  const flow = createTotpFlow({ backend: supabaseBackend(auth, { issuer: 'Acme' }), restore })
  onTestFinished(() => flow.stop())
  await flow.settled()
  return flow
}

async function signedIn() {
  const { service, origin } = await started()
  const auth = await tabOf(origin)
  return { service, origin, auth, flow: await flowOf(auth) }
}

async function registered(flow: TotpFlow): Promise<string> {
  flow.register()
  await flow.settled()
  const registration = flow.getView().registration?.unseal()
  if (!registration) throw new Error(`nothing to scan: ${flow.getView().error?.code}`)
  return registration.secret
}

async function submitted(flow: TotpFlow, code: string) {
  await flow.waitFor(({ can }) => can.submitCode)
  flow.submitCode(code)
  await flow.settled()
}

async function enrolled() {
  const all = await signedIn()
  const secret = await registered(all.flow)
  await submitted(all.flow, oathtool(secret))
  return { ...all, secret }
}

/** Six digits that are wrong now, and in the periods around. */
function wrong(secret: string): string {
  const near = [-60, -30, 0, 30, 60].map((seconds) => oathtool(secret, seconds))
  return (
    ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? ''
  )
}
const levelOf = async (auth: GoTrueClient) =>
  (await auth.mfa.getAuthenticatorAssuranceLevel()).data?.currentLevel
const isOver = { state: 'idle', detail: 'unavailable', error: { code: 'unauthenticated' } }

describe('Supabase’s client behind a flow', () => {
  it('enrolls with a code of an authenticator, which raises the session to aal2', async () => {
    const { auth, flow } = await signedIn()
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, offersRecovery: false })
    const secret = await registered(flow)
    await submitted(flow, wrong(secret))
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'invalid_code' } })
    expect(await levelOf(auth)).toBe('aal1')
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({
      state: 'elevated',
      device: { verified: true },
      label: `Acme:${ANN.email}`,
    })
    expect(await levelOf(auth)).toBe('aal2')
  })

  it('takes up an enrollment after a reload, without its secret', async () => {
    const { auth, flow } = await signedIn()
    const secret = await registered(flow)
    const stored = JSON.parse(JSON.stringify(flow.persist()))
    flow.stop()
    const reloaded = await flowOf(auth, stored)
    expect(reloaded.getView()).toMatchObject({ state: 'awaitingCode', registration: null })
    await submitted(reloaded, oathtool(secret))
    expect(reloaded.getView()).toMatchObject({ state: 'elevated', device: { verified: true } })
  })

  it('clears away enrollments that were never finished, before it begins one', async () => {
    const { auth, flow } = await signedIn()
    for (let times = 0; times < 12; times += 1) {
      await registered(flow)
      flow.cancel()
      await flow.settled()
    }
    await submitted(flow, oathtool(await registered(flow)))
    expect((await auth.mfa.listFactors()).data?.all).toHaveLength(1)
  })

  it('says that another tab’s enrollment replaced the one on this page', async () => {
    const { auth, flow } = await signedIn()
    const secret = await registered(flow)
    await registered(await flowOf(auth))
    await submitted(flow, oathtool(secret))
    expect(flow.getView().error?.code).toBe('device_replaced')
  })

  it('refuses a second app, which another tab set up meanwhile', async () => {
    const { auth, flow } = await signedIn()
    const other = await flowOf(auth)
    await submitted(other, oathtool(await registered(other)))
    flow.register()
    await flow.settled()
    expect(flow.getView().error?.code).toBe('device_limit')
  })

  it('a code wins a token of the session that says when it was right, for a server to check', async () => {
    const { flow, secret } = await enrolled()
    flow.stepUp(['invoice:pay'], { fresh: true })
    await submitted(flow, oathtool(secret))
    const token = flow.takeElevatedToken('invoice:pay') ?? ''
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims.aal).toBe('aal2')
    const { timestamp } = claims.amr.find(({ method }: { method: string }) => method === 'totp')
    expect(Math.abs(timestamp - Date.now() / 1000)).toBeLessThan(60)
  })

  it('asks for a code before it removes the app from a session of aal1, and for none while one is fresh', async () => {
    const { origin, secret } = await enrolled()
    const auth = await tabOf(origin)
    const flow = await flowOf(auth)
    flow.deleteDevice()
    expect({ ...flow.getView() }).toMatchObject({ showsCodeField: true, error: null })
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: null })
    await submitted(flow, oathtool(await registered(flow)))
    flow.deleteDevice()
    await flow.settled()
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: null })
    expect(flow.takeElevatedToken('invoice:pay')).toBeNull()
  })

  it('asks for a code again where the service lowered the session meanwhile', async () => {
    const { service, flow, secret } = await enrolled()
    service.instead.set('DELETE /factors/:id', (response) => {
      service.instead.clear()
      response.writeHead(422, { 'content-type': 'application/json' }).end('{"error_code":"insufficient_aal"}')
    })
    flow.deleteDevice()
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
    expect(flow.getView().error?.code).toBe('proof_required')
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null })
  })

  it('a sign-in owes a code until one is right, as aal2 says', async () => {
    const { origin, secret } = await enrolled()
    const auth = await tabOf(origin)
    const flow = await flowOf(auth)
    expect(flow.getView().gate).toBe('codeOwed')
    flow.stepUp([])
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'elevated', gate: 'open' })
    expect(await levelOf(auth)).toBe('aal2')
    const later = await flowOf(auth)
    expect(later.getView()).toMatchObject({ gate: 'open', device: { verified: true } })
  })

  it('finds out from a code that the app was removed elsewhere', async () => {
    const { auth, flow, secret } = await enrolled()
    const { data } = await auth.mfa.listFactors()
    await auth.mfa.unenroll({ factorId: data?.all[0]?.id ?? '' })
    flow.stepUp(['invoice:pay'], { fresh: true })
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: { code: 'no_device' } })
  })
})

describe('a session at Supabase that is over', () => {
  it('a page where nobody is signed in says so before it asks for anything', async () => {
    const { origin } = await started()
    expect((await flowOf(await tabOf(origin, false))).getView()).toMatchObject(isOver)
  })

  it('an enrollment ends with a session that the service ended', async () => {
    const { service, flow } = await signedIn()
    const secret = await registered(flow)
    service.endSessions()
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ ...isOver, registration: null })
  })

  it('the flow forgets everything when the app signs the user out', async () => {
    const { auth, flow } = await enrolled()
    await auth.signOut()
    await flow.waitFor(({ detail }) => detail === 'unavailable')
    expect(flow.getView()).toMatchObject({ ...isOver, device: undefined })
    expect(flow.takeElevatedToken('invoice:pay')).toBeNull()
  })

  it('the flow forgets everything when the app signs in another user', async () => {
    const { service, auth, flow } = await enrolled()
    service.addUser('bob@example.com', ANN.password)
    await auth.signInWithPassword({ ...ANN, email: 'bob@example.com' })
    await flow.waitFor(({ detail }) => detail === 'unavailable')
    expect(flow.getView().device).toBeUndefined()
  })

  it('a new token of the same session ends nothing', async () => {
    const { auth } = await enrolled()
    const over = vi.fn<() => void>()
    onTestFinished(supabaseBackend(auth, { issuer: 'Acme' }).onSignedOut?.(over) ?? (() => {}))
    await auth.refreshSession()
    expect(over).not.toHaveBeenCalled()
  })
})

describe('an answer on the way from Supabase', () => {
  const json = (status: number, code: string) => [status, JSON.stringify({ error_code: code })] as const
  it.each<[string, number, string, string]>([
    ['of too many calls', ...json(429, 'over_request_rate_limit'), 'rate_limited'],
    ['of a hook that rejected the code', ...json(403, 'mfa_verification_rejected'), 'unauthenticated'],
    ['of a project without authenticator apps', ...json(422, 'mfa_totp_verify_not_enabled'), 'not_covered'],
    ['of a stale challenge', ...json(422, 'mfa_challenge_expired'), 'server'],
    ['with a code that nobody knows', ...json(422, 'toString'), 'bad_request'],
    ['of a server that broke', 500, '{}', 'server'],
    ['of a proxy without an upstream', 502, '<p>Bad gateway', 'server'],
    ['of a captive portal', 200, '<p>Log in', 'network'],
    ['in another shape', 200, '{"access_token":1}', 'malformed_response'],
  ])('one %s is said in the words of a flow', async (_claim, status, body, code) => {
    const { service, auth } = await signedIn()
    const backend = supabaseBackend(auth, { issuer: 'Acme' })
    const { id, secret } = await backend.registerTotpMfaDevice()
    service.instead.set('POST /factors/:id/verify', (response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
    const answer = backend.authenticateTotpMfaDevice({ code: oathtool(secret), deviceId: id })
    await expect(answer).rejects.toMatchObject({ code })
  })

  it('one that never came is the network’s', async () => {
    const { service, auth } = await signedIn()
    service.instead.set('GET /user', (response) => response.destroy())
    const call = supabaseBackend(auth, { issuer: 'Acme' }).getMfaDevices()
    await expect(call).rejects.toMatchObject({ code: 'network' })
  })

  it('an aborted call rejects as aborted, and one that was aborted before is not made', async () => {
    const { service, auth } = await signedIn()
    const backend = supabaseBackend(auth, { issuer: 'Acme' })
    service.instead.set('GET /user', () => {})
    const ending = new AbortController()
    const call = backend.getMfaDevices({ signal: ending.signal })
    ending.abort()
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
    const before = service.calls.length
    const late = backend.registerTotpMfaDevice({ signal: AbortSignal.abort() })
    await expect(late).rejects.toMatchObject({ code: 'aborted' })
    expect(service.calls).toHaveLength(before)
  })
})
