import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import { enroll, register } from '../react/render-flow.tsx'
import { boundPage, faces } from './faces.tsx'

/** The whole document with its shadow trees, and what its fields hold. */
function everything(root: Document | ShadowRoot = document): string {
  const html = root instanceof Document ? root.documentElement.outerHTML : root.innerHTML
  const inside = [...root.querySelectorAll('*')].map((element) =>
    element instanceof HTMLInputElement
      ? element.value
      : element.shadowRoot
        ? everything(element.shadowRoot)
        : '',
  )
  return [html, ...inside].join('\n')
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

it('<totp-flow> shows nothing of a flow that it was told to let go of, or that gave way to another', async () => {
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
