import { createTotpFlow, type TotpBackend, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { ar } from 'totp-flow/messages'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { SAYS_COPIED_MS } from '../../src/ui/copy-text.ts'
import { printCodes } from '../../src/ui/print-codes.ts'
import { button, codeField, enroll, register } from '../react/render-flow.tsx'
import { boundPage, faces } from './faces.tsx'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Shows the setup key, where it is folded. */
async function unfold(flow: TotpFlow) {
  await register(flow)
  const field = page.getByRole('textbox', { name: '6-digit code' })
  await expect.element(field).toBeVisible()
  for (const one of page.getByText('Can’t scan?').elements()) clickNow(one)
}
/** Waits for no timer, as a locator's click does. */
function clickNow(element: Element) {
  if (element instanceof HTMLElement) element.click()
}

describe.each([...faces, boundPage])('%s', (_name, show) => {
  function start(methods: Partial<TotpBackend> = {}) {
    const flow = createTotpFlow({ backend: { ...memoryBackend(), ...methods }, tabs: false })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return flow
  }

  it.each([
    ['setup key', 'Copy', unfold],
    ['recovery codes', 'Copy codes', enroll],
  ] as const)(
    'a button that has copied the %s says so for a while, from the last press on',
    async (_what, name, reach) => {
      const flow = start()
      vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
      await reach(flow)
      await expect.element(button(name)).toBeVisible()
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      clickNow(button(name).element())
      await expect.element(button('Copied')).toBeVisible()
      vi.advanceTimersByTime(SAYS_COPIED_MS - 100)
      await expect.element(button('Copied')).toBeVisible()
      vi.advanceTimersByTime(200)
      await expect.element(button(name)).toBeVisible()
      expect(button('Copied').elements()).toEqual([])
    },
  )

  it('nothing returns to the page if a UI leaves while its button says Copied', async () => {
    const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
    onTestFinished(() => flow.stop())
    const hide = show(flow)
    const place = document.body.firstElementChild
    vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    await unfold(flow)
    await expect.element(button('Copy')).toBeVisible()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    clickNow(button('Copy').element())
    await expect.element(button('Copied')).toBeVisible()
    hide()
    const secret = flow.getView().registration?.unseal().secret ?? ''
    const left = () => [place?.innerHTML, place?.textContent, place?.shadowRoot?.textContent].join()
    await expect.poll(left).not.toContain(secret)
    vi.advanceTimersByTime(SAYS_COPIED_MS + 1000)
    expect(left()).not.toContain(secret)
    expect(left()).not.toContain('otpauth:')
  })

  it('without clipboard access, the codes are selected, and the note that says so stays', async () => {
    const flow = start()
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('no', 'NotAllowedError'))
    await enroll(flow)
    const codes = flow.getView().recoveryCodes?.unseal() ?? []
    await expect.element(button('Copy codes')).toBeVisible()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    clickNow(button('Copy codes').element())
    await expect.element(page.getByText('The codes are selected: copy them from here.')).toBeVisible()
    expect(String(getSelection()).replace(/\s/g, '')).toBe(codes.join(''))
    vi.advanceTimersByTime(60_000)
    await new Promise(requestAnimationFrame)
    await expect.element(page.getByText('The codes are selected: copy them from here.')).toBeVisible()
  })

  it('a code that is being checked cannot be changed meanwhile', async () => {
    const flow = start({ authenticateTotpMfaDevice: () => new Promise(() => {}) })
    await register(flow)
    await codeField().fill('123456')
    await flow.waitFor(({ state }) => state === 'verifying')
    await expect.element(codeField()).toHaveAttribute('readonly')
    await userEvent.keyboard('7')
    await expect.element(codeField()).toHaveValue('123456')
    flow.cancel()
    await register(flow)
    await expect.element(codeField()).not.toHaveAttribute('readonly')
    await expect.element(codeField()).toHaveValue('')
  })

  it('the code field has one label, by which a click leads into it', async () => {
    const flow = start()
    await register(flow)
    await expect.element(codeField()).toBeVisible()
    const field = codeField().element() as HTMLInputElement
    expect([...(field.labels ?? [])].map(({ textContent }) => textContent)).toEqual(['6-digit code'])
  })
})

it('the printed sheet is in the page’s language, hidden from assistive technology, and removed in the end', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const frames: HTMLIFrameElement[] = []
  const append = document.body.append.bind(document.body)
  const printed = vi.fn()
  vi.spyOn(document.body, 'append').mockImplementation((frame) => {
    append(frame)
    if (!(frame instanceof HTMLIFrameElement) || !frame.contentWindow) return
    frames.push(frame)
    frame.contentWindow.print = printed
  })
  printCodes({ title: 'Codes', lines: ['Acme'], codes: ['aaaaa-11111', 'bbbbb-22222'] }, ar, () => {})
  const [frame] = frames
  const sheet = frame?.contentDocument
  expect(printed).toHaveBeenCalledOnce()
  expect([frame?.ariaHidden, frame?.tabIndex, frame?.offsetHeight, frame?.offsetWidth]).toEqual([
    'true',
    -1,
    0,
    0,
  ])
  expect([sheet?.title, sheet?.documentElement.lang, sheet?.documentElement.dir]).toEqual([
    'Codes',
    'ar',
    'rtl',
  ])
  expect(sheet?.querySelector('ol')?.dir).toBe('ltr')
  const words = [...(sheet?.body.querySelectorAll('h1, p, li') ?? [])].map((one) => one.textContent)
  expect(words).toEqual(['Codes', 'Acme', 'aaaaa-11111', 'bbbbb-22222'])
  vi.advanceTimersByTime(59_000)
  expect(frame?.isConnected).toBe(true) // a print preview may be open still
  vi.advanceTimersByTime(2000)
  expect(frame?.isConnected).toBe(false)
})
