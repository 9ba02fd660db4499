/** Text at 200 %, or spaced, in a window of 320 px: WCAG 1.4.4, 1.4.10 and 1.4.12, by the geometry of what is drawn. */
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { ar, de, fr } from 'totp-flow/messages'
import 'totp-flow/theme.css'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'
import { codeOf, register } from '../react/render-flow.tsx'
import { faces } from './faces.tsx'

const shadowOf = () => document.querySelector('totp-flow')?.shadowRoot
const elements = () => [...(shadowOf() ?? document.body).querySelectorAll<HTMLElement>('*')]

const UNSEEN = '[part~=unseen], [part~=cant-scan]:not([open]) + [part~=by-hand]'

/** What is cut, wider than the window, or drawn over other text. */
function faults(): string[] {
  const isSeen = (one: Element) => one.checkVisibility() && !one.closest(UNSEEN)
  const inModal = elements().find((one) => one.matches(':modal'))
  const seen = elements().filter((one) => isSeen(one) && (!inModal || inModal.contains(one)))
  const nameOf = (one: Element | null) =>
    `${one?.getAttribute('part') ?? one?.localName}: ${one?.textContent?.slice(0, 30)}`
  const cut = seen.filter((one) => one instanceof HTMLInputElement && one.scrollWidth > one.clientWidth)
  const wide = seen.filter((one) => {
    const { left, right } = one.getBoundingClientRect()
    return left < -0.5 || right > innerWidth + 0.5
  })
  const lines = seen.flatMap((one) =>
    [...one.childNodes].flatMap((node) => {
      if (!(node instanceof Text) || node.data.trim() === '') return []
      const range = document.createRange()
      range.selectNodeContents(node)
      // The height of a line of text without what lies above and below its letters.
      const em = Number.parseFloat(getComputedStyle(one).fontSize)
      return [...range.getClientRects()].map(({ left, right, top, bottom }) => {
        const middle = (top + bottom) / 2
        return { one, left, right, top: middle - em / 2.2, bottom: middle + em / 2.2 }
      })
    }),
  )
  const over = lines.flatMap((a, index) =>
    lines
      .slice(index + 1)
      .filter(
        (b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1,
      )
      .map((b) => `${nameOf(a.one)} over ${nameOf(b.one)}`),
  )
  return [
    ...cut.map((one) => `${nameOf(one)} is cut`),
    ...wide.map((one) => `${nameOf(one)} is too wide`),
    ...over,
    ...(document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : []),
  ]
}

/** WCAG 1.4.12, as a person's own style sheet has it. */
const spacing = new CSSStyleSheet()
spacing.replaceSync(`
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
  p { margin-block-end: 2em !important }`)

const readers: [name: string, adjust: () => () => void][] = [
  [
    'of 200 %',
    () => {
      document.documentElement.style.fontSize = '200%'
      return () => {
        document.documentElement.style.fontSize = ''
      }
    },
  ],
  [
    'spaced by WCAG 1.4.12',
    () => {
      const roots = [document, shadowOf()].filter((one) => one != null)
      for (const root of roots) root.adoptedStyleSheets.push(spacing)
      return () => {
        for (const root of roots)
          root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== spacing)
      }
    },
  ],
]

describe.each(faces)('%s', (_name, show) => {
  it.each(readers)(
    'text %s in a window of 320 px is neither cut nor drawn over other text, in any state',
    async (_reader, adjust) => {
      await page.viewport(320, 640)
      const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
      const hide = show(flow)
      const restore = adjust()
      onTestFinished(async () => {
        hide()
        flow.stop()
        restore()
        await page.viewport(414, 896)
      })
      const isWhole = async () => {
        await new Promise(requestAnimationFrame)
        await expect.poll(faults).toEqual([])
      }
      await flow.settled()
      await isWhole()
      const { fontSize, letterSpacing } = getComputedStyle(elements().at(-1) ?? document.body)
      expect([fontSize, letterSpacing]).not.toEqual(['16px', 'normal']) // or nothing was adjusted
      const secret = await register(flow)
      await isWhole()
      await page.getByText('Can’t scan?').click()
      const field = page.getByRole('textbox', { name: '6-digit code' })
      await field.fill('88888')
      await isWhole()
      flow.submitCode('888888')
      await flow.settled()
      await field.fill('888888')
      await isWhole()
      flow.submitCode(codeOf(secret))
      await flow.waitFor(({ state }) => state === 'elevated')
      await isWhole()
      flow.stepUp(['wallet:export'])
      await expect.element(page.getByRole('dialog')).toBeVisible()
      await field.fill('888888')
      await isWhole()
      flow.cancel()
      await flow.settled()
      await flow.acknowledgeRecoveryCodes()
      await expect.element(page.getByText('Recovery codes left: 10')).toBeVisible()
      await isWhole()
    },
  )
})

it.each([de, fr, ar])(
  'text of 200 % in a window of 320 px is neither cut nor too wide in the dialog in the language $lang',
  async (messages) => {
    await page.viewport(320, 640)
    document.documentElement.style.fontSize = '200%'
    const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
    const element = document.createElement('totp-flow')
    element.messages = messages
    element.flow = flow
    document.body.replaceChildren(element)
    onTestFinished(async () => {
      element.remove()
      flow.stop()
      document.documentElement.style.fontSize = ''
      await page.viewport(414, 896)
    })
    const secret = await register(flow)
    await expect.poll(faults).toEqual([])
    flow.submitCode(codeOf(secret))
    await flow.waitFor(({ state }) => state === 'elevated')
    await flow.acknowledgeRecoveryCodes()
    flow.stepUp(['wallet:export'])
    await expect.element(page.getByRole('dialog')).toBeVisible()
    await expect.poll(faults).toEqual([])
    while (flow.getView().detail !== 'throttled') {
      flow.submitCode('000000')
      await flow.settled()
    }
    await expect.poll(faults).toEqual([])
    flow.submitRecoveryCode('abcd')
    await flow.settled()
    await expect.poll(faults).toEqual([])
  },
)
