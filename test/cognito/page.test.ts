/** The page of docs/providers/cognito.md in a real browser, with Amplify in it, over cognito-local. */
import { afterAll, expect, it } from 'vitest'
import { button, codeField } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { personOn } from '../support/provider-page.ts'
import { PASSWORD, startCognito } from './server.ts'

const ANN = { email: 'ann@example.com', password: PASSWORD }

let cognito: Awaited<ReturnType<typeof startCognito>> | undefined
const here = exampleInBrowser(async () => {
  const started = await startCognito()
  cognito = started
  await started.addUser(ANN.email)
  return withPage('cognito', (request, response) => {
    if (request.url === '/config.json') response.end(JSON.stringify(started.config))
    else response.writeHead(404).end()
  })
})
afterAll(() => cognito?.stop())
const ann = personOn(here, ANN)

it('a user signs in and sets up an app, through a reload and a wrong code', async () => {
  const { page, origin } = here
  await page.goto(origin)
  await ann.signIn()
  await ann.said('Welcome')
  await button(page, 'Set up authenticator app').click()
  await ann.scanAndEnterCode('cognito')
})

it('the next sign-in owes a code, also over a reload', async () => {
  await ann.signInAgain()
  await ann.enterOwedCode()
})

it('a sign-in whose code comes too late returns to the form, also over a reload', async () => {
  const { page } = here
  await ann.signInAgain()
  await page.evaluate(() => {
    const kept = Object.keys(sessionStorage).filter((key) => key.startsWith('CognitoSignInState'))
    for (const key of kept) sessionStorage.removeItem(key) // Amplify discards a sign-in after three minutes
  })
  await page.reload()
  await codeField(page).fill(ann.code())
  await ann.said('You are signed out')
  await page.reload()
  await button(page, 'Sign in').waitFor()
  await ann.signIn()
  await codeField(page).fill(ann.code())
  await ann.said('Welcome')
})

it('the app is removed, and a session that is over is said to be', async () => {
  const { page } = here
  await button(page, 'Remove authenticator app').click()
  await button(page.getByRole('dialog'), 'Remove authenticator app').click()
  await ann.said('No authenticator app yet')
  await cognito?.removeUser(ANN.email)
  await button(page, 'Set up authenticator app').click()
  await ann.said('You are signed out')
  expect(here.broken).toEqual([])
})
