import { createRoot } from 'react-dom/client'
import { createTotpFlow, type TotpBackend } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { TotpFlowProvider } from 'totp-flow/react'
import * as Totp from 'totp-flow/react/parts'
import 'totp-flow/theme.css'
import { bindTotpFlow } from 'totp-flow/vanilla'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { onceElsewhere } from '../../src/ui/once-elsewhere.ts'
import { button, codeField, codeOf, enroll, register, saveCodes } from '../react/render-flow.tsx'
import { boundPage, type Face, faces } from './faces.tsx'

afterEach(() => vi.restoreAllMocks())

const steps = page.getByRole('list', { name: 'Steps' }).getByRole('listitem')
const keep = () => button('I have saved these codes')

/** What the browser would print next. */
const nextPrint = () =>
  new Promise<string>((resolve) => {
    const append = document.body.append.bind(document.body)
    vi.spyOn(document.body, 'append').mockImplementation((frame) => {
      append(frame)
      const own = (frame as HTMLIFrameElement).contentWindow
      if (!own) return
      own.print = () => {
        resolve(own.document.body.textContent)
        own.dispatchEvent(new Event('beforeprint'))
        own.dispatchEvent(new Event('afterprint'))
      }
    })
  })

describe.each([...faces, boundPage])('%s', (name, show) => {
  const isOurs = name !== boundPage[0]
  async function start(more: Partial<TotpBackend> = {}) {
    const backend = memoryBackend({ issuer: 'Acme', account: 'ann@example.com' })
    const flow = createTotpFlow({ backend: { ...backend, ...more } })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    await enroll(flow)
    await expect.element(keep()).toBeVisible()
    return flow
  }

  it('the codes cannot be confirmed as saved before they were copied, downloaded or printed', async () => {
    const flow = await start()
    await expect.element(keep()).toHaveAttribute('aria-disabled', 'true')
    if (isOurs) await expect.element(keep()).toHaveAccessibleDescription(/first/)
    await keep().click({ force: true })
    keep().element().focus()
    await userEvent.keyboard('{Enter}')
    expect(flow.getView().recoveryCodes).not.toBeNull()
    await button('Copy codes').click()
    await expect.element(keep()).not.toHaveAttribute('aria-disabled')
    await keep().click()
    await expect.poll(() => flow.getView().recoveryCodes).toBeNull()
  })

  it('a download does not replace the page in a host without downloads', async () => {
    const flow = await start()
    let saved: HTMLAnchorElement | undefined
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      saved = this
    })
    await button('Download').click()
    expect(saved?.download).toMatch(/\.txt$/)
    // Such a host follows the link: anywhere but in this page.
    expect(saved?.target).toBe('_blank')
    expect(flow.getView().recoveryCodes?.unseal()).toHaveLength(10)
  })

  it('new codes must be copied again before they are confirmed', async () => {
    const flow = await start()
    await saveCodes()
    await expect.poll(() => flow.getView().recoveryCodes).toBeNull()
    void flow.renewRecoveryCodes().catch(() => {})
    const { recoveryCodes } = await flow.waitFor((view) => view.recoveryCodes !== null || view.showsCodeField)
    if (recoveryCodes) await expect.element(keep()).toHaveAttribute('aria-disabled', 'true')
    else expect(flow.getView().showsCodeField).toBe(true)
  })

  it.each([
    ['that makes new codes', {}],
    ['that makes none', { createNewMfaRecoveryCodes: undefined } as object],
  ])('the second click of a double click hits nothing else, over a backend %s', async (_what, more) => {
    const flow = await start(more)
    await button('Copy codes').click()
    const pressed: string[] = []
    const note = (event: Event) =>
      pressed.push(
        event
          .composedPath()
          .flatMap((one) => (one instanceof HTMLButtonElement ? [one.textContent] : []))[0] ?? '',
      )
    document.addEventListener('click', note, true)
    onTestFinished(() => document.removeEventListener('click', note, true))
    const { top } = button('Remove authenticator app').element().getBoundingClientRect()
    const topNow = () => button('Remove authenticator app').element().getBoundingClientRect().top
    await keep().dblClick()
    await expect.poll(() => flow.getView().recoveryCodes).toBeNull()
    await expect
      .poll(() =>
        keep()
          .elements()
          .filter((one) => one.checkVisibility({ visibilityProperty: true })),
      )
      .toEqual([])
    expect(pressed.filter((one) => one && one !== 'I have saved these codes')).toEqual([])
    expect(flow.getView().showsCodeField).toBe(false)
    expect(Math.abs(topNow() - top)).toBeLessThan(2)
    await button('Remove authenticator app').hover()
    await expect.poll(topNow).toBeLessThan(top - 20)
  })

  it('a press that arrives with its move hits what was there before, and the page closes up afterwards', async () => {
    const flow = await start()
    await button('Copy codes').click()
    await keep().click()
    await expect.poll(() => flow.getView().recoveryCodes).toBeNull()
    const remove = button('Remove authenticator app').element()
    const { left, top, width, height } = remove.getBoundingClientRect()
    const at = { clientX: left + width / 2, clientY: top + height / 2, bubbles: true, composed: true }
    const point = (type: string, buttons: number) =>
      remove.dispatchEvent(new PointerEvent(type, { ...at, buttons, pointerType: 'mouse' }))
    point('pointermove', 0)
    point('pointerdown', 1)
    await new Promise((painted) => setTimeout(painted, 300)) // longer than the page waits without a press
    expect(Math.abs(remove.getBoundingClientRect().top - top)).toBeLessThan(2)
    point('pointerup', 0)
    remove.dispatchEvent(new PointerEvent('click', { ...at, detail: 1, cancelable: true }))
    await expect.poll(() => remove.getBoundingClientRect().top).toBeLessThan(top - 20)
  })
})

