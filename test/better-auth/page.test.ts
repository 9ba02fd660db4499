/** The app of docs/providers/better-auth.md, its server and its page, in a real browser with a real authenticator. */
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { expect, it, vi } from 'vitest'
import { button, codeField, scan } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'

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
let secret = ''
let backupCodes: string[] = []

const said = (text: string) => here.page.getByText(text).filter({ visible: true }).first().waitFor()
async function fillSignIn() {
  const form = here.page.locator('#sign-in')
  await form.getByLabel('Email').fill(ANN.email)
  await form.getByLabel('Password').fill(ANN.password)
}
async function confirm(password: string) {
  await here.page.getByLabel('Password', { exact: true }).filter({ visible: true }).fill(password)
  await here.page.keyboard.press('Enter')
}
/** Digits that are wrong now and in the periods around. */
function wrong() {
  const near = [-60, -30, 0, 30, 60].map((seconds) => oathtool(secret, seconds))
  return (
    ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? ''
  )
}

it('a user signs up, and sets up an app for the password, through a reload and a wrong code', async () => {
  const { page, origin } = here
  await page.goto(origin)
  await fillSignIn()
  await button(page, 'Sign up').click()
  await said('Welcome')
  await button(page, 'Set up authenticator app').click()
  await confirm('wrong')
  await said('That password isn’t right')
  await confirm(ANN.password)
  ;({ secret } = await scan(page, 'better-auth'))
  await page.reload()
  await said('Welcome')
  await codeField(page).fill(wrong())
  await said('That code didn’t match')
  await codeField(page).fill(oathtool(secret))
  await said('Authenticator app is on')
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

async function signIn() {
  await button(here.page, 'Sign out').click()
  await said('Signed out')
  await fillSignIn()
  await button(here.page, 'Sign in').click()
  await here.page.getByRole('dialog', { name: 'Confirm it’s you' }).waitFor()
}
const session = async () => (await here.page.request.get(`${here.origin}/api/auth/get-session`)).json()

it('the next sign-in has no session before a code was right, also over a reload', async () => {
  const { page } = here
  await signIn()
  expect(await session()).toBeNull()
  await codeField(page).fill(wrong())
  await said('That code didn’t match')
  await page.reload()
  await codeField(page).fill(oathtool(secret))
  await said('Welcome')
  expect(await session()).toMatchObject({ user: { email: ANN.email } })
})

it('a backup code signs in once, in the letters that were shown', async () => {
  const { page } = here
  const [one = ''] = backupCodes
  await signIn()
  await button(page, 'Use a recovery code instead').click()
  const field = page.getByRole('textbox', { name: 'Recovery code' })
  await field.fill(one.toLowerCase() === one ? one.toUpperCase() : one.toLowerCase())
  await page.keyboard.press('Enter')
  await said('That recovery code didn’t match')
  await field.fill(one)
  await page.keyboard.press('Enter')
  await said('Welcome')
})

it('too many codes close the field until the time that better-auth says', async () => {
  const { page } = here
  await signIn()
  instead.set('/api/auth/two-factor/verify-totp', [429, { 'x-retry-after': '2' }])
  await codeField(page).fill(oathtool(secret))
  await said('Too many attempts')
  instead.clear()
  await expect.poll(() => page.getByText('Too many attempts').filter({ visible: true }).count()).toBe(0)
  await codeField(page).fill(oathtool(secret, 30))
  await said('Welcome')
})

it('a session that is over is said to be, and a new sign-in goes on', async () => {
  const { page } = here
  await button(page, 'Remove device').click()
  await here.context.clearCookies()
  await confirm(ANN.password)
  await said('You are signed out')
  await signIn()
  await codeField(page).fill(oathtool(secret))
  await said('Welcome')
})

it('the app is removed for the password', async () => {
  const { page } = here
  await button(page, 'Remove device').click()
  await confirm(ANN.password)
  await said('No authenticator app yet')
  expect(await session()).toMatchObject({ user: { twoFactorEnabled: false } })
  expect(here.broken).toEqual([])
})
