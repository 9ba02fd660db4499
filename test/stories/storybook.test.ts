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

const open = (path: string, pace = 'instantly') =>
  page.goto(`${storybook.url}?path=/${path}&globals=pace:${pace}`)
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
  await story().getByRole('button', { name: 'Remove authenticator app' }).click()
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
  await story().getByRole('heading', { name: 'Over your own HTML' }).waitFor()
  await story().getByText('Authenticator app is on').first().waitFor()
})

it('the chart next to a story is large enough to read, and shows where the machine is, also on a phone', async () => {
  await page.setViewportSize({ width: 480, height: 900 })
  await open('story/flows--enroll')
  await story().getByText('Authenticator app is on').waitFor() // the panel takes the focus from what plays
  await page.getByRole('button', { name: 'Open addon panel' }).click()
  await says('In elevated')
  await page.getByRole('tab', { name: 'Statechart', selected: true }).click({ trial: true })
  expect((await gist()).isReadable).toBe(true)
  const isSeen = await page.locator('state-chart').evaluate((chart) => {
    const seen = chart.shadowRoot?.querySelector('.frame')?.getBoundingClientRect()
    const box = chart.shadowRoot?.querySelector('[data-state="totp.elevated"]')?.getBoundingClientRect()
    return box && seen && box.top >= seen.top && box.bottom <= Math.min(seen.bottom, innerHeight)
  })
  expect(isSeen).toBe(true)
})

/** Whether the letters of the chart have their size, and all of it fits into its panel. */
const gist = () =>
  page.locator('state-chart').evaluate((chart) => {
    const svg = chart.shadowRoot?.querySelector('svg')
    const frame = chart.shadowRoot?.querySelector('.frame')
    const isWhole =
      frame && frame.scrollWidth <= frame.clientWidth + 1 && frame.scrollHeight <= frame.clientHeight + 1
    return { isReadable: Number(svg?.getAttribute('width')) >= (svg?.viewBox.baseVal.width ?? 1), isWhole }
  })

it('the panel shows the gist of the chart whole and in readable letters, and every state on demand', async () => {
  await page.setViewportSize({ width: 1366, height: 850 })
  await open('story/flows--enroll')
  await says('In elevated')
  expect(await gist()).toEqual({ isReadable: true, isWhole: true })
  await page.getByRole('button', { name: 'Whole chart' }).click()
  await page.locator('state-chart [data-state="totp.awaitingCode.throttled"]').waitFor()
})

const caption = () => story().locator('.caption [role=status]')
const captionIs = (words: string | RegExp) => caption().filter({ hasText: words }).waitFor()

it('a flow is played step by step, with a caption, and is held, stepped and repeated by keys', async () => {
  await open('story/flows--enroll', 'slowly')
  await captionIs('clicks “Set up authenticator app”')
  await story().getByRole('button', { name: 'Pause' }).press('Alt+p')
  await story().getByRole('button', { name: 'Play' }).waitFor()
  await story().locator('body').press('Alt+n')
  await captionIs('scans the QR code with the phone')
  await story().getByRole('button', { name: 'Step' }).click()
  await captionIs('types the code from the phone')
  await story().getByText('Authenticator app is on').waitFor()
  await story().locator('body').press('Alt+r')
  await captionIs('clicks “Set up authenticator app”')
})

it('the interactions of a flow read as named steps', async () => {
  await open('story/flows--wrong-code-then-right')
  await story().getByText('Authenticator app is on').waitFor()
  await page.getByRole('tab', { name: /Interactions/ }).click()
  for (const step of [
    'scans the QR code with the phone',
    'types a wrong code',
    'types the code from the phone',
  ])
    await page.getByText(step, { exact: true }).waitFor()
})

