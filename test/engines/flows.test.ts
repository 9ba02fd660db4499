import { createInspector } from 'statescope'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ViewerServer } from '../../packages/statescope/src/inspect/viewer-server.ts'
import { type DemoProcess, startDemo } from '../e2e/demo-process.ts'
import { type BuiltStorybook, serveBuiltStorybook } from '../support/built-storybook.ts'
import { hasOtherEngines, oathtool } from '../support/tools.ts'
import { startChromium123 } from './chromium-123.ts'
import { startFirefox } from './firefox.ts'
import { serveBoundPage, serveStatescope } from './pages.ts'
import type { Engine, Tab } from './tab.ts'
import { type Visitor, visitor, wrongCode } from './visitor.ts'
import { startWebKit } from './webkit.ts'

/** Beside the current Chromium, in which everything else runs: what docs/supported.md#browsers promises. */
const engines: [string, () => Promise<Engine>][] = [
  ['Firefox ESR', startFirefox],
  ['WebKitGTK', startWebKit],
  ['Chromium 123', startChromium123],
]

let demo: DemoProcess
let storybook: BuiltStorybook
let boundPage: Awaited<ReturnType<typeof serveBoundPage>>
let viewer: ViewerServer
beforeAll(async () => {
  storybook = await serveBuiltStorybook()
  boundPage = await serveBoundPage()
  viewer = await serveStatescope()
  demo = await startDemo()
})
afterAll(async () => {
  await demo?.stop()
  for (const one of [storybook, boundPage, viewer]) await one?.close()
})

/** Sets up by the picture on the screen, after a wrong code; gives the secret. */
async function enroll(me: Visitor): Promise<string> {
  await me.clicks('Set up authenticator app')
  const secret = await me.scans()
  await me.types('6-digit code', wrongCode(secret))
  await me.sees('didn’t match')
  await me.types('6-digit code', oathtool(secret))
  await me.sees('Authenticator app is on')
  return secret
}

/** Takes the recovery codes as a file, which leaves them where they are, and as a copy; gives one. */
async function saveCodes(me: Visitor): Promise<string> {
  await me.finds('button', 'Copy codes')
  const [code = ''] = /\b(?:[0-9a-z]{5}-){2}[0-9a-z]{5}\b/.exec(await me.text()) ?? []
  await me.clicks('Download')
  await me.sees(code)
  await me.clicks('Copy codes')
  await me.clicks('I have saved these codes')
  await me.seesNo(code)
  await me.leaves()
  return code
}

async function remove(me: Visitor, recoveryCode: string) {
  await me.clicks('Remove authenticator app')
  await me.clicks('Use a recovery code instead')
  await me.types('Recovery code', recoveryCode)
  await me.sees('No authenticator app yet')
}

