import { AxeBuilder } from '@axe-core/playwright'
import { expect, it } from 'vitest'
import { button, demoInBrowser } from './demo-page.ts'

const here = demoInBrowser()

it('the demo shows the whole chart on demand, highlights its states, and loads nothing for it before', async () => {
  const requests: string[] = []
  const refused: string[] = []
  const page = await here.openAs('chart@example.com', { reducedMotion: 'reduce' }, async (page) => {
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && refused.push(message.text()))
  })
  const panel = page.locator('details.panel')
  await panel.locator('summary').click()
  await panel.locator('li[aria-current=true]').filter({ hasText: 'idle' }).waitFor()
  expect(requests.filter((url) => /elk|whole-chart/.test(url))).toEqual([])
  await page.getByLabel('With every transition').check()
  await panel.getByText('In idle.ready').waitFor()
  await button(page, 'Set up authenticator app').click()
  await panel.getByText('In awaitingCode.ready').waitFor()
  const lit = panel.locator('[data-active]').filter({ has: page.locator('rect') })
  expect(await lit.evaluateAll((states) => states.map((state) => state.getAttribute('data-state')))).toEqual([
    'totp',
    'totp.awaitingCode',
    'totp.awaitingCode.ready',
  ])
  // The page's Content-Security-Policy lets no style in that stands in the markup.
  expect(
    await panel
      .locator('svg .row')
      .first()
      .evaluate((row) => getComputedStyle(row).fontSize),
  ).toBe('11px')
  const { violations } = await new AxeBuilder({ page }).include('details.panel').analyze()
  expect(violations.map(({ id }) => id)).toEqual([])
  await page.getByLabel('With every transition').uncheck()
  await panel.locator('li[aria-current=true]').filter({ hasText: 'awaitingCode' }).waitFor()
  expect(refused).toEqual([])
})
