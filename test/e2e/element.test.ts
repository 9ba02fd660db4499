import { expect, it } from 'vitest'
import { oathtool } from '../support/tools.ts'
import {
  button,
  codeField,
  countRequests,
  demoInBrowser,
  enroll,
  picture,
  scan,
  typeCode,
} from './demo-page.ts'

const here = demoInBrowser()

it('the page without React continues the session, exports with a code, removes, and enrolls again', async () => {
  const page = await here.openAs('element@example.com')
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    const isChallenge = message.text().includes('status of 401') // which is how a server asks for a code
    if (message.type() === 'error' && !isChallenge) complaints.push(message.text())
  })
  const secret = await enroll(page, 'element-before')
  const [code] =
    (await page.getByRole('list', { name: 'Recovery codes' }).textContent())?.match(/.{17}/g) ?? []
  await page.getByRole('link', { name: 'Without React' }).click()
  await page.getByText('Authenticator app is on').waitFor()
  await picture(page, 'element-on')

  await button(page, 'Export private key').click()
  await page.getByRole('dialog', { name: 'Confirm it’s you' }).waitFor()
  await picture(page, 'element-step-up')
  await typeCode(page, oathtool(secret, 30))
  await page.getByText(/^0x[0-9a-f]{64}$/).waitFor()

  await button(page, 'Remove authenticator app').click()
  await button(page, 'Use a recovery code instead').click()
  await page.getByRole('textbox', { name: 'Recovery code' }).fill(code ?? '')
  await page.keyboard.press('Enter')
  await page.getByText('No authenticator app yet').waitFor()
  await picture(page, 'element-none')

  await button(page, 'Set up authenticator app').click()
  const { uri, secret: next } = await scan(page, 'element-enrolling')
  expect(uri).toContain('element%40example.com')
  expect(await page.getByLabel('Setup key').textContent()).toBe(next)
  await codeField(page).fill(oathtool(next))
  await page.getByText('Authenticator app is on').waitFor()
  await button(page, 'Sign out').click()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await button(page, 'Continue as demo user').waitFor()
  expect(complaints).toEqual([])
})

it('a double click exports once, and no spinner shows behind the dialog while it waits for the person', async () => {
  const page = await here.openAs('element-twice@example.com')
  const secret = await enroll(page, 'element-twice')
  await page.getByRole('link', { name: 'Without React' }).click()
  await page.getByText('Authenticator app is on').waitFor()
  const exported = countRequests(page, '/private-key/export')
  await button(page, 'Export private key').dblclick()
  await page.getByRole('dialog').waitFor()
  expect(await page.locator('#export button').getAttribute('aria-busy')).toBe('false')
  await typeCode(page, oathtool(secret, 30))
  await page.getByText(/^0x[0-9a-f]{64}$/).waitFor()
  expect(await page.getByRole('dialog').isVisible()).toBe(false)
  expect(await page.locator('#export button').getAttribute('aria-busy')).toBe('false')
  expect(exported()).toBe(2) // the one that is challenged, and the one with the code
})

it('the page says where to sign in once an export finds the session lost', async () => {
  const page = await here.openAs('element-lost@example.com')
  await enroll(page, 'element-lost')
  await page.getByRole('link', { name: 'Without React' }).click()
  const body = JSON.stringify({ error: 'You are signed out.', code: 'unauthenticated' })
  await page.route('**/private-key/export', (route) => route.fulfill({ status: 401, body }))
  await button(page, 'Export private key').click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await page.locator('totp-flow').count()).toBe(0)
})

it('the page says where to sign in if there is no session', async () => {
  const page = await here.open()
  await page.goto(`${here.demo.url}/element`)
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await page.locator('totp-flow').count()).toBe(0)
})
