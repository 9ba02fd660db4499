/** The page of docs/providers/supabase.md in a real browser, with Supabase's client in it, over the stand-in. */
import { expect, it } from 'vitest'
import { button, codeField } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { personOn } from '../support/provider-page.ts'
import { gotrue } from './gotrue.ts'

const ANN = { email: 'ann@example.com', password: 'correct horse battery' }

const service = gotrue()
service.addUser(ANN.email, ANN.password)
const here = exampleInBrowser(() => withPage('supabase', service.listener))
const ann = personOn(here, ANN)

it('a user signs in and sets up an app, through a reload and a wrong code', async () => {
  const { page, origin } = here
  await page.goto(origin)
  await ann.signIn()
  await ann.said('Welcome')
  await button(page, 'Set up authenticator app').click()
  await ann.scanAndEnterCode('supabase')
})

it('the next sign-in owes a code, also over a reload', async () => {
  await ann.signInAgain()
  await ann.enterOwedCode()
})

it('too many calls close the code field, and a reload leaves the code owed', async () => {
  const { page } = here
  await ann.signInAgain()
  service.instead.set('POST /factors/:id/challenge', (response) => {
    response
      .writeHead(429, { 'content-type': 'application/json' })
      .end('{"error_code":"over_request_rate_limit"}')
  })
  await codeField(page).fill(ann.code())
  await ann.said('Too many attempts')
  service.instead.clear()
  await page.reload()
  await codeField(page).fill(ann.code())
  await ann.said('Welcome')
})

it('the app is removed, and a session that is over is said to be', async () => {
  const { page } = here
  await button(page, 'Remove authenticator app').click()
  await button(page.getByRole('dialog'), 'Remove authenticator app').click()
  await ann.said('No authenticator app yet')
  service.endSessions()
  await button(page, 'Set up authenticator app').click()
  await ann.said('You are signed out')
  expect(here.broken).toEqual([])
})
