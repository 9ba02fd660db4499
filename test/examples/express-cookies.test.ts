/** The app of docs/signed-in-apps.md with its session in a cookie, in a real browser, and other people's pages against it. */
import { randomBytes } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { button, codeField, scan } from '../e2e/demo-page.ts'
import { exampleInBrowser, serveOnLocalhost, withPage } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'

/** What the server answered, in order. */
const answers: [method: string | undefined, path: string, status: number][] = []
const here = exampleInBrowser(async () => {
  vi.stubEnv('TOTP_FLOW_MASTER_KEY', randomBytes(32).toString('base64'))
  const { app } = await import('../../examples/express-cookies/server.ts')
  return withPage('express-cookies', (request, response) => {
    const { pathname } = new URL(request.url ?? '', here.origin) // which Express changes
    response.once('finish', () => answers.push([request.method, pathname, response.statusCode]))
    app(request, response)
  })
})
let secret = ''
let recoveryCode = ''

async function signIn() {
  const { page, origin } = here
  await page.goto(origin)
  await page.getByLabel('Email').fill('ann@example.com')
  await button(page, 'Sign in').click()
}
const said = (text: string) => here.page.getByText(text, { exact: true }).waitFor()
const script = <T>(code: string): Promise<T> => here.page.evaluate(code)

it('a user signs in without a code, sets up an app, pays behind a code, and no script sees a session', async () => {
  const { page } = here
  await signIn()
  await said('Welcome')
  await button(page, 'Set up authenticator app').click()
  ;({ secret } = await scan(page, 'express-cookies'))
  await codeField(page).fill(oathtool(secret))
  await page.getByText('Authenticator app is on').waitFor()
  const codes = await page.getByRole('list', { name: 'Recovery codes' }).textContent()
  recoveryCode = codes?.slice(0, 17) ?? ''
  await button(page, 'Copy codes').click()
  await button(page, 'I have saved these codes').click()
  await button(page, 'Pay the invoice').click()
  await codeField(page).fill(oathtool(secret, 30))
  await said('Paid by ann@example.com')
  expect(await script('document.cookie')).toBe('')
  const cookies = await here.context.cookies()
  expect(cookies.map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]).sort()).toEqual([
    ['sid', true, 'Lax'],
    ['totp-flow', true, 'Strict'],
  ])
})

it('no page of another origin gets anything done with the cookie, by forms, fetches, images or links', async () => {
  const { context, origin } = here
  const path = '/api/v0/sdk/default'
  const api = `${origin}${path}`
  const evil = await serveOnLocalhost((_request, response) => {
    response.setHeader('content-type', 'text/html').end(`<!doctype html>
      <form id="urlencoded" method="post" action="${api}/users/mfa/auth/totp"><input name="code" value="123456"></form>
      <form id="json" method="post" enctype="text/plain" action="${api}/users/mfa/auth/totp">
        <input name='{"code":"123456","x":"' value='"}'></form>
      <form id="refresh" method="post" action="${api}/refresh"></form>
      <form id="pay" method="post" action="${origin}/pay"></form>
      <form id="complete" method="post" action="${origin}/sign-in/code"></form>
      <form id="register" action="${api}/users/mfa/register/totp"></form>
      <iframe id="frame" name="frame" sandbox="allow-forms allow-scripts"
        srcdoc='<form method="post" action="${api}/refresh"></form><script>document.forms[0].submit()</script>'></iframe>
      <a href="${api}/users/mfa">a link</a><img src="${api}/users/mfa/register/totp" alt="">`)
  })
  try {
    // Another port is the same site: the cookies come along, which is more than another site's page would have.
    for (const from of [evil.origin, evil.origin.replace('localhost', '127.0.0.1')]) {
      const page = await context.newPage()
      answers.length = 0
      for (const id of ['urlencoded', 'json', 'refresh', 'pay', 'complete', 'register']) {
        await page.goto(from)
        await Promise.all([
          page.waitForURL(`${origin}/**`),
          page.evaluate(`document.getElementById('${id}').submit()`),
        ])
      }
      await page.goto(from)
      await Promise.all([page.waitForURL(`${origin}/**`), page.getByRole('link').click()])
      await page.goto(from)
      const fetched = await page.evaluate(`Promise.all([
        ['GET', '${path}/users/mfa', {}],
        ['POST', '${path}/refresh', {}],
        ['GET', '${path}/users', { headers: { 'x-totp-flow': '1' } }],
        ['POST', '/pay', { headers: { 'x-totp-flow': '1' } }],
      ].map(([method, where, init]) =>
        fetch('${origin}' + where, { method, credentials: 'include', ...init }).then(() => 'read', () => 'failed')))`)
      expect(fetched).toEqual(['failed', 'failed', 'failed', 'failed'])
      const told = answers.map(([method, path, status]) => `${method} ${path} ${status}`)
      expect(told.filter((line) => !/^OPTIONS| 40[135]$/.test(line))).toEqual([])
      if (from === evil.origin) {
        for (const line of [
          `GET ${path}/users/mfa 403`,
          `GET ${path}/users/mfa/register/totp 403`,
          `OPTIONS ${path}/users 405`,
          `POST ${path}/refresh 403`,
          `POST ${path}/users/mfa/auth/totp 403`,
          'POST /pay 403',
          'POST /sign-in/code 403',
        ])
          expect(told).toContain(line)
      }
      await page.close()
    }
  } finally {
    evil.close()
  }
})

it('the next sign-in asks for a code, and is let in nowhere before one was right', async () => {
  const { page } = here
  await button(page, 'Sign out').click()
  await said('Signed out')
  const ask = (path: string) =>
    script<number>(
      `fetch('${path}', { method: 'POST', headers: { 'x-totp-flow': '1' } }).then(({ status }) => status)`,
    )
  expect(await ask('/pay')).toBe(401)
  await signIn()
  await page.getByRole('dialog', { name: 'Confirm it’s you' }).waitFor()
  expect(await script(`fetch('/pay', { method: 'POST' }).then((answer) => answer.text())`)).toBe(
    '{"error":"Sign in first."}',
  )
  await button(page, 'Use a recovery code instead').click()
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(recoveryCode)
  await page.keyboard.press('Enter')
  await said('Welcome')
  expect(await script(`fetch('/pay', { method: 'POST' }).then((answer) => answer.text())`)).toContain(
    'csrf_rejected',
  )
  expect(here.broken).toEqual([])
})