describe.skipIf(!hasOtherEngines()).each(engines)('%s', (name, start) => {
  let engine: Engine
  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine?.close())

  async function visit(url: string, whole: (me: Visitor, tab: Tab) => Promise<void>) {
    const tab = await engine.open()
    try {
      await tab.go(url)
      await whole(visitor(tab), tab)
      expect(tab.complaints()).toEqual([])
    } finally {
      await tab.close()
    }
  }
  const email = (face: string) => `${face}@${name.replace(/\W/g, '').toLowerCase()}.example`

  it('the demo in React enrolls by its QR code, steps up in a dialog, and removes', () =>
    visit(demo.url, async (me) => {
      await me.fills('Email', email('react'))
      await me.clicks('Continue as demo user')
      const secret = await enroll(me)
      const code = await saveCodes(me)
      await me.clicks('Export private key')
      await me.sees('Confirm it’s you')
      await me.types('6-digit code', oathtool(secret, 30))
      await me.sees('0x')
      await remove(me, code)
      await me.clicks('Statechart', 'summary')
      await me.clicks('With every transition', 'check')
      await me.seesChart('ready')
    }))

  it('the demo without React continues the session, enrolls, steps up in a dialog, and removes', () =>
    visit(demo.url, async (me) => {
      await me.fills('Email', email('element'))
      await me.clicks('Continue as demo user')
      await me.clicks('Without React', 'link')
      await me.sees('With React') // until then the page before has a button of the same name
      const secret = await enroll(me)
      const code = await saveCodes(me)
      await me.clicks('Export private key')
      await me.sees('Confirm it’s you')
      await me.types('6-digit code', oathtool(secret, 30))
      await me.sees('0x')
      await remove(me, code)
    }))

  it('a page over bindTotpFlow enrolls, steps up in a dialog, and removes under a strict policy', () =>
    visit(boundPage.url, async (me) => {
      const secret = await enroll(me)
      const code = await saveCodes(me)
      await me.clicks('Export private key')
      await me.sees('Confirm it’s you')
      await me.types('6-digit code', oathtool(secret, 30))
      await me.sees('The key is exported.')
      await remove(me, code)
    }))

  it('a story can be played by hand, with its own phone', () =>
    visit(`${storybook.url}iframe.html?id=states--idle-ready&viewMode=story`, async (me, tab) => {
      const shown = () =>
        tab.run(() => document.querySelector('[aria-label="Code on the phone"]')?.textContent ?? '')
      await me.clicks('Set up authenticator app')
      await me.scans()
      await me.clicks('Scan')
      await expect.poll(shown).toMatch(/^\d{6}$/)
      await me.clicks('6-digit code', 'field')
      await me.types('6-digit code', await shown())
      await me.sees('Authenticator app is on')
      const code = await saveCodes(me)
      await me.clicks('30 seconds later')
      await me.clicks('Export private key')
      await me.sees('Confirm it’s you')
      await me.types('6-digit code', await shown())
      await me.sees('The key is exported.')
      await remove(me, code)
    }))

  it('the text of the primary button can be read on the accent', () =>
    visit(`${storybook.url}iframe.html?id=states--idle-ready&viewMode=story`, async (me) => {
      await me.finds('button', 'Set up authenticator app')
      expect(await me.contrastOf('Set up authenticator app')).toBeGreaterThanOrEqual(4.5)
    }))

  // The newest Chromium plays them in the tests of stories.
  it.skipIf(name === 'Chromium 123')(
    'every story plays to its end, and every page of the documentation opens',
    async () => {
      const { entries } = await (await fetch(`${storybook.url}index.json`)).json()
      const pages = Object.values<{ id: string; type: string }>(entries)
      expect(pages.length).toBeGreaterThan(45)
      const tab = await engine.open()
      try {
        for (const { id, type } of pages) {
          const viewMode = type === 'docs' ? 'docs' : 'story'
          await tab.go(`${storybook.url}iframe.html?id=${id}&viewMode=${viewMode}&globals=pace:instantly`)
          const ended = () => tab.run(type === 'docs' ? isOpen : statusOfStory)
          await expect.poll(ended, { timeout: 90_000, message: id }).toBe('success')
          expect(tab.complaints(), id).toEqual([])
        }
      } finally {
        await tab.close()
      }
    },
    600_000,
  )

  it('Storybook plays a story next to the chart of its machine', () =>
    visit(`${storybook.url}?path=/story/flows--enroll&globals=pace:instantly`, async (me) => {
      await me.sees('In elevated')
      await me.seesChart('elevated')
    }))

  it('the viewer of statescope follows a flow, steps back and forth, and clears', () =>
    visit(viewer.url, async (me) => {
      const inspector = createInspector({ to: viewer.socketUrl })
      const flow = createTotpFlow({ backend: memoryBackend(), inspect: inspector.inspect })
      await me.sees('In idle.ready')
      await me.seesChart('ready')
      flow.register()
      await me.sees('In awaitingCode.ready')
      await me.clicks('device.register', 'step')
      await me.sees('In registering')
      await me.clicks('Live')
      await me.sees('In awaitingCode.ready')
      await me.seesChart('awaitingCode')
      flow.stop()
      inspector.stop()
      await me.clicks('Clear')
      await me.sees('0 of 0')
    }))
})

interface Previewed {
  __STORYBOOK_ADDONS_CHANNEL__?: { last(event: string): [{ status?: string }] | undefined }
}
const statusOfStory = () =>
  (globalThis as Previewed).__STORYBOOK_ADDONS_CHANNEL__?.last('storyFinished')?.[0].status
const isOpen = () =>
  (globalThis as Previewed).__STORYBOOK_ADDONS_CHANNEL__?.last('docsRendered') ? 'success' : 'not yet'
