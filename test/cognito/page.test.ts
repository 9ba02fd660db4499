/** The page of docs/providers/cognito.md in a real browser, with Amplify in it, over cognito-local. */
import { afterAll, expect, it } from 'vitest'
import { button, codeField, scan } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'
import { PASSWORD, startCognito } from './server.ts'

const ANN = 'ann@example.com'

let cognito: Awaited<ReturnType<typeof startCognito>> | undefined
const here = exampleInBrowser(async () => {
  const started = await startCognito()
  cognito = started
  await started.addUser(ANN)
  return withPage('cognito', (request, response) => {
    if (request.url === '/config.json') response.end(JSON.stringify(started.config))
    else response.writeHead(404).end()
  })
})
afterAll(() => cognito?.stop())
let secret = ''

const said = (text: string) => here.page.getByText(text).filter({ visible: true }).first().waitFor()
async function fillSignIn() {
  const form = here.page.locator('#sign-in')
  await form.getByLabel('Email').fill(ANN)
  await form.getByLabel('Password').fill(PASSWORD)
  await button(here.page, 'Sign in').click()
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
  await fillSignIn()
  await said('Welcome')
  await button(page, 'Set up authenticator app').click()
  ;({ secret } = await scan(page, 'cognito'))
  await page.reload()
  await said('Welcome')
  await codeField(page).fill(wrong())
  await said('That code didn’t match')
  await codeField(page).fill(oathtool(secret))
  await said('Authenticator app is on')
})

it('the next sign-in owes a code, also over a reload', async () => {
  const { page } = here
  await button(page, 'Sign out').click()
  await said('Signed out')
  await fillSignIn()
  await codeField(page).fill(wrong())
  await said('That code didn’t match')
  await page.reload()
  await codeField(page).fill(oathtool(secret))
  await said('Welcome')
  await said('Authenticator app is on')
})

it('the app is removed, and a session that is over is said to be', async () => {
  const { page } = here
  await button(page, 'Remove device').click()
  await button(page.getByRole('dialog'), 'Remove device').click()
  await said('No authenticator app yet')
  await cognito?.removeUser(ANN)
  await button(page, 'Set up authenticator app').click()
  await said('You are signed out')
  expect(here.broken).toEqual([])
})
