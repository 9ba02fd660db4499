import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright'
import { expect, it } from 'vitest'
import { oathtool } from '../support/tools.ts'
import {
  button,
  demoInBrowser,
  signIn,
  startEnrollment,
  typeCode,
  typeCodeAndEnter,
  wrongCode,
} from './demo-page.ts'

const here = demoInBrowser()
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What WCAG 2.2 AA, as far as a machine can tell, has against a view. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)))
  const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))
}

const looks = [
  // 200 % zoom of a window of 1280 × 800.
  [
    'light, at 200 % zoom',
    { colorScheme: 'light', viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  ],
  [
    'dark, on a phone',
    { colorScheme: 'dark', viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
  ],
] as const

/** The demo's two pages, by React and by <totp-flow>: one session, the same names. */
const paths = { React: '/', '<totp-flow>': '/element' }

it.each(
  Object.entries(paths).flatMap(([face, path]) =>
    looks.map(([name, options]) => [face, name, path, options] as const),
  ),
)('every view of %s passes WCAG 2.2 AA in %s, and fits the screen', async (face, name, path, options) => {
  const user = `${face}-${name}`.replace(/\W+/g, '-').replace(/^-/, '')
  // Still, so that nothing is looked at in the middle of a fade.
  const page = await here.open({ ...options, reducedMotion: 'reduce' })
  const found: Record<string, string[]> = {}
  const look = async (view: string) => {
    found[view] = await violations(page)
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    if (overflow > 0) found[view].push(`${overflow} px too wide`)
  }
  const alert = (words: string) => page.getByRole('alert').filter({ hasText: words }).waitFor()

  await look('signed out')
  await signIn(page, `${user}.with-a-rather-long-name@accessibility.example.com`)
  await page.getByText('No authenticator app yet').waitFor()
  if (path !== '/') await page.goto(`${here.demo.url}${path}`)
  await page.getByText('No authenticator app yet').waitFor()
  await look('none')
  const secret = await startEnrollment(page, `accessible-${user}`)
  expect(await page.getByRole('link', { name: 'Open in an authenticator app' }).isVisible()).toBe(true)
  await look('enrolling')
  await typeCode(page, wrongCode(secret))
  await alert('didn’t match')
  await look('wrong code')
  await page.reload()
  await button(page, 'start over').waitFor()
  await look('reloaded')
  await typeCode(page, oathtool(secret))
  await page.getByText('Authenticator app is on').waitFor()
  await look('codes to save')
  await button(page, 'Copy codes').click()
  await button(page, 'I have saved these codes').click()
  await page.getByText('Recovery codes left: 10').waitFor()
  await look('on')
  await button(page, 'Export private key').click()
  await page.getByRole('dialog').waitFor()
  await look('dialog')
  await button(page, 'Use a recovery code instead').click()
  await look('dialog for a recovery code')
  await button(page, 'Use your authenticator app instead').click()
  await typeCode(page, oathtool(secret, 30))
  await page.getByText(/^0x/).waitFor()
  await look('exported')
  await page.context().setOffline(true)
  await button(page, 'Export private key').click()
  await alert('couldn’t reach the server')
  await look('offline')
  await page.context().setOffline(false)
  await button(page, 'Remove authenticator app').click()
  for (let nth = 1; nth <= 5; nth += 1) {
    const answered = page.waitForResponse(/\/auth\/totp$/)
    await typeCodeAndEnter(page, wrongCode(secret, nth))
    await answered
  }
  await page
    .getByRole('dialog')
    .getByText(/seconds left/)
    .waitFor()
  await look('throttled')
  await page.route('**/users/mfa', (route) => route.abort())
  await page.reload()
  await button(page, 'Try again').waitFor()
  await look('unavailable')

  expect(Object.entries(found).filter(([, problems]) => problems.length > 0)).toEqual([])
  expect(Object.keys(found)).toHaveLength(13)
})
