import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'
import { oathtool } from '../support/tools.ts'
import {
  button,
  codeField,
  countRequests,
  demoInBrowser,
  enroll,
  picture,
  scan,
  signIn,
  typeCode,
  typeCodeAndEnter,
} from './demo-page.ts'
import { runDemo } from './demo-process.ts'

const here = demoInBrowser()

it('a new user scans, enrolls, exports the key, and removes the device with a real authenticator', async () => {
  const page = await here.openAs('ann@example.com')
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.getByText('No authenticator app yet').waitFor()
  await picture(page, 'idle')
  await button(page, 'Set up authenticator app').click()
  const { uri, secret } = await scan(page, 'enrollment')
  expect(uri).toMatch(/^otpauth:\/\/totp\/totp-flow%20demo:ann%40example\.com\?/)
  expect(await page.getByLabel('Setup key').textContent()).toBe(secret)

  const right = oathtool(secret)
  await typeCode(page, right === '000000' ? '000001' : '000000')
  await page.getByRole('alert').filter({ hasText: 'didn’t match' }).waitFor()
  await picture(page, 'wrong-code')
  await typeCode(page, oathtool(secret))
  await page.getByText('Authenticator app is on').waitFor()
  expect(await page.getByRole('img', { name: 'QR code' }).count()).toBe(0)
  await picture(page, 'on')

  await button(page, 'Export private key').click()
  await page.getByRole('dialog').waitFor()
  await picture(page, 'step-up')
  // The clock's own step is spent by the enrollment; the next one is within the window.
  const spent = oathtool(secret, 30)
  await typeCode(page, spent)
  const key = page.getByLabel('Private key', { exact: true })
  await page.waitForFunction(() =>
    /^0x[0-9a-f]{64}$/.test(document.querySelector('#private-key')?.textContent ?? ''),
  )
  const exported = await key.textContent()

  await button(page, 'Remove authenticator app').click()
  await page.getByRole('dialog').waitFor()
  // Both steps in reach are spent: a third code has to wait for the clock.
  await typeCodeAndEnter(page, spent)
  await page.getByRole('alert').filter({ hasText: 'already used' }).waitFor()
  await expect
    .poll(() => oathtool(secret, 30) !== spent && Date.now() % 30_000 < 28_000, { timeout: 40_000 })
    .toBe(true)
  await removeWithNextCode(page, secret)
  await page.getByText('No authenticator app yet').waitFor()
  expect(exported).toMatch(/^0x/)
  expect(complaints).toEqual([])
})

it('an enrollment continues after a reload', async () => {
  const page = await here.openAs('reload@example.com')
  await button(page, 'Set up authenticator app').click()
  const { secret } = await scan(page, 'before-reload')
  await page.reload()
  await typeCode(page, oathtool(secret))
  await page.getByText('Authenticator app is on').waitFor()
})

it('cancelling an export changes nothing', async () => {
  const page = await here.openAs('cancel@example.com')
  await enroll(page, 'cancel')
  await button(page, 'Export private key').click()
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await page.getByText('Authenticator app is on').waitFor()
  expect(await page.locator('#private-key').textContent()).not.toMatch(/^0x/)
})

it('other tabs learn of an enrollment, a removal and a sign-out', async () => {
  const one = await here.openAs('tabs@example.com')
  const two = await one.context().newPage()
  await two.goto(here.demo.url)
  await signIn(two, 'tabs@example.com')
  for (const tab of [one, two]) await tab.getByText('No authenticator app yet').waitFor()
  await one.bringToFront()
  const secret = await enroll(one, 'tabs')
  await two.getByText('Authenticator app is on').waitFor()
  await button(two, 'Remove authenticator app').click()
  await typeCodeAndEnter(two, oathtool(secret, 30))
  await one.getByText('No authenticator app yet').waitFor()
  await button(one, 'Sign out').click()
  await button(two, 'Continue as demo user').waitFor()
})

it('six digits pasted with a space are submitted automatically', async () => {
  const page = await here.openAs('paste@example.com')
  await button(page, 'Set up authenticator app').click()
  const { secret } = await scan(page, 'paste')
  const attempts = countRequests(page, '/auth/totp')
  await codeField(page).fill(oathtool(secret).replace(/^(...)/, '$1 '))
  await page.getByText('Authenticator app is on').waitFor()
  expect(attempts()).toBe(1)
})

it.each([
  ['dark', { colorScheme: 'dark' as const }],
  ['phone', { viewport: { width: 320, height: 720 } }],
])('the QR code scans on a %s screen', async (name, options) => {
  const page = await here.openAs(`${name}@example.com`, options)
  await enroll(page, `enrollment-${name}`)
  await picture(page, `on-${name}`)
  expect(await overflow(page)).toBeLessThanOrEqual(0)
})

it('the page is as wide as the window at any width', async () => {
  const page = await here.openAs('somebody.with-a-rather-long-name@example.com')
  await button(page, 'Set up authenticator app').waitFor()
  for (const path of ['/', '/element']) {
    await page.goto(`${here.demo.url}${path}`)
    for (let width = 320; width <= 1280; width += 20) {
      await page.setViewportSize({ width, height: 720 })
      expect(await overflow(page), `${path} at ${width} px`).toBeLessThanOrEqual(0)
    }
  }
})

