/** The recipe of docs/providers/own-factor.md over a real better-auth, in a real browser with a real authenticator. */
import { randomBytes } from 'node:crypto'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'totp-flow/server/node'
import { expect, it, vi } from 'vitest'
import { button, codeField } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { ask, cookiesOf, DEVICES, NOBODY, OWES_CODE, pageOf, withCookies } from './app.ts'

const ANN = { email: 'ann@example.com', password: 'correct horse battery' }

let recipe: Pick<typeof import('../../examples/own-factor/better-auth.ts'), 'auth' | 'totp'>
const here = exampleInBrowser(async () => {
  vi.stubEnv('TOTP_FLOW_MASTER_KEY', randomBytes(32).toString('base64'))
  vi.stubEnv('BETTER_AUTH_SECRET', 'a secret of this test alone, and of no one else')
  const { app, auth, totp } = await import('../../examples/own-factor/better-auth.ts')
  recipe = { auth, totp }
  await (await getMigrations(auth.options)).runMigrations()
  return withPage('own-factor', toNodeHandler(app.fetch))
})
const { said, session, setUp, pay, enterRecoveryCode } = pageOf(here)

async function send(name: 'Sign in' | 'Sign up') {
  const { page } = here
  await page.getByLabel('Email').fill(ANN.email)
  await page.getByLabel('Password').fill(ANN.password)
  await button(page, name).click()
}
/** Another browser, in which somebody signs up. */
async function signedUp(email: string) {
  const body = { email, password: ANN.password, name: email }
  const { headers, response } = await recipe.auth.api.signUpEmail({ body, returnHeaders: true })
  return { user: response.user, cookies: cookiesOf(headers) }
}
const annsId = async () =>
  (await recipe.auth.api.getSession({ headers: new Headers(await session()) }))?.user.id ?? ''

it('a user of better-auth is let in once an app is set up, and pays behind a code', async () => {
  await here.page.goto(here.origin)
  await send('Sign up')
  await setUp()
  await pay()
})

it('the next session of better-auth owes a code, whose recovery code lets it in', async () => {
  const signedOut = await session()
  await button(here.page, 'Sign out').click()
  await send('Sign in')
  await enterRecoveryCode()
  // A copy of the cookies from before the sign-out.
  expect(await ask(here.origin, 'GET /account', signedOut)).toBe(NOBODY)
  expect(await ask(here.origin, DEVICES, signedOut)).toBe(NOBODY)
})

it('an elevation and a verified session of one user of better-auth are refused from another', async () => {
  const { user, cookies } = await signedUp('ben@example.com')
  const ann = await here.context.cookies()
  const verified = ann.filter(({ name }) => name === 'totp-flow')
  expect(verified).toHaveLength(1)
  const asBen = withCookies([...cookies, ...verified])
  expect(await ask(here.origin, DEVICES, asBen)).toBe('200')
  expect(await ask(here.origin, 'GET /account', asBen)).toBe(OWES_CODE)
  const userId = await annsId()
  expect(userId).not.toBe(user.id)
  const elevation = await recipe.totp.mintElevation({ userId, account: userId }, ['invoice:pay'])
  const elevated = { 'x-dyn-elevated-access-token': elevation }
  expect(await ask(here.origin, 'POST /pay', { ...asBen, ...elevated })).toBe(OWES_CODE)
  expect(await ask(here.origin, 'POST /pay', { ...withCookies(ann), ...elevated })).toBe('200')
})

it('no request counts without a session of better-auth, or from a page of another origin', async () => {
  const { cookie, ...header } = await session()
  expect(await ask(here.origin, 'GET /account')).toBe(NOBODY)
  expect(await ask(here.origin, 'GET /account', header)).toBe(NOBODY)
  expect(await ask(here.origin, 'GET /account', { ...header, cookie: 'better-auth.session_token=a.b' })).toBe(
    NOBODY,
  )
  expect(await ask(here.origin, 'POST /pay', { cookie })).toBe('403 csrf_rejected')
  const evil = { ...header, cookie, origin: 'https://evil.example' }
  expect(await ask(here.origin, 'POST /pay', evil)).toBe('403 csrf_rejected')
})

it('a session of better-auth that expired is over for the second factor', async () => {
  const { cookies } = await signedUp('cleo@example.com')
  const asCleo = withCookies(cookies)
  expect(await ask(here.origin, DEVICES, asCleo)).toBe('200')
  recipe.auth.options.database.exec(`update session set "expiresAt" = '2020-01-01T00:00:00.000Z'
    where "userId" = (select id from user where email = 'cleo@example.com')`)
  expect(await ask(here.origin, DEVICES, asCleo)).toBe(NOBODY)
})

it('a session that better-auth revoked is over for the second factor, and the page says so', async () => {
  const revoked = await session()
  await recipe.auth.api.revokeSessions({ headers: new Headers(revoked) })
  for (const call of ['GET /account', 'POST /pay', DEVICES] as const)
    expect(await ask(here.origin, call, revoked)).toBe(NOBODY)
  await button(here.page, 'Remove authenticator app').click()
  await codeField(here.page).fill('000000')
  await here.page.keyboard.press('Enter')
  await said('You are signed out')
  expect(here.broken).toEqual([])
})
