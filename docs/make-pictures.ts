/** Takes the pictures of the README and the guides from the stories, as they are: `npm run pictures`. */
import { mkdir, writeFile } from 'node:fs/promises'
import type { BrowserContextOptions, Page } from 'playwright'
import type { StateChartElement } from 'statescope/state-chart'
import { serveBuiltStorybook } from '../test/support/built-storybook.ts'
import { launchChromium } from '../test/support/tools.ts'

const FOLDER = new URL('pictures/', import.meta.url)
const fileOf = (name: string) => new URL(name, FOLDER).pathname

const storybook = await serveBuiltStorybook()
const browser = await launchChromium()
await mkdir(FOLDER, { recursive: true })

async function on(path: string, options: BrowserContextOptions, take: (page: Page) => Promise<unknown>) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  await page.goto(storybook.url + path)
  await take(page)
  await context.close()
}
const story = (id: string) => `iframe.html?viewMode=story&globals=pace:instantly&id=${id}`

const wide = { width: 1100, height: 900 }
for (const colorScheme of ['light', 'dark'] as const) {
  await on(story('states--awaiting-code-ready'), { colorScheme, viewport: wide }, async (page) => {
    await page.getByRole('img', { name: 'QR code' }).waitFor()
    await page.locator('.card').screenshot({ path: fileOf(`enroll-${colorScheme}.png`) })
  })
  await on(story('seeing--flow-in-react'), { colorScheme, viewport: wide }, async (page) => {
    const chart = page.locator('state-chart')
    await chart.getByText('In elevated').waitFor({ timeout: 60_000 })
    await page.getByText('Save your recovery codes').waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'Export private key' }).click()
    await chart.getByText('In awaitingCode.ready').waitFor()
    const svg = await chart.evaluate((element: StateChartElement) => element.toSvg())
    await writeFile(fileOf(`statechart-${colorScheme}.svg`), svg)
  })
}
await on(story('components--none'), { viewport: wide }, async (page) => {
  await page.locator('.look').nth(2).getByRole('button').waitFor()
  await page.locator('.looks').screenshot({ path: fileOf('languages.png') })
})
await on(story('seeing--inspector'), { viewport: { width: 1600, height: 760 } }, async (page) => {
  const viewer = page.locator('state-inspector')
  await viewer.getByText('In elevated').waitFor({ timeout: 60_000 })
  await page.getByText('Save your recovery codes').waitFor({ state: 'hidden' })
  await viewer.getByRole('option').filter({ hasText: 'code.submit' }).click()
  await viewer.screenshot({ path: fileOf('inspector.png') })
})
await on(
  '?path=/story/flows--step-up-and-export&globals=pace:instantly',
  { viewport: { width: 1360, height: 760 } },
  async (page) => {
    const frame = page.frameLocator('#storybook-preview-iframe')
    await frame.getByText('The key is exported.').waitFor({ timeout: 60_000 })
    await frame.getByRole('button', { name: 'Export private key' }).click()
    await page.locator('state-chart [data-taken]').filter({ hasText: 'stepUp.request' }).first().waitFor()
    await page.screenshot({ path: fileOf('storybook.png') })
  },
)

await browser.close()
await storybook.close()
