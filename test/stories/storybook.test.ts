import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type BuiltStorybook, serveBuiltStorybook } from '../support/built-storybook.ts'
import { launchChromium } from '../support/tools.ts'

let storybook: BuiltStorybook
let browser: Browser
let context: BrowserContext
let page: Page
let requests: string[]
let missing: string[]

beforeAll(async () => {
  storybook = await serveBuiltStorybook()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser.close()
  await storybook.close()
})

beforeEach(async () => {
  requests = []
  missing = []
  context = await browser.newContext({ viewport: { width: 1500, height: 1000 } })
  context.on('request', (request) => requests.push(request.url()))
  context.on('response', (response) => response.status() >= 400 && missing.push(response.url()))
  page = await context.newPage()
})
afterEach(() => context.close())

const open = (path: string) => page.goto(`${storybook.url}?path=/${path}`)
const story = () => page.frameLocator('#storybook-preview-iframe')
const chart = () => page.locator('state-chart [role=status]')
const says = (words: string) => expect.poll(() => chart().textContent()).toBe(words)

/** Types what the phone of the story shows. */
async function typeCode() {
  const code = await story().getByLabel('Code on the phone').textContent()
  await story()
    .getByRole('textbox', { name: '6-digit code' })
    .fill(code ?? '')
  await story().getByRole('button', { name: 'Verify' }).click()
}

it('the chart follows a flow that plays, and one that goes on by hand, and nothing leaves the machine', async () => {
  await open('story/flows--enroll')
  await says('In elevated')
  await story().getByText('Save your recovery codes').waitFor({ state: 'hidden' })
  await story().getByRole('button', { name: '30 seconds later' }).click()
  await story().getByRole('button', { name: 'Remove device' }).click()
  await says('In awaitingCode.ready')
  await typeCode()
  await says('In idle.ready')
  const away = requests.filter((url) => !url.startsWith(storybook.url) && !/^(data|blob):/.test(url))
  expect(away).toEqual([])
  expect(requests.length).toBeGreaterThan(10)
})

it('the controls hold a call up and let it go while a story is played by hand', async () => {
  await open('story/states--registering')
  await says('In registering')
  await page.getByRole('tab', { name: /Controls/ }).click()
  await page.getByLabel('failure').selectOption('none')
  await story().getByRole('img', { name: 'QR code' }).waitFor()
  await page.getByLabel('failure').selectOption('network')
  await page.getByLabel('failing').selectOption('all')
  await story().getByRole('textbox', { name: '6-digit code' }).fill('123456')
  await story().getByText('couldn’t reach the server').waitFor()
})

it('the chart follows pages without React, and machines of other people', async () => {
  await open('story/vanilla--element-enrolls')
  await says('In elevated')
  await open('story/seeing--any-machine')
  await says('In on.track.playing and on.volume.muted')
})

it('the user chooses which of two tabs to follow', async () => {
  await open('story/flows--two-tabs')
  // The play is over once the phone has scanned and the app is off again.
  await story().getByLabel('Code on the phone').filter({ hasText: /\d/ }).waitFor()
  await story().getByRole('region', { name: 'Tab 1' }).getByText('No authenticator app yet').waitFor()
  await says('In idle.ready')
  await story().getByRole('region', { name: 'Tab 2' }).getByRole('button', { name: 'Set up' }).click()
  await story().getByRole('img', { name: 'QR code' }).waitFor()
  await says('In idle.ready')
  await page.getByLabel('Machine').selectOption('totp 2')
  await says('In awaitingCode.ready')
})

it('the pages of the documentation show stories that live', async () => {
  await open('docs/docs-embedding--docs')
  await story().getByRole('heading', { name: 'Over HTML of yours' }).waitFor()
  await story().getByText('Authenticator app is on').first().waitFor()
})

it('the chart next to a story is large enough to read, and shows where the machine is, also on a phone', async () => {
  await page.setViewportSize({ width: 480, height: 900 })
  await open('story/flows--enroll')
  await story().getByText('Authenticator app is on').waitFor() // the panel takes the focus from what plays
  await page.getByRole('button', { name: 'Open addon panel' }).click()
  await says('In elevated')
  await page.getByRole('tab', { name: 'Statechart', selected: true }).click({ trial: true })
  const { scale, isSeen } = await page.locator('state-chart').evaluate((chart) => {
    const root = chart.shadowRoot
    const svg = root?.querySelector('svg')
    const seen = root?.querySelector('.frame')?.getBoundingClientRect()
    const box = root?.querySelector('[data-state="totp.elevated"]')?.getBoundingClientRect()
    return {
      scale: Number(svg?.getAttribute('width')) / (svg?.viewBox.baseVal.width ?? 1),
      isSeen: box && seen && box.top >= seen.top && box.bottom <= Math.min(seen.bottom, innerHeight),
    }
  })
  expect({ scale, isSeen }).toEqual({ scale: 1, isSeen: true })
})

it('no id stands twice on a page of stories, and nothing that a page asks for is missing', async () => {
  await open('docs/vanilla--docs')
  await story().getByText('Authenticator app is on').first().waitFor()
  // An element's own ids do not count, of which Playwright knows, too.
  const twice = () =>
    story()
      .locator('body')
      .evaluate((body) => {
        const ids = [...body.querySelectorAll('.sb-story [id]')].map(({ id }) => id)
        return ids.filter((id, index) => ids.indexOf(id) !== index)
      })
  await story().locator('input[name=code]').nth(3).waitFor({ state: 'attached' })
  expect(await twice()).toEqual([])
  await page.goto(`${storybook.url}iframe.html?id=flows--enroll&viewMode=story`)
  await page.getByText('Authenticator app is on').waitFor()
  expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('./favicon.svg')
  expect(missing).toEqual([])
})
