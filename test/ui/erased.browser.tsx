import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import { qrPath } from '../../src/qr/qr-path.ts'
import { codeOf, enroll, register, saveCodes } from '../react/render-flow.tsx'
import { boundPage, faces } from './faces.tsx'

/** The whole document with its shadow trees, and what its fields hold. */
function everything(root: Document | ShadowRoot = document): string {
  const html = root instanceof Document ? wordsOfPage(root) : root.innerHTML
  const inside = [...root.querySelectorAll('*')].map((element) =>
    element instanceof HTMLInputElement
      ? element.value
      : element.shadowRoot
        ? everything(element.shadowRoot)
        : '',
  )
  return [html, ...inside].join('\n')
}

/** Without scripts, such as the test runner's: any four letters of a key may stand in one. */
function wordsOfPage({ documentElement }: Document): string {
  const copy = documentElement.cloneNode(true) as Element
  for (const one of copy.querySelectorAll('script')) one.remove()
  return copy.outerHTML
}

interface Shown {
  flow: TotpFlow
  hide(): void
  /** A flow in another tab of the same user. */
  other: TotpFlow
}
const ways: [name: string, end: (shown: Shown) => void][] = [
  ['it is taken off the page or unbound', ({ hide }) => hide()],
  ['the flow is stopped', ({ flow }) => flow.stop()],
  ['the user signs out', ({ flow }) => flow.signOut()],
  ['the user signs out in another tab', ({ other }) => other.signOut()],
  ['the flow is stopped, and then it is unbound', ({ flow, hide }) => [flow.stop(), hide()]],
]

/** How an enrollment ends by itself. */
const ends: [name: string, end: (flow: TotpFlow, secret: string) => void][] = [
  ['the right code is entered', (flow, secret) => flow.submitCode(codeOf(secret))],
  ['the enrollment is canceled', (flow) => flow.cancel()],
  ['the enrollment is started over', (flow) => flow.register()],
]

describe.each([...faces, boundPage])('%s', (name, show) => {
  function start() {
    const tabs = `erased ${name} ${crypto.randomUUID()}`
    const flow = createTotpFlow({ backend: memoryBackend(), tabs })
    const other = createTotpFlow({ backend: memoryBackend(), tabs })
    const root = document.body
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
      other.stop()
      root.replaceChildren()
    })
    return { flow, hide, other }
  }
  const hasQr = (html: string) => /<path fill="#000"|<path fill="black"/.test(html)

  it.each(ways)('no picture, key, link or typed code is left in the document once %s', async (_way, end) => {
    const shown = start()
    const secret = await register(shown.flow)
    await page.getByRole('textbox', { name: '6-digit code' }).fill('98765')
    await expect.poll(() => everything()).toContain('98765')
    expect(everything()).toContain('otpauth:')
    expect(hasQr(everything())).toBe(true)
    end(shown)
    await expect.poll(() => everything()).not.toContain(secret)
    const left = everything()
    for (const one of ['98765', 'otpauth:', ...(secret.match(/.{4}/g) ?? [])]) expect(left).not.toContain(one)
    expect(hasQr(left)).toBe(false)
  })

  it.each(ends)(
    'no picture, key or link of an enrollment is left in the document once %s',
    async (_way, end) => {
      const { flow } = start()
      const secret = await register(flow)
      const uri = flow.getView().registration?.unseal().uri ?? ''
      const picture = qrPath(uri).path
      await expect.poll(() => everything()).toContain(picture)
      end(flow, secret)
      await expect.poll(() => everything()).not.toContain(picture)
      const left = everything()
      for (const one of [uri, secret, ...(secret.match(/.{4}/g) ?? [])]) expect(left).not.toContain(one)
      const again = (await flow.settled()).registration
      await expect.poll(() => hasQr(everything())).toBe(again !== null)
      await expect.poll(() => everything().includes('otpauth:')).toBe(again !== null)
    },
  )

  it('no recovery code is left in the document once the codes are saved', async () => {
    const { flow } = start()
    await enroll(flow)
    const codes = flow.getView().recoveryCodes?.unseal() ?? []
    await expect.poll(() => everything()).toContain(codes[0])
    await saveCodes()
    await expect.poll(() => everything()).not.toContain(codes[0])
    for (const code of codes) expect(everything()).not.toContain(code)
  })

  it.each(ways)('no recovery code is left in the document once %s', async (_way, end) => {
    const shown = start()
    const made = vi.spyOn(URL, 'createObjectURL')
    const revoked = vi.spyOn(URL, 'revokeObjectURL')
    onTestFinished(() => {
      vi.restoreAllMocks()
    })
    await enroll(shown.flow)
    const codes = shown.flow.getView().recoveryCodes?.unseal() ?? []
    await expect.poll(() => everything()).toContain(codes[0])
    await page.getByRole('button', { name: 'Download' }).click()
    end(shown)
    await expect.poll(() => everything()).not.toContain(codes[0])
    for (const code of codes) expect(everything()).not.toContain(code)
    expect(revoked.mock.calls.flat()).toEqual(made.mock.results.map(({ value }) => value))
    expect(everything()).not.toContain('blob:')
  })
})

it('<totp-flow> shows nothing of a flow that was disconnected or replaced', async () => {
  const element = document.createElement('totp-flow')
  document.body.replaceChildren(element)
  const [first, second] = [1, 2].map(() => createTotpFlow({ backend: memoryBackend(), tabs: false })) as [
    TotpFlow,
    TotpFlow,
  ]
  onTestFinished(() => {
    element.remove()
    first.stop()
    second.stop()
  })
  element.flow = first
  const secret = await register(first)
  expect(everything()).toContain('otpauth:')
  element.flow = second
  expect(everything()).not.toContain(secret)
  element.flow = first
  expect(everything()).toContain(secret)
  element.flow = null
  expect(everything()).not.toContain(secret)
  expect(everything()).not.toContain('otpauth:')
})
