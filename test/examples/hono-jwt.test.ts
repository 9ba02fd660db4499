/** The app of docs/signed-in-apps.md with JWTs, in a real browser. */
import { randomBytes } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { toNodeHandler } from '../../src/server/node/index.ts'
import { button, codeField, scan } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'

const here = exampleInBrowser(async () => {
  vi.stubEnv('TOTP_FLOW_MASTER_KEY', randomBytes(32).toString('base64'))
  vi.stubEnv('JWT_SECRET', randomBytes(32).toString('base64'))
  const { app } = await import('../../examples/hono-jwt/server.ts')
  return withPage('hono-jwt', toNodeHandler(app.fetch))
})
let secret = ''

async function signIn() {
  const { page, origin } = here
  await page.goto(origin)
  await page.getByLabel('Email').fill('ann@example.com')
  await button(page, 'Sign in').click()
}
const said = (text: string) => here.page.getByText(text, { exact: true }).waitFor()

it('a new user is let in once an app is set up, and pays behind a code', async () => {
  const { page } = here
  await signIn()
  await button(page, 'Set up authenticator app').click()
  expect(await page.getByText('Welcome').count()).toBe(0)
  ;({ secret } = await scan(page, 'hono-jwt'))
  await codeField(page).fill(oathtool(secret))
  await said('Welcome, ann@example.com')
  await button(page, 'Copy codes').click()
  await button(page, 'I have saved these codes').click()
  await button(page, 'Pay the invoice').click()
  await codeField(page).fill(oathtool(secret, 30))
  await said('Paid by ann@example.com')
})

it('the next sign-in asks for a code, and its JWT alone is let in nowhere', async () => {
  const { page, origin } = here
  await signIn()
  await page.getByRole('dialog', { name: 'Confirm it’s you' }).waitFor()
  const signedIn = await fetch(`${origin}/sign-in`, { method: 'POST', body: '{"email":"ann@example.com"}' })
  const { token } = await signedIn.json()
  const headers = { authorization: `Bearer ${token}` }
  const ask = async (path: string, method: string, given: HeadersInit) =>
    (await fetch(`${origin}${path}`, { method, headers: given })).headers.get('www-authenticate')
  expect(await ask('/account', 'GET', headers)).toContain('max_age="43200"')
  expect(await ask('/pay', 'POST', headers)).toContain('max_age="43200"')
  expect(await ask('/account', 'GET', { authorization: 'Bearer forged' })).toBe('Bearer')
  expect(here.broken).toEqual([])
})
