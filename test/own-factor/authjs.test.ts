/** The recipe of docs/providers/own-factor.md over the real Auth.js, in a real browser with a real authenticator. */
import { randomBytes } from 'node:crypto'
import Credentials from '@auth/core/providers/credentials'
import type { TotpServer } from 'totp-flow/server'
import { toNodeHandler } from 'totp-flow/server/node'
import { afterEach, expect, it, vi } from 'vitest'
import { createAuthjsApp } from '../../examples/own-factor/authjs.ts'
import { button } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { ask, cookiesOf, DEVICES, NOBODY, OWES_CODE, pageOf, withCookies } from './app.ts'

const PASSWORD = 'correct horse battery'
const ANN = 'credentials:ann@example.com'

let totp: TotpServer
const here = exampleInBrowser(async () => {
  vi.stubEnv('TOTP_FLOW_MASTER_KEY', randomBytes(32).toString('base64'))
  vi.stubEnv('AUTH_SECRET', 'a secret of this test alone, and of no one else')
  const password = Credentials({
    credentials: { email: { label: 'Email' }, password: { label: 'Password', type: 'password' } },
    authorize: (given) =>
      given.password === PASSWORD ? { id: String(given.email), email: String(given.email) } : null,
  })
  const recipe = createAuthjsApp({ providers: [password] })
  totp = recipe.totp
  return withPage('own-factor', toNodeHandler(recipe.app.fetch))
})
afterEach(() => vi.restoreAllMocks())
const { session, setUp, pay, enterRecoveryCode } = pageOf(here)

/** By the page that Auth.js brings along. */
async function signIn() {
  const { page, origin } = here
  await page.goto(`${origin}/auth/signin?callbackUrl=${encodeURIComponent('/?authjs')}`)
  await page.getByLabel('Email').fill('ann@example.com')
  await page.getByLabel('Password').fill(PASSWORD)
  await button(page, 'Sign in with Credentials').click()
}
/** Another browser, in which somebody signs in. */
async function signedIn(email: string) {
  const csrf = await fetch(`${here.origin}/auth/csrf`)
  const { csrfToken } = await csrf.json()
  const cookies = cookiesOf(csrf.headers)
  const answer = await fetch(`${here.origin}/auth/callback/credentials`, {
    method: 'POST',
    redirect: 'manual',
    headers: withCookies(cookies),
    body: new URLSearchParams({ csrfToken, email, password: PASSWORD }),
  })
  return cookiesOf(answer.headers).filter(({ name }) => name === 'authjs.session-token')
}

it('a user of Auth.js is let in once an app is set up, and pays behind a code', async () => {
  await signIn()
  await setUp()
  await pay()
})

it('the page of Auth.js learns nothing of what its session holds for the second factor', async () => {
  const answer = await fetch(`${here.origin}/auth/session`, { headers: await session() })
  expect(await answer.json()).toEqual({ user: { email: 'ann@example.com' }, expires: expect.any(String) })
})

it('a session of Auth.js stays verified when Auth.js renews its token', async () => {
  const before = await session()
  const renewed = cookiesOf((await fetch(`${here.origin}/auth/session`, { headers: before })).headers)
  const verified = (await here.context.cookies()).filter(({ name }) => name === 'totp-flow')
  const after = withCookies([...renewed, ...verified])
  expect(after.cookie).not.toBe(before.cookie)
  expect(await ask(here.origin, 'GET /account', after)).toBe('200')
})

it('the next session of Auth.js owes a code, whose recovery code lets it in', async () => {
  const out = button(here.page, 'Sign out')
  await out.click()
  await out.waitFor({ state: 'hidden' })
  await signIn()
  await enterRecoveryCode()
})

it('an elevation and a verified session of one user of Auth.js are refused from another', async () => {
  const ann = await here.context.cookies()
  const verified = ann.filter(({ name }) => name === 'totp-flow')
  expect(verified).toHaveLength(1)
  const asBen = withCookies([...(await signedIn('ben@example.com')), ...verified])
  expect(await ask(here.origin, DEVICES, asBen)).toBe('200')
  expect(await ask(here.origin, 'GET /account', asBen)).toBe(OWES_CODE)
  const elevation = await totp.mintElevation({ userId: ANN, account: ANN }, ['invoice:pay'])
  const elevated = { 'x-dyn-elevated-access-token': elevation }
  expect(await ask(here.origin, 'POST /pay', { ...asBen, ...elevated })).toBe(OWES_CODE)
  expect(await ask(here.origin, 'POST /pay', { ...withCookies(ann), ...elevated })).toBe('200')
})

it('no request counts without a session of Auth.js, or from a page of another origin', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {}) // Auth.js tells what is wrong with a cookie
  const { cookie, ...header } = await session()
  expect(await ask(here.origin, DEVICES)).toBe(NOBODY)
  expect(await ask(here.origin, DEVICES, header)).toBe(NOBODY)
  const [{ name, value } = { name: '', value: '' }] = await signedIn('cleo@example.com')
  expect(await ask(here.origin, DEVICES, withCookies([{ name, value }]))).toBe('200')
  const [head = '', key, iv, text = '', tag = ''] = value.split('.')
  const changed = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`
  for (const forged of ['a.b', [head, key, iv, changed, tag].join('.'), ''])
    expect(await ask(here.origin, DEVICES, withCookies([{ name, value: forged }]))).toBe(NOBODY)
  const evil = { ...header, cookie, origin: 'https://evil.example' }
  expect(await ask(here.origin, 'POST /pay', evil)).toBe('403 csrf_rejected')
})

it('a session of Auth.js that expired is over for the second factor', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {}) // Auth.js tells what is wrong with a cookie
  const cookies = withCookies(await signedIn('cleo@example.com'))
  expect(await ask(here.origin, DEVICES, cookies)).toBe('200')
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * 24 * 3600_000 })
  try {
    expect(await ask(here.origin, DEVICES, cookies)).toBe(NOBODY)
  } finally {
    vi.useRealTimers()
  }
})

it('a session of Auth.js is over for the second factor once all of its user are ended', async () => {
  const ended = await session()
  await totp.endSessions(ANN)
  for (const call of ['GET /account', 'POST /pay', DEVICES] as const)
    expect(await ask(here.origin, call, ended)).toBe(NOBODY)
  expect(here.broken).toEqual([])
})
