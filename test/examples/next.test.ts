/** The route handlers of docs/signed-in-apps.md, called as Next calls them; `npm run consumers` runs them in Next itself. */
import { randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { httpBackend } from '../../src/client/http-backend.ts'
import { authenticator } from '../../src/testing/authenticator.ts'

const SESSION_SECRET = randomBytes(32).toString('base64')
beforeEach(() => {
  vi.stubEnv('TOTP_FLOW_MASTER_KEY', randomBytes(32).toString('base64'))
  vi.stubEnv('SESSION_SECRET', SESSION_SECRET)
})
afterEach(() => vi.unstubAllEnvs())

it('a user with a session cookie enrolls and pays behind a code, and nobody else does either', async () => {
  const api = await import('../../examples/next/app/api/v0/[...path]/route.ts')
  const { POST: pay } = await import('../../examples/next/app/api/pay/route.ts')
  const session = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ann@example.com')
    .setIssuedAt()
    .sign(new TextEncoder().encode(SESSION_SECRET))
  const withCookie =
    (cookie: string, more: Record<string, string> = {}): typeof fetch =>
    (input, init) => {
      const request = new Request(input, init)
      request.headers.set('cookie', cookie)
      for (const [name, value] of Object.entries(more)) request.headers.set(name, value)
      return api[request.method as 'GET'](request)
    }
  const backendWith = (fetch: typeof globalThis.fetch) =>
    httpBackend({
      baseUrl: 'http://test.local/api/v0',
      environmentId: 'default',
      credentials: 'same-origin',
      fetch,
    })
  const backend = backendWith(withCookie(`a=b; session=${session}`))
  const { uri } = await backend.registerTotpMfaDevice()
  const phone = authenticator(uri)
  await backend.authenticateTotpMfaDevice({ code: phone.code() })
  const { elevation } = await backend.authenticateTotpMfaDevice({
    code: phone.code(1),
    requestedScopes: ['invoice:pay'],
  })
  const headers = { cookie: `session=${session}`, 'x-totp-flow': '1' }
  const paying = (more: Record<string, string>) =>
    pay(new Request('http://test.local/api/pay', { method: 'POST', headers: { ...headers, ...more } }))
  expect((await paying({})).status).toBe(401)
  const paid = await paying({ 'x-dyn-elevated-access-token': elevation?.token ?? '' })
  expect(await paid.json()).toEqual({ paidBy: 'ann@example.com' })

  await expect(backendWith(withCookie('session=forged')).getMfaDevices()).rejects.toMatchObject({
    code: 'unauthenticated',
  })
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const elsewhere = withCookie(`session=${session}`, { 'sec-fetch-site': 'same-site' })
  await expect(backendWith(elsewhere).getMfaDevices()).rejects.toMatchObject({ code: 'csrf_rejected' })
  expect(told).toHaveBeenCalledOnce()
  told.mockRestore()
})
