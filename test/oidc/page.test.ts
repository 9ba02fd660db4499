/** The page of docs/providers/oidc.md in a real browser, with oauth4webapi in it, over the real oidc-provider. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest'
import { button } from '../e2e/demo-page.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'
import { OTP, PASSWORD, secretOf, startProvider } from './provider.ts'

let provider: Awaited<ReturnType<typeof startProvider>> | undefined
/** What the API wants of a proof. */
let wanted = { acr: OTP, maxAge: 60 as number | undefined }

async function transfer(request: IncomingMessage, response: ServerResponse) {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const found = token === undefined ? undefined : await provider?.find(token)
  const { acr, auth_time = 0 } = found?.extra ?? {}
  const { maxAge } = wanted
  if (acr === wanted.acr && (maxAge === undefined || Date.now() / 1000 - auth_time <= maxAge)) {
    response.end(`Sent by ${found?.accountId}, ${found?.scope}`)
    return
  }
  const age = maxAge === undefined ? '' : `, max_age="${maxAge}"`
  response
    .writeHead(401, {
      'www-authenticate': `Bearer error="insufficient_user_authentication", scope="transfer:write", acr_values="${wanted.acr}"${age}`,
    })
    .end()
}

const here = exampleInBrowser(async () => {
  const started = await startProvider(() => `${here.origin}/`)
  provider = started
  return withPage('oidc', (request, response) => {
    const { issuer, clientId } = started
    if (request.url === '/config.json')
      response.end(JSON.stringify({ issuer, clientId, redirectUri: `${here.origin}/` }))
    else if (request.url === '/transfers') transfer(request, response)
    else response.writeHead(404).end()
  })
})
beforeAll(() => provider?.open())
afterAll(() => provider?.close())
afterEach(async () => {
  wanted = { acr: OTP, maxAge: 60 }
  if (provider) Object.assign(provider.manner, { ignoresAcr: false, headers: {} })
  await here.context.clearCookies()
  await here.context.unrouteAll()
})

const said = (text: string) => here.page.getByRole('status').getByText(text).waitFor()
async function challenged() {
  await here.page.goto(here.origin)
  await button(here.page, 'Send money').click()
}
async function inPopup(): Promise<Page> {
  await challenged()
  const opening = here.context.waitForEvent('page')
  await button(here.page, 'Confirm in a popup').click()
  return opening
}
async function inThisTab(): Promise<Page> {
  await challenged()
  await button(here.page, 'Confirm in this tab').click()
  return here.page
}
async function signIn(at: Page, name = 'ann') {
  await at.getByLabel('Name').fill(name)
  await at.getByLabel('Password').fill(PASSWORD)
  await button(at, 'Continue').click()
}
async function enter(at: Page, code: string) {
  await at.getByLabel('Code').fill(code)
  await button(at, 'Continue').click()
}
const kept = () => here.page.evaluate(() => JSON.stringify({ ...sessionStorage }))

it.each([
  ['a redirect', inThisTab],
  ['a popup', inPopup],
])(
  'a challenge of an API is answered by a code at the provider, by %s, and the request goes again',
  async (_way, start) => {
    const at = await start()
    await signIn(at)
    await enter(at, 'abcdef')
    await at.getByText('Wrong code').waitFor()
    await enter(at, oathtool(secretOf('ann')))
    await said('Sent by ann, openid transfer:write')
    expect(here.page.url()).toBe(`${here.origin}/`)
    expect(await kept()).toBe('{}')
    expect(here.context.pages()).toHaveLength(1)
    expect(here.broken).toEqual([])
  },
)

it('a step-up that won a token serves later requests, too, until the API wants a newer one', async () => {
  const at = await inPopup()
  await signIn(at)
  await enter(at, oathtool(secretOf('ann')))
  await said('Sent by ann')
  await button(here.page, 'Send money').click()
  await said('Sent by ann')
  wanted.maxAge = 0
  await button(here.page, 'Send money').click()
  await here.page.getByRole('dialog', { name: 'Confirm it’s you' }).waitFor()
})

it.each([
  ['a redirect', inThisTab],
  ['a popup', inPopup],
])('canceling at the provider, by %s, is told as cancelled', async (_way, start) => {
  const at = await start()
  await signIn(at)
  await at.getByLabel('Code').waitFor()
  await button(at, 'Cancel').click()
  await said('cancelled')
  expect(here.page.url()).toBe(`${here.origin}/`)
})

it('a popup that is closed is told as cancelled', async () => {
  const popup = await inPopup()
  await popup.getByLabel('Name').waitFor()
  await popup.close()
  await said('cancelled')
})

