import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { launchChromium } from '../../../../../test/support/tools.ts'
import { createInspector, type Inspector } from '../../../src/inspect/create-inspector.ts'
import { serveViewer, type ViewerServer } from '../../../src/inspect/viewer-server.ts'
import { elementsIn, NAMES, PAYLOADS, strangersAmong } from '../../statechart/hostile.ts'
import { player } from '../../statechart/machines.ts'

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

let folder: string
let browser: Browser
let server: ViewerServer
let inspector: Inspector
let context: BrowserContext
let page: Page
const serve = (port: number, recording?: { name: string; text: string }) =>
  serveViewer({ port, page: pathToFileURL(`${folder}/`), ...(recording && { recording }) })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'statescope-page-'))
  await build({
    configFile: 'packages/statescope/src/inspect/page/vite.config.ts',
    build: { outDir: folder },
  })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  server = await serve(0)
  inspector = createInspector({ to: server.socketUrl, allowEvents: true })
})
afterEach(async () => {
  inspector.stop()
  await context.close()
  await server.close()
})

async function open(options: BrowserContextOptions = {}) {
  context = await browser.newContext(options)
  page = await context.newPage()
  await page.goto(server.url)
}

/** A player on which somebody pressed play and mute. */
function busyPlayer() {
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  for (const type of ['play', 'mute']) actor.send({ type })
  return actor
}
const rows = () => page.getByRole('listbox').getByRole('option')
const line = () => page.locator('#line')

it('the page reconnects when the command is restarted, says so meanwhile, and keeps what it showed', async () => {
  await open()
  const actor = busyPlayer()
  await rows().filter({ hasText: 'mute' }).waitFor()
  const port = Number(new URL(server.url).port)
  await server.close()
  await line().filter({ hasText: 'Not connected' }).waitFor()
  expect(await line().getAttribute('role')).toBe('status')
  server = await serve(port)
  await expect.poll(() => line().textContent()).toBe('')
  actor.send({ type: 'mute' })
  await expect.poll(() => rows().filter({ hasText: 'mute' }).count()).toBe(2)
})

it('the page is styled under a strict Content-Security-Policy without an exception', async () => {
  await open()
  const refused: string[] = []
  page.on('console', (message) => message.type() === 'error' && refused.push(message.text()))
  await page.reload()
  busyPlayer()
  await rows().filter({ hasText: 'xstate.done.actor' }).waitFor()
  await page.getByRole('tab', { name: 'Sequence' }).click()
  const tops = await rows().evaluateAll((all) => all.map((row) => row.getBoundingClientRect().top))
  expect(tops).toEqual([...new Set(tops)].toSorted((one, other) => one - other))
  const fontOf = (text: Element) => getComputedStyle(text).fontSize
  expect(await page.locator('svg .event').first().evaluate(fontOf)).toBe('11px')
  expect(refused).toEqual([])
})

it.each(['light', 'dark'] as const)(
  'every view of the viewer passes WCAG 2.2 AA: %s',
  async (colorScheme) => {
    const found: Record<string, string[]> = {}
    const look = async (view: string) => {
      const { violations } = await new AxeBuilder({ page }).withTags(STANDARDS).analyze()
      found[view] = violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))
    }
    await open({ colorScheme, reducedMotion: 'reduce' })
    await look('nothing seen yet')
    busyPlayer()
    await page.getByText('In track.').waitFor()
    await rows().filter({ hasText: 'xstate.done.actor' }).waitFor()
    await look('events')
    await rows().filter({ hasText: 'mute' }).click()
    await look('a step that was chosen')
    await page.getByRole('tab', { name: 'Sequence' }).click()
    await look('sequence')
    await page.getByText('Send an event').click()
    await look('an actor that takes events')
    await page.getByRole('checkbox', { name: 'Ended actors' }).click()
    await page.getByRole('combobox', { name: 'Actor' }).selectOption({ index: 2 })
    await look('an actor without a chart')
    await page.setViewportSize({ width: 320, height: 640 })
    await look('a narrow page')
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save', exact: true }).click(),
    ])
    await page.locator('input[type=file]').setInputFiles(await file.path())
    await page.getByText('a recording of').waitFor()
    await look('a recording')
    await server.close()
    await line().filter({ hasText: 'Not connected' }).waitFor()
    await look('not connected')
    expect(Object.entries(found).filter(([, violations]) => violations.length > 0)).toEqual([])
  },
)

it.each([
  ['a window at 200 % zoom', 640, 400],
  ['a phone', 320, 640],
  ['a flat window', 1200, 360],
])('the page has room for the chart in %s', async (_name, width, height) => {
  await open({ viewport: { width, height } })
  busyPlayer()
  await page.getByText('In track.').waitFor()
  const frame = page.getByRole('group', { name: /^Statechart/ })
  await frame.scrollIntoViewIfNeeded()
  expect((await frame.boundingBox())?.height).toBeGreaterThan(160)
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
})

it('the viewer shows where an event led, however long its name', async () => {
  await open({ viewport: { width: 900, height: 600 } })
  const actor = busyPlayer()
  actor.send({ type: 'mute' })
  const list = page.getByRole('listbox')
  const led = rows().filter({ hasText: 'xstate.done.actor' }).locator('.to')
  await led.waitFor()
  const right = async (box: typeof list) => {
    const { x = 0, width = 0 } = (await box.boundingBox()) ?? {}
    return x + width
  }
  expect(await right(led)).toBeLessThanOrEqual(await right(list))
})