/** What is wrong with a page as it stands: cut off, wider than the window, or scrolled. */
function flawsOf(isDocs: boolean): string[] {
  const flaws: string[] = []
  const say = (one: Element, flaw: string) =>
    flaws.push(`${flaw}: ${one.outerHTML.slice(0, 120).replace(/\s+/g, ' ')}`)
  const root = document.documentElement
  if (root.scrollWidth > innerWidth) say(root, `wider than the window by ${root.scrollWidth - innerWidth}`)
  if (isDocs && scrollY !== 0) say(root, `scrolled to ${scrollY}`)
  const look = (parent: ParentNode) => {
    for (const one of parent.querySelectorAll<HTMLElement>('*')) {
      // These are panes that scroll, in which not all can be seen at once.
      if (one.matches('state-chart, state-inspector, pre, .docblock-source, svg, .sb-wrapper')) continue
      if (one.closest('state-chart, state-inspector, pre, .docblock-source, svg, .sb-wrapper')) continue
      if (one.shadowRoot) look(one.shadowRoot)
      const style = getComputedStyle(one)
      const isForReaders = one.clientWidth <= 1 || style.clipPath !== 'none'
      if (!one.checkVisibility() || isForReaders || style.overflowX === 'visible') continue
      if (style.textOverflow === 'ellipsis' || one instanceof HTMLInputElement) continue
      if (one.scrollWidth > one.clientWidth + 1) say(one, 'cut off at its side')
      if (style.overflowY === 'hidden' && one.scrollHeight > one.clientHeight + 1) say(one, 'cut off below')
    }
  }
  look(document.body)
  return flaws
}

interface Previewed {
  __STORYBOOK_ADDONS_CHANNEL__?: { last(event: string): [{ status?: string }] | undefined }
  __STORYBOOK_PREVIEW__?: { extract(): Promise<Record<string, { argTypes: Record<string, ArgType> }>> }
}
interface ArgType {
  description?: string
  table?: { disable?: boolean }
}

it('no story and no page of documentation is cut off, scrolls by itself, or complains', async () => {
  const { entries } = await (await fetch(`${storybook.url}index.json`)).json()
  const pages = Object.values<{ id: string; type: string }>(entries)
  expect(pages.length).toBeGreaterThan(45)
  const flaws: string[] = []
  async function look({ id, type }: { id: string; type: string }) {
    const page = await context.newPage()
    const note = (flaw: string) => flaws.push(`${id}: ${flaw}`)
    page.on('pageerror', ({ message }) => note(message))
    page.on('console', (message) => message.type() === 'error' && note(message.text()))
    await page.setViewportSize({ width: 1000, height: 800 })
    const viewMode = type === 'docs' ? 'docs' : 'story'
    await page.goto(`${storybook.url}iframe.html?id=${id}&viewMode=${viewMode}&globals=pace:instantly`)
    const event = type === 'docs' ? 'docsRendered' : 'storyFinished'
    await page.waitForFunction(
      (name) => (globalThis as Previewed).__STORYBOOK_ADDONS_CHANNEL__?.last(name) !== undefined,
      event,
    )
    if (type === 'docs') {
      for (const story of await page.locator('.sb-story').all()) await story.locator('> *').first().waitFor()
      // A code field takes the focus a moment after it has come into view, and must not take the page along.
      await page.waitForFunction(() => {
        const fields = [...document.querySelectorAll<HTMLElement>('input[autocomplete="one-time-code"]')]
        return !fields.some((field) => field.checkVisibility()) || document.activeElement !== document.body
      })
    }
    for (const flaw of await page.evaluate(flawsOf, type === 'docs')) note(flaw)
    await page.close()
  }
  const left = [...pages]
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) await look(next)
  }
  await Promise.all([work(), work()])
  expect(flaws).toEqual([])
}, 600_000)

it('every control of every story says what it does', async () => {
  await page.goto(`${storybook.url}iframe.html?id=flows--enroll&viewMode=story&globals=pace:instantly`)
  await page.getByText('Authenticator app is on').waitFor()
  const stories = await page.evaluate(() => (globalThis as Previewed).__STORYBOOK_PREVIEW__?.extract())
  const mute = Object.entries(stories ?? {}).flatMap(([id, { argTypes }]) =>
    Object.entries(argTypes).flatMap(([name, { description, table }]) =>
      table?.disable || description ? [] : [`${id}: ${name}`],
    ),
  )
  expect(Object.keys(stories ?? {}).length).toBeGreaterThan(35)
  expect(mute).toEqual([])
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
  await page.goto(`${storybook.url}iframe.html?id=flows--enroll&viewMode=story&globals=pace:instantly`)
  await page.getByText('Authenticator app is on').waitFor()
  expect(await page.locator('link[rel=icon]').getAttribute('href')).toBe('./favicon.svg')
  expect(missing).toEqual([])
})
