import { join } from 'node:path'
import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'
import { oathtool, zbarimg } from '../support/tools.ts'
import { button, codeField, demoInBrowser, picture } from './demo-page.ts'

const here = demoInBrowser()

/** The demo's two pages, by React and by <totp-flow>: one session, the same names. */
const pages = [
  ['React', '/'],
  ['<totp-flow>', '/element'],
] as const

describe.each(pages)('the page of %s', (name, path) => {
  const face = name.replace(/\W/g, '')

  async function open(user: string, options = {}): Promise<Page> {
    const page = await here.openAs(`${user}-${face}@example.com`, options)
    await button(page, 'Set up authenticator app').waitFor()
    if (path !== '/') await page.goto(`${here.demo.url}${path}`)
    await button(page, 'Set up authenticator app').waitFor()
    return page
  }

  it('the page shows a QR code that scans at 320 px, in the dark, at 200 % zoom, and in forced colors', async () => {
    const page = await open('qr', { viewport: { width: 320, height: 640 } })
    await button(page, 'Set up authenticator app').click()
    const secret = await page.getByRole('group', { name: 'Setup key' }).textContent()
    const read = async (look: string) => {
      await picture(page, `qr-${face}-${look}`)
      return new URL(zbarimg(join('test-results', `qr-${face}-${look}.png`))).searchParams.get('secret')
    }
    expect(await read('narrow')).toBe(secret)
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await read('dark')).toBe(secret)
    await zoom(page, 2)
    expect(await read('zoomed')).toBe(secret)
    await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'active' })
    expect(await read('forced')).toBe(secret)
  })

  it('the page shows its focus and its controls in forced colors', async () => {
    const page = await open('forced', { forcedColors: 'active' })
    const outlines = async () =>
      (await focused(page)).evaluate((one) => {
        const { outlineStyle, outlineWidth, borderTopStyle, borderTopWidth, borderTopColor } =
          getComputedStyle(one)
        const isSeen =
          borderTopStyle !== 'none' && borderTopWidth !== '0px' && borderTopColor !== 'rgba(0, 0, 0, 0)'
        return { ring: `${outlineStyle} ${outlineWidth}`, isSeen }
      })
    await tabTo(page, 'Set up authenticator app')
    await expect.poll(outlines).toEqual({ ring: 'solid 3px', isSeen: true })
    await page.keyboard.press('Enter')
    await codeField(page).waitFor()
    await expect.poll(outlines).toEqual({ ring: 'solid 3px', isSeen: true })
    await tabTo(page, 'Verify')
    await expect.poll(outlines).toEqual({ ring: 'solid 3px', isSeen: true })
    const step = page.getByRole('listitem').filter({ hasText: 'Scan' })
    const others = page.getByRole('listitem').filter({ hasText: 'Save' })
    const border = (one: typeof step) => one.evaluate((item) => getComputedStyle(item).borderBlockStartColor)
    expect(await border(step)).not.toBe(await border(others)) // the current one is told by more than a background
  })

  it('the page animates nothing for users who prefer reduced motion, even while it waits', async () => {
    const page = await open('still', { reducedMotion: 'no-preference' })
    await page.route('**/users/mfa', () => {}) // never answered
    await page.reload()
    const shown = page.locator('[part~=skeleton]')
    await shown.waitFor()
    const moving = () => shown.evaluate((one) => one.getAnimations({ subtree: true }).length)
    expect(await moving()).toBeGreaterThan(0)
    await page.emulateMedia({ reducedMotion: 'reduce' })
    expect(await moving()).toBe(0)
    await page.unrouteAll()
    await page.route('**/mfa/register/totp', () => {})
    await page.reload()
    await button(page, 'Set up authenticator app').click()
    const busy = page.locator('[part~=set-up][aria-busy=true]')
    await busy.waitFor()
    const spins = () => busy.evaluate((one) => one.getAnimations({ subtree: true }).length)
    expect(await spins()).toBe(0)
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    expect(await spins()).toBe(1)
  })

  it('a user can go from setup to removal with the keyboard alone', async () => {
    const page = await open('keys')
    const press = async (name: string) => {
      await tabTo(page, name)
      await page.keyboard.press('Enter')
    }
    await press('Set up authenticator app')
    await codeField(page).waitFor()
    await expect.poll(() => nameOf(page)).toBe('6-digit code')
    const secret = (await page.getByRole('group', { name: 'Setup key' }).textContent()) ?? ''
    await page.keyboard.type(oathtool(secret))
    await page.getByText('Authenticator app is on').waitFor()
    await press('Copy codes')
    await press('I have saved these codes')
    await button(page, 'Generate new codes').waitFor()
    await press('Export private key')
    await page.getByRole('dialog').waitFor()
    await expect.poll(() => nameOf(page)).toBe('6-digit code')
    for (let times = 0; times < 12; times += 1) {
      await page.keyboard.press('Tab')
      expect(['Verify', 'Cancel', 'Use a recovery code instead', '6-digit code', '']).toContain(
        await nameOf(page),
      )
    }
    await tabTo(page, '6-digit code')
    await page.keyboard.type(oathtool(secret, 30))
    await page.keyboard.press('Enter')
    await page.getByText(/^0x[0-9a-f]{64}$/).waitFor()
    await expect.poll(() => nameOf(page)).toBe('Export private key')

    await press('Remove authenticator app')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await expect.poll(() => nameOf(page)).toBe('Remove authenticator app')
  })
})

/** 200 % zoom of a window of 640 px leaves 320 px of page, of two pixels each. */
async function zoom(page: Page, factor: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const metrics = { width: 320, height: 480, deviceScaleFactor: factor, mobile: false }
  await session.send('Emulation.setDeviceMetricsOverride', metrics)
}

/** What has the focus, shadow or not. */
async function focused(page: Page) {
  const handle = await page.evaluateHandle(() => {
    const outer = document.activeElement
    return outer?.shadowRoot?.activeElement ?? outer ?? document.body
  })
  return handle.asElement() ?? Promise.reject(new Error('nothing has the focus'))
}

const nameOf = async (page: Page) =>
  (await focused(page)).evaluate((one) =>
    one === document.body
      ? ''
      : one instanceof HTMLInputElement
        ? (one.labels?.[0]?.textContent ?? '')
        : (one.textContent ?? ''),
  )

async function tabTo(page: Page, name: string): Promise<void> {
  for (let times = 0; times < 30; times += 1) {
    if ((await nameOf(page)) === name) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`the Tab key does not lead to “${name}”`)
}