it('a popup that the provider cuts off from the page is waited for, and answers', async () => {
  if (provider) provider.manner.headers = { 'cross-origin-opener-policy': 'same-origin' }
  await here.page.goto(here.origin)
  const popup = await inPopup()
  await here.page.evaluate(() => {
    // The popup has it; Playwright lets every page believe that it is its own.
    document.hasFocus = () => {
      document.body.dataset.looks = String(Number(document.body.dataset.looks ?? 0) + 1)
      return false
    }
  })
  // It looks closed, for longer than one that is closed is waited for.
  await expect
    .poll(async () => Number(await here.page.locator('body').getAttribute('data-looks')))
    .toBeGreaterThan(6)
  await signIn(popup)
  await enter(popup, oathtool(secretOf('ann')))
  await said('Sent by ann')
  await Promise.all(here.context.pages().map((one) => (one === here.page ? undefined : one.close())))
})

it('the browser’s own way back from the provider is told as cancelled, or leads to a page that is as before', async () => {
  await inThisTab()
  await here.page.getByLabel('Name').waitFor()
  await here.page.goBack()
  await button(here.page, 'Send money').click()
  await button(here.page, 'Cancel').click()
  await said('cancelled')
})

it('a provider that knows no way to what was asked is told as elevation_missing', async () => {
  await signIn(await inThisTab(), 'ben')
  await said('elevation_missing')
})

it.each([
  ['a redirect', inThisTab],
  ['a popup', inPopup],
])('a provider that leaves acr_values aside, by %s, is not taken at its word', async (_way, start) => {
  wanted = { acr: OTP, maxAge: undefined }
  if (provider) provider.manner.ignoresAcr = true
  // Without a session the page asks for what it can; a session of a password alone is what is passed on.
  const at = await here.context.newPage()
  await at.goto(
    `${provider?.issuer}/auth?${new URLSearchParams({ client_id: 'page', response_type: 'code', scope: 'openid', redirect_uri: `${here.origin}/`, code_challenge: 'a'.repeat(43), code_challenge_method: 'S256', state: 'other' })}`,
  )
  await signIn(at)
  await at.getByText('csrf_rejected').waitFor()
  await at.close()
  await start()
  await said('elevation_missing')
})

it('an answer to an older request is refused, and leaves the newer one as it was', async () => {
  const states: string[] = []
  here.context.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url())
    if (pathname === '/auth') states.push(searchParams.get('state') ?? '')
  })
  onTestFinished(() => {
    here.context.removeAllListeners('request')
  })
  await inThisTab()
  await here.page.getByLabel('Name').waitFor()
  await inThisTab()
  await signIn(here.page)
  await here.page.getByLabel('Code').waitFor()
  const back = here.page.url()
  expect(states).toHaveLength(2)
  await here.page.goto(`${here.origin}/?code=stolen&state=${states[0]}&keep=1`)
  await said('csrf_rejected')
  expect(here.page.url()).toBe(`${here.origin}/?keep=1`)
  await here.page.goto(back)
  await enter(here.page, oathtool(secretOf('ann')))
  await said('Sent by ann')
})

it('an answer that nobody asked for is refused, and one of a popup without a page does nothing', async () => {
  await here.page.goto(`${here.origin}/?code=stolen&state=forged`)
  await said('csrf_rejected')
  await here.page.goto(`${here.origin}/?code=stolen&state=popup.forged`)
  await expect.poll(() => here.page.url()).toBe(`${here.origin}/`)
  await here.page.goto(here.origin)
  await button(here.page, 'Send money').click()
  await button(here.page, 'Cancel').click()
  await said('cancelled')
})

it('an ID token with another nonce is refused', async () => {
  await here.context.route(
    (url) => url.pathname === '/auth',
    (route) => {
      const url = new URL(route.request().url())
      url.searchParams.set('nonce', 'another')
      return route.continue({ url: url.href })
    },
  )
  const at = await inThisTab()
  await signIn(at)
  await enter(at, oathtool(secretOf('ann')))
  await said('csrf_rejected')
})

it('neither a code nor a token is in what the page logs', async () => {
  const logged: string[] = []
  here.page.on('console', (message) => logged.push(message.text()))
  const at = await inThisTab()
  await signIn(at)
  await enter(at, oathtool(secretOf('ann')))
  await said('Sent by ann')
  // As long as the provider's codes, tokens and states are.
  expect(logged.filter((text) => /[\w-]{40}/.test(text))).toEqual([])
})
