import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { qrPath } from '../../src/qr/qr-path.ts'
import { readQrCode, scanQrCode, typeCode } from '../../src/testing/playwright.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { launchChromium } from '../support/tools.ts'

const URI =
  'otpauth://totp/My%20App:ann%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=My%20App&algorithm=SHA1&digits=6&period=30'

let browser: Browser
let page: Page
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  page = await browser.newPage()
})
afterEach(() => page.close())

function qrCode(text: string, color = 'black', ground = 'white'): string {
  const { path, size } = qrPath(text)
  return `<div style="background: ${ground}; padding: 40px; width: 200px">
    <svg viewBox="0 0 ${size} ${size}" width="200"><path d="${path}" fill="${color}" /></svg></div>`
}

it.each([
  ['black on white', 'black', 'white'],
  ['light on dark', '#eee', '#111'],
])('reads a QR code that is %s', async (_how, color, ground) => {
  await page.setContent(`<h1>Security</h1><p>Scan this</p>${qrCode(URI, color, ground)}`)
  expect(await readQrCode(page)).toBe(URI)
})

it('readQrCode() waits for the code to be drawn', async () => {
  await page.setContent('<main></main>')
  const found = readQrCode(page)
  await page.evaluate((html) => {
    document.querySelector('main')?.insertAdjacentHTML('beforeend', html)
  }, qrCode(URI))
  expect(await found).toBe(URI)
})

it('readQrCode() looks only at the given part of the page', async () => {
  await page.setContent(
    `<div id="other">${qrCode('https://example.com')}</div><div id="mfa">${qrCode(URI)}</div>`,
  )
  expect(await readQrCode(page.locator('#mfa'))).toBe(URI)
})

it('readQrCode() says so if there is no code', async () => {
  await page.setContent('<p>Nothing to scan</p>')
  await expect(readQrCode(page, { timeout: 1 })).rejects.toThrow('no readable QR code')
})

it('scans, and types codes that were not used before into the code field', async () => {
  await page.setContent(
    `${qrCode(URI)}<label>Name <input></label><label>Code <input autocomplete="one-time-code"></label>`,
  )
  const clock = new TestClock(Date.UTC(2026, 0, 1))
  const phone = await scanQrCode(page, { clock })
  expect(phone).toMatchObject({ issuer: 'My App', account: 'ann@example.com' })
  const typed = async () => page.getByLabel('Code').inputValue()
  await typeCode(page, phone)
  const first = await typed()
  await typeCode(page.getByLabel('Code'), phone)
  expect([first, await typed()]).toEqual([phone.code(-1), phone.code()])
  expect(await page.getByLabel('Name').inputValue()).toBe('')
})