it('the page at 320 px has its bar in one line, and nothing is too wide or cut with text of 200 %', async () => {
  const page = await here.open({ viewport: { width: 320, height: 640 } })
  const bar = () => page.locator('.bar').evaluate((one) => one.clientHeight)
  const enlarge = (size: string) =>
    page.evaluate((fontSize) => {
      document.documentElement.style.fontSize = fontSize
    }, size)
  await enlarge('200%')
  expect(await overflow(page)).toBeLessThanOrEqual(0)
  await enlarge('')
  await signIn(page, 'large.text.in-a-small-window@example.com')
  await enroll(page, 'enrollment-large-text')
  expect(await bar()).toBeLessThanOrEqual(56)
  await enlarge('200%')
  expect(await overflow(page)).toBeLessThanOrEqual(0)
  const signOut = await button(page, 'Sign out').boundingBox()
  expect((signOut?.x ?? 0) + (signOut?.width ?? 0)).toBeLessThanOrEqual(320 - 12)
  expect(await page.getByLabel('Contact email').evaluate((one) => one.clientWidth)).toBeGreaterThan(160)
})

/** By how much the page is too wide, CSS pixels. A phone's `innerWidth` grows with what does not fit. */
const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

async function removeWithNextCode(page: Page, secret: string): Promise<void> {
  const step = () => Math.floor(Date.now() / 30_000)
  const start = step()
  await expect.poll(step, { timeout: 40_000, interval: 250 }).toBeGreaterThan(start)
  await typeCodeAndEnter(page, oathtool(secret, 30))
}

describe('the demo’s server', () => {
  const api = (path: string) => `${here.demo.url}/api/v0/sdk/demo${path}`
  const signIn = async (email: string): Promise<string> => {
    const response = await fetch(`${here.demo.url}/demo/signin`, {
      method: 'POST',
      body: JSON.stringify({ email }),
    })
    return (await response.json()).externalJwt
  }

  it('the demo keeps an acknowledged enrollment and a used code across kill -9', async () => {
    const authorization = `Bearer ${await signIn('crash@example.com')}`
    const { secret } = await (
      await fetch(api('/users/mfa/register/totp'), { headers: { authorization } })
    ).json()
    const code = oathtool(secret)
    const verify = () =>
      fetch(api('/users/mfa/auth/totp'), {
        method: 'POST',
        headers: { authorization },
        body: JSON.stringify({ code }),
      })
    expect((await verify()).status).toBe(200)
    here.demo = await here.demo.crash()
    expect((await verify()).status).toBe(400)
    const list = await (await fetch(api('/users/mfa'), { headers: { authorization } })).json()
    expect(list).toMatchObject({ count: 1, devices: [{ verified: true }] })
  })

  it('the demo challenges an export without elevation, naming the scope', async () => {
    const authorization = `Bearer ${await signIn('export@example.com')}`
    const response = await fetch(`${here.demo.url}/demo/private-key/export`, {
      method: 'POST',
      headers: { authorization },
    })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('insufficient_user_authentication')
    expect(response.headers.get('www-authenticate')).toContain('scope="wallet:export"')
  })

  it('the demo rejects a sign-in without a name', async () => {
    for (const body of ['', '{}', '{"email":1}', '{"email":"nobody"}']) {
      expect((await fetch(`${here.demo.url}/demo/signin`, { method: 'POST', body })).status).toBe(400)
    }
  })

  it('the demo rejects a sign-in with an endless body, and keeps running', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    })
    const endless = { method: 'POST', body, duplex: 'half' } as RequestInit
    const answer = await fetch(`${here.demo.url}/demo/signin`, endless).catch(() => null)
    expect(answer?.status ?? 413).toBe(413) // or it is cut off in the middle of sending
    expect((await fetch(here.demo.url)).status).toBe(200)
  })

  it('the demo prints no secrets, codes or tokens', () => {
    expect(here.demo.output()).not.toMatch(/secret|otpauth|Bearer|eyJ/)
  })
})

describe('a failed start', () => {
  it('the demo does not start when its port is taken, and says in one line how to fix it', async () => {
    const blocker = createServer().listen(0)
    const { port } = blocker.address() as AddressInfo
    const { code, output } = await runDemo({
      PORT: String(port),
      DATABASE_URL: 'sqlite::memory:',
      TOTP_FLOW_MASTER_KEY: randomBytes(32).toString('base64'),
    })
    blocker.close()
    expect(code).toBe(1)
    expect(output.trim()).toBe(`Port ${port} is taken. Stop what uses it, or set PORT to another one.`)
  })

  const KEY = randomBytes(32).toString('base64')
  const mistakes: [string, Record<string, string>, string][] = [
    ['DATABASE_URL', { DATABASE_URL: 'mysql://x' }, 'DATABASE_URL must look like'],
    ['PORT', { PORT: 'http' }, 'PORT must be a number'],
    [
      'the master key',
      { TOTP_FLOW_MASTER_KEY: 'short', DATABASE_URL: 'sqlite::memory:' },
      'The master key must be 32 bytes',
    ],
    [
      'the folder',
      { DATABASE_URL: 'sqlite:/proc/nowhere/x.db', TOTP_FLOW_MASTER_KEY: KEY },
      'The database cannot be used',
    ],
  ]
  it.each(mistakes)(
    'the demo does not start when %s is wrong, and says in one line how to fix it',
    async (_name, env, sentence) => {
      const { code, output } = await runDemo({ PORT: '0', ...env })
      expect(code).toBe(1)
      expect(output).toContain(sentence)
      expect(output.trim().split('\n')).toHaveLength(1)
    },
  )
})