it('lets the mouse drag the chart, and marks none of its words', async () => {
  await open({ viewport: { width: 900, height: 500 } })
  busyPlayer()
  await page.getByText('In track.').waitFor()
  const frame = page.getByRole('group', { name: /^Statechart/ })
  const at = () => frame.evaluate(({ scrollLeft, scrollTop }) => ({ scrollLeft, scrollTop }))
  const { x = 0, y = 0 } = (await frame.boundingBox()) ?? {}
  const before = await at()
  await page.mouse.move(x + 50, y + 20)
  await page.mouse.down()
  await page.mouse.move(x + 90, y + 120, { steps: 4 })
  await page.mouse.move(x + 20, y + 10, { steps: 4 })
  await page.mouse.up()
  expect(await at()).toEqual({ scrollLeft: before.scrollLeft + 30, scrollTop: before.scrollTop + 10 })
  expect(await page.evaluate(() => String(getSelection()))).toBe('')
})

it('shows what an app sends over its socket as text, whatever it is', async () => {
  await open()
  const socket = new WebSocket(`${server.socketUrl}/?app=${encodeURIComponent(PAYLOADS[0])}`)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  const definition = (words: string) =>
    JSON.stringify({
      id: words,
      type: words,
      initial: words,
      states: { [words]: { type: words, entry: words } },
    })
  for (const words of [...PAYLOADS, ...NAMES]) {
    const about = { sessionId: words, parentId: words, rootId: words, id: words, createdAt: words }
    const event = { type: words, [words]: words }
    const snapshot = { status: 'active', value: words, context: { [words]: words } }
    socket.send(
      JSON.stringify({ ...about, type: '@xstate.actor', name: words, definition: definition(words) }),
    )
    socket.send(JSON.stringify({ ...about, type: '@xstate.event', sourceId: words, event }))
    socket.send(JSON.stringify({ ...about, type: '@xstate.snapshot', event, snapshot }))
  }
  const actors = page.getByRole('combobox', { name: 'Actor' })
  await expect.poll(() => actors.locator('option').count()).toBe(PAYLOADS.length + NAMES.length + 1)
  for (let index = 1; index <= PAYLOADS.length; index++) {
    await actors.selectOption({ index })
    await page.locator('svg [data-active]').first().waitFor()
    const root = await page.locator('state-inspector').evaluateHandle((viewer) => viewer.shadowRoot)
    expect(strangersAmong(await root.evaluate(elementsIn))).toEqual([])
  }
  expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false)
  socket.close()
})

it('saves what it shows, opens it again by a button and by dropping it, and goes back to what happens now', async () => {
  await open()
  const actor = busyPlayer()
  await rows().filter({ hasText: 'xstate.done.actor' }).waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save', exact: true }).click(),
  ])
  expect(download.suggestedFilename()).toBe('player.statescope.json')
  const text = await readFile(await download.path(), 'utf8')
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByText('0 of 0').waitFor()
  const name = 'checkout.statescope.json'
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Open…' }).click(),
  ])
  await chooser.setFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) })
  await page.getByText(`${name}: a recording of`).waitFor()
  const shown = await rows().count()
  expect(shown).toBeGreaterThan(3)
  await page.getByText('This is a recording').waitFor({ state: 'attached' })
  actor.send({ type: 'mute' })
  const other = await page.context().newPage() // shows what this one has been sent, too
  await other.goto(page.url())
  await other.getByRole('option').filter({ hasText: 'mute' }).waitFor()
  await other.close()
  expect(await rows().count()).toBe(shown)
  await page.getByRole('button', { name: 'Live' }).click()
  await rows().filter({ hasText: 'mute' }).waitFor()
  expect(await rows().count()).toBe(1)

  const drop = (given: string) =>
    page.locator('state-inspector').evaluate((viewer, parts) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([parts], 'dropped.json'))
      for (const type of ['dragover', 'drop'])
        viewer.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
    }, given)
  await drop('{}')
  await page.getByText('dropped.json is no recording of statescope.').waitFor()
  expect(await rows().count()).toBe(1)
  await drop(text)
  await page.getByText('dropped.json: a recording of').waitFor()
  await expect.poll(() => rows().count()).toBe(shown)

  await server.close()
  server = await serve(0, { name, text })
  await page.goto(server.url)
  await page.getByText(`${name}: a recording of`).waitFor()
  await expect.poll(() => rows().count()).toBe(shown)
})

it('what one page clears is gone from every page, also after a reload, but for the actors that run', async () => {
  await open()
  const actor = busyPlayer()
  await rows().filter({ hasText: 'xstate.done.actor' }).waitFor()
  const other = await context.newPage()
  await other.goto(server.url)
  const rowsOfOther = () => other.getByRole('option').filter({ has: other.locator('time') })
  await expect.poll(() => rowsOfOther().count()).toBeGreaterThan(3)
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect.poll(() => rowsOfOther().count()).toBe(0)
  await page.reload()
  await page.getByText('In track.playing').waitFor()
  expect(await rows().count()).toBe(0)
  const actors = page.getByRole('combobox', { name: 'Actor' }).locator('option')
  await page.getByRole('checkbox', { name: 'Ended actors' }).click()
  await expect.poll(() => actors.allTextContents()).toEqual(['All', expect.stringMatching(/^player/)])
  actor.send({ type: 'mute' })
  await expect.poll(() => rowsOfOther().count()).toBe(1)
})

it('sends an event from the page to an actor of an app', async () => {
  await open()
  const actor = busyPlayer()
  await page.getByText('In track.playing.normal').waitFor()
  await page.getByText('Send an event').click()
  await page.getByRole('button', { name: 'skip' }).click()
  await page.getByText('Sent skip to player.').waitFor()
  await page.getByText('In track.playing.fast').waitFor()
  expect(actor.getSnapshot().matches({ track: { playing: 'fast' } })).toBe(true)
})
