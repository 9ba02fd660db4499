/** The app of docs/providers/better-auth.md, its server and its page, in a real browser with a real authenticator. */
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { expect, it, vi } from 'vitest'
import { button, codeField } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { personOn } from '../support/provider-page.ts'

const ANN = { email: 'ann@example.com', password: 'correct horse battery' }

/** Answers in the place of better-auth, by path. */
const instead = new Map<string, [status: number, headers: Record<string, string>]>()
const here = exampleInBrowser(async () => {
  vi.stubEnv('BETTER_AUTH_SECRET', 'a secret of this test alone, and of no one else')
  const { auth } = await import('../../examples/better-auth/server.ts')
  await (await getMigrations(auth.options)).runMigrations()
  const handle = toNodeHandler(auth)
  return withPage('better-auth', (request, response) => {
    const answer = instead.get(request.url ?? '')
    if (answer) response.writeHead(...answer).end('{}')
    else if (request.url?.startsWith('/api/auth/')) void handle(request, response)
    else response.writeHead(404).end()
  })
})
const ann = personOn(here, ANN)
let backupCodes: string[] = []

async function confirm(password: string) {
  await here.page.getByLabel('Password', { exact: true }).filter({ visible: true }).fill(password)
  await here.page.keyboard.press('Enter')
}
it('a user signs up, and sets up an app for the password, through a reload and a wrong code', async () => {
  const { page, origin } = here
  await page.goto(origin)
  await ann.signIn('Sign up')
  await ann.said('Welcome')
  await button(page, 'Set up authenticator app').click()
  await confirm('wrong')
  await ann.said('That password isn’t right')
  await confirm(ANN.password)
  await ann.scanAndEnterCode('better-auth')
})

it('new backup codes are made for the password, and shown', async () => {
  const { page } = here
  await button(page, 'Generate new codes').click()
  await confirm(ANN.password)
  const list = page.getByRole('list', { name: 'Recovery codes' })
  await list.waitFor()
  backupCodes = await list.getByRole('listitem').allTextContents()
  expect(backupCodes).toHaveLength(10)
  await button(page, 'Copy codes').click()
  await button(page, 'I have saved these codes').click()
})

const session = async () => (await here.page.request.get(`${here.origin}/api/auth/get-session`)).json()

it('the next sign-in has no session before a code was right, also over a reload', async () => {
  await ann.signInAgain()
  expect(await session()).toBeNull()
  await ann.enterOwedCode()
  expect(await session()).toMatchObject({ user: { email: ANN.email } })
})

it('a backup code signs in once, in the letters that were shown', async () => {
  const { page } = here
  const [one = ''] = backupCodes
  await ann.signInAgain()
  await button(page, 'Use a recovery code instead').click()
  const field = page.getByRole('textbox', { name: 'Recovery code' })
  await field.fill(one.toLowerCase() === one ? one.toUpperCase() : one.toLowerCase())
  await page.keyboard.press('Enter')
  await ann.said('That recovery code didn’t match')
  await field.fill(one)
  await page.keyboard.press('Enter')
  await ann.said('Welcome')
})

it('too many codes close the field until the time that better-auth says', async () => {
  const { page } = here
  await ann.signInAgain()
  instead.set('/api/auth/two-factor/verify-totp', [429, { 'x-retry-after': '2' }])
  await codeField(page).fill(ann.code())
  await ann.said('Too many attempts')
  instead.clear()
  await expect.poll(() => page.getByText('Too many attempts').filter({ visible: true }).count()).toBe(0)
  await codeField(page).fill(ann.code(30))
  await ann.said('Welcome')
})

it('a session that is over is said to be, and a new sign-in goes on', async () => {
  const { page } = here
  await button(page, 'Remove authenticator app').click()
  await here.context.clearCookies()
  await confirm(ANN.password)
  await ann.said('You are signed out')
  await ann.signInAgain()
  await codeField(page).fill(ann.code())
  await ann.said('Welcome')
})

it('a sign-in whose code comes too late returns to the form, also over a reload', async () => {
  const { page } = here
  await ann.signInAgain()
  await here.context.clearCookies() // better-auth knows the sign-in by a cookie
  await codeField(page).fill(ann.code())
  await ann.said('You are signed out')
  await page.reload()
  await button(page, 'Sign in').waitFor()
  await ann.signIn('Sign in')
  await codeField(page).fill(ann.code())
  await ann.said('Welcome')
})

it('the app is removed for the password', async () => {
  const { page } = here
  await button(page, 'Remove authenticator app').click()
  await confirm(ANN.password)
  await ann.said('No authenticator app yet')
  expect(await session()).toMatchObject({ user: { twoFactorEnabled: false } })
  expect(here.broken).toEqual([])
})
