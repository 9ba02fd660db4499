import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright'
import { expect, it } from 'vitest'
import { oathtool } from '../support/tools.ts'
import { button, demoInBrowser, signIn, startEnrollment, typeCode, wrongCode } from './demo-page.ts'

const here = demoInBrowser()
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What WCAG 2.2 AA, as far as a machine can tell, has against a view. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)))
  const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))
}

it.each([
  ['light', { colorScheme: 'light' }],
  [
    'dark on a phone',
    { colorScheme: 'dark', viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
  ],
] as const)(
  'every view passes WCAG 2.2 AA in %s, and fits the screen',
  async (name, options) => {
    const user = name.replaceAll(' ', '-')
    // Still, so that nothing is looked at in the middle of a fade.
    const page = await here.open({ ...options, reducedMotion: 'reduce' })
    const found: Record<string, string[]> = {}
    const look = async (view: string) => {
      found[view] = await violations(page)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      if (overflow > 0) found[view].push(`${overflow} px too wide`)
    }
    const alert = (words: string) => page.getByRole('alert').filter({ hasText: words }).waitFor()

    await look('signed out')
    await signIn(page, `${user}.with-a-rather-long-name@accessibility.example.com`)
    await page.getByText('No authenticator app yet').waitFor()
    await look('none')
    const secret = await startEnrollment(page, `accessible-${user}`)
    await look('enrolling')
    await typeCode(page, wrongCode(secret))
    await alert('didn’t match')
    await look('wrong code')
    await page.reload()
    await button(page, 'start over').waitFor()
    await look('reloaded')
    await typeCode(page, oathtool(secret))
    await page.getByText('Authenticator app is on').waitFor()
    await look('on')
    await button(page, 'Export private key').click()
    await page.getByRole('dialog').waitFor()
    await look('dialog')
    await typeCode(page, oathtool(secret, 30))
    await page.getByText(/^0x/).waitFor()
    await look('exported')
    await page.context().setOffline(true)
    await button(page, 'Export private key').click()
    await alert('couldn’t reach the server')
    await look('offline')
    await page.context().setOffline(false)
    await button(page, 'Remove device').click()
    for (let nth = 1; nth <= 6; nth += 1) {
      const answered = page.waitForResponse(/\/auth\/totp$/)
      await typeCode(page, wrongCode(secret, nth))
      await answered
    }
    await alert('Too many tries')
    await look('throttled')
    await page.route('**/users/mfa', (route) => route.abort())
    await page.reload()
    await button(page, 'Try again').waitFor()
    await look('unavailable')

    expect(Object.entries(found).filter(([, problems]) => problems.length > 0)).toEqual([])
    expect(Object.keys(found)).toHaveLength(11)
  },
  60_000,
)
