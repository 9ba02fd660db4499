/** What the tests of the recipes do with the app of docs/providers/own-factor.md: over HTTP, and in its page. */
import { expect } from 'vitest'
import { button, codeField, scan } from '../e2e/demo-page.ts'
import type { exampleInBrowser } from '../support/example-page.ts'
import { oathtool } from '../support/tools.ts'

/** A request to the app, with what says who sends it; `200`, or the status with the code of the refusal. */
export async function ask(
  origin: string,
  call: 'GET /account' | 'POST /pay' | 'GET /api/v0/sdk/default/users/mfa',
  headers: Record<string, string> = {},
): Promise<string> {
  const [method = '', path] = call.split(' ')
  const response = await fetch(`${origin}${path}`, { method, headers })
  const body = await response.json()
  return response.ok ? String(response.status) : `${response.status} ${body.code}`
}
export const DEVICES = 'GET /api/v0/sdk/default/users/mfa'
export const OWES_CODE = '401 elevation_required'
export const NOBODY = '401 unauthenticated'

/** A request of the page with these cookies. */
export const withCookies = (cookies: { name: string; value: string }[]) => ({
  'x-totp-flow': '1',
  cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
})
/** The cookies that an answer sets. */
export const cookiesOf = (headers: Headers) =>
  headers.getSetCookie().map((cookie) => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
    return { name, value }
  })

/** The page of the recipes for cookies, after a sign-in. */
export function pageOf(here: ReturnType<typeof exampleInBrowser>) {
  const said = (text: string) => here.page.getByText(text).filter({ visible: true }).first().waitFor()
  const isLetIn = () => here.page.getByText('Welcome').isVisible()
  const session = async () => withCookies(await here.context.cookies())
  let secret = ''
  let recoveryCodes: string[] = []

  async function setUp() {
    const { page } = here
    await button(page, 'Set up authenticator app').click()
    expect(await isLetIn()).toBe(false)
    expect(await ask(here.origin, 'GET /account', await session())).toBe(OWES_CODE)
    ;({ secret } = await scan(page, 'own-factor'))
    await codeField(page).fill(oathtool(secret))
    const list = page.getByRole('list', { name: 'Recovery codes' }).first()
    await list.waitFor()
    recoveryCodes = await list.getByRole('listitem').allTextContents()
    await button(page, 'Copy codes').click()
    await button(page, 'I have saved these codes').click()
    await said('Welcome')
    expect(await ask(here.origin, 'GET /account', await session())).toBe('200')
  }
  async function pay(by = 'ann@example.com') {
    await button(here.page, 'Pay the invoice').click()
    await codeField(here.page).fill(oathtool(secret, 30)) // each code is accepted once
    await said(`Paid by ${by}`)
    expect(await ask(here.origin, 'POST /pay', await session())).toBe(OWES_CODE)
  }
  /** In a session that began after `setUp`. */
  async function enterRecoveryCode() {
    const { page } = here
    await said('Confirm it’s you')
    expect(await isLetIn()).toBe(false)
    for (const call of ['GET /account', 'POST /pay'] as const)
      expect(await ask(here.origin, call, await session())).toBe(OWES_CODE)
    await button(page, 'Use a recovery code instead').first().click()
    const field = page.getByRole('textbox', { name: 'Recovery code' }).first()
    await field.fill(recoveryCodes.pop() ?? '')
    await page.keyboard.press('Enter')
    await said('Welcome')
    expect(await ask(here.origin, 'GET /account', await session())).toBe('200')
  }
  return { said, session, setUp, pay, enterRecoveryCode }
}
