/** The page of docs/providers/supabase.md in a real browser, with Supabase's client in it, over the stand-in. */
import { expect, it } from 'vitest'
import { button, codeField, scan } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'
import { gotrue } from './gotrue.ts'

const ANN = { email: 'ann@example.com', password: 'correct horse battery' }

const service = gotrue()
service.addUser(ANN.email, ANN.password)
const here = exampleInBrowser(() => withPage('supabase', service.listener))
let secret = ''

const said = (text: string) => here.page.getByText(text).filter({ visible: true }).first().waitFor()
async function signIn() {
  const form = here.page.locator('#sign-in')
  await form.getByLabel('Email').fill(ANN.email)
  await form.getByLabel('Password').fill(ANN.password)
  await button(here.page, 'Sign in').click()
}
async function signInAgain() {
  await button(here.page, 'Sign out').click()
  await said('Signed out')
  await signIn()
  await here.page.getByRole('dialog', { name: 'Confirm it’s you' }).waitFor()
}
/** Digits that are wrong now and in the periods around. */
function wrong() {
  const near = [-60, -30, 0, 30, 60].map((seconds) => oathtool(secret, seconds))
  return (
    ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? ''
  )
}

it('a user signs in and sets up an app, through a reload and a wrong code', async () => {
  const { page, origin } = here
  await page.goto(origin)
  await signIn()
  await said('Welcome')
  await button(page, 'Set up authenticator app').click()
  ;({ secret } = await scan(page, 'supabase'))
  await page.reload()
  await said('Welcome')
  await codeField(page).fill(wrong())
  await said('That code didn’t match')
  await codeField(page).fill(oathtool(secret))
  await said('Authenticator app is on')
})

it('the next sign-in owes a code, also over a reload', async () => {
  const { page } = here
  await signInAgain()
  await codeField(page).fill(wrong())
  await said('That code didn’t match')
  await page.reload()
  await codeField(page).fill(oathtool(secret))
  await said('Welcome')
})

it('too many calls close the code field, and a reload leaves the code owed', async () => {
  const { page } = here
  await signInAgain()
  service.instead.set('POST /factors/:id/challenge', (response) => {
    response
      .writeHead(429, { 'content-type': 'application/json' })
      .end('{"error_code":"over_request_rate_limit"}')
  })
  await codeField(page).fill(oathtool(secret))
  await said('Too many attempts')
  service.instead.clear()
  await page.reload()
  await codeField(page).fill(oathtool(secret))
  await said('Welcome')
})

it('the app is removed, and a session that is over is said to be', async () => {
  const { page } = here
  await button(page, 'Remove device').click()
  await button(page.getByRole('dialog'), 'Remove device').click()
  await said('No authenticator app yet')
  service.endSessions()
  await button(page, 'Set up authenticator app').click()
  await said('You are signed out')
  expect(here.broken).toEqual([])
})