describe.each(faces)('%s', (_name, show) => {
  async function start() {
    const backend = memoryBackend({ issuer: 'Acme', account: 'ann@example.com' })
    const flow = createTotpFlow({ backend })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    const secret = await register(flow)
    await expect.poll(() => steps.elements().at(2)?.textContent).toMatch(/^Save/)
    await codeField().fill(codeOf(secret))
    await expect.element(keep()).toBeVisible()
    return flow
  }

  it('the last step of an enrollment is to save the codes', async () => {
    const flow = await start()
    const done = () => steps.elements().map((one) => one.part.contains('done'))
    await expect.poll(() => steps.elements().at(2)?.textContent).toMatch(/^Save/)
    expect(done()).toEqual([true, true, false])
    await saveCodes()
    await expect.poll(() => steps.elements().at(2)?.textContent).toMatch(/^Done/)
    expect(done()).toEqual([true, true, true])
    flow.stop()
  })

  it('print shows the codes with issuer, account and date, and nothing else of the page', async () => {
    const flow = await start()
    const codes = flow.getView().recoveryCodes?.unseal() ?? []
    const printed = nextPrint()
    await button('Print').click()
    const text = await printed
    expect(text).toMatch(
      /^Recovery codesAcme: ann@example.com\w+ \d+, \d{4}.*Each recovery code works once\./,
    )
    for (const code of codes) expect(text).toContain(code)
    expect(text).not.toContain('Authenticator app')
    expect(document.querySelector('iframe')).toBeNull()
    await expect.element(keep()).not.toHaveAttribute('aria-disabled')
  })
})

describe.each([
  ['Copy codes', 'copy-codes', Totp.CopyCodes],
  ['Download', 'download-codes', Totp.DownloadCodes],
  ['Print', 'print-codes', Totp.PrintCodes],
])('%s', (name, verb, Way) => {
  it.each<Face>([
    [
      'the React parts',
      (flow) => {
        const container = document.createElement('main')
        document.body.replaceChildren(container)
        const root = createRoot(container)
        root.render(
          <TotpFlowProvider flow={flow}>
            <Totp.Codes>
              <Way />
              <Totp.KeepCodes />
            </Totp.Codes>
          </TotpFlowProvider>,
        )
        return () => root.unmount()
      },
    ],
    [
      'a page over bindTotpFlow',
      (flow) => {
        const root = document.createElement('main')
        root.innerHTML = `<button data-totp-do="${verb}">${name}</button>
          <button data-totp-do="acknowledge">I have saved these codes</button>`
        document.body.replaceChildren(root)
        return bindTotpFlow(root, flow)
      },
    ],
  ])(`${name} is waited for where it is the only way to keep the codes, in %s`, async (_face, show) => {
    const flow = createTotpFlow({ backend: memoryBackend() })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    await enroll(flow)
    await expect.element(keep()).toHaveAttribute('aria-disabled', 'true')
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockReturnValue()
    void nextPrint()
    await button(name).click()
    await expect.element(keep()).not.toHaveAttribute('aria-disabled')
  })
})

describe('onceElsewhere()', () => {
  function pressed() {
    const call = vi.fn()
    const callOff = onceElsewhere(new PointerEvent('click', { clientX: 100, clientY: 100, detail: 1 }), call)
    if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      callOff()
      vi.useRealTimers()
    })
    const move = (x: number, y: number) => {
      const at = { clientX: 100 + x, clientY: 100 + y }
      window.dispatchEvent(new PointerEvent('pointermove', { ...at, pointerType: 'mouse' }))
    }
    return { call, callOff, move }
  }

  it.each([
    [0, 13],
    [0, -13],
    [13, 0],
    [-13, 0],
    [9, 9],
  ])('onceElsewhere() calls once the pointer stays %s px across and %s px down from the press', (x, y) => {
    const { call, move } = pressed()
    move(x / 2, y / 2)
    vi.advanceTimersByTime(5000)
    expect(call).not.toHaveBeenCalled()
    move(x, y)
    vi.advanceTimersByTime(5000)
    move(x, y)
    vi.advanceTimersByTime(5000)
    expect(call).toHaveBeenCalledOnce()
  })

  it('onceElsewhere() keeps waiting if the pointer returns, and calls once it leaves again', () => {
    const { call, move } = pressed()
    move(50, 0)
    move(0, 0)
    vi.advanceTimersByTime(5000)
    expect(call).not.toHaveBeenCalled()
    move(50, 0)
    vi.advanceTimersByTime(5000)
    expect(call).toHaveBeenCalledOnce()
  })

  it('onceElsewhere() never calls after it was canceled or has called, even with a pending move', () => {
    const called = pressed()
    called.move(50, 0)
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }))
    const off = pressed()
    off.move(50, 0)
    off.callOff()
    off.move(60, 0)
    vi.advanceTimersByTime(5000)
    expect(called.call).toHaveBeenCalledOnce()
    expect(off.call).not.toHaveBeenCalled()
  })
})

it('a page without a button that copies, downloads or prints does not wait for one', async () => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  const root = document.createElement('main')
  root.innerHTML = '<ol data-totp-list="recovery-codes"></ol><button data-totp-do="acknowledge">Kept</button>'
  document.body.replaceChildren(root)
  onTestFinished(bindTotpFlow(root, flow))
  await enroll(flow)
  await button('Kept').click()
  await expect.poll(() => flow.getView().recoveryCodes).toBeNull()
  flow.stop()
})
