import { createTotpFlow, type TotpBackend, TotpFlowError } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { TotpChallenge } from 'totp-flow/react'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { focusSoon } from '../../src/ui/focus-soon.ts'
import { button, codeOf, enroll, register, renderFlow, saveCodes } from '../react/render-flow.tsx'
import { boundPage, faces } from './faces.tsx'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const codeField = () => page.getByRole('textbox', { name: '6-digit code' })

/** What has the focus, shadow or not. */
function focused(): Element | null {
  const outer = document.activeElement
  return outer?.shadowRoot?.activeElement ?? outer
}

describe.each([...faces, boundPage])('%s', (_name, show) => {
  function start(backend: TotpBackend = memoryBackend(), options?: { autoSubmit: boolean }) {
    const flow = createTotpFlow({ backend })
    const hide = show(flow, options)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return { flow, hide }
  }
  const pressSetUp = async () => {
    const setUp = button('Set up authenticator app')
    await expect.element(setUp).toBeEnabled()
    setUp.element().focus()
    await userEvent.keyboard('{Enter}')
  }

  it('the code field is focused in a later turn than the one that removes the pressed button', async () => {
    const { flow } = start()
    await flow.settled()
    await expect.element(button('Set up authenticator app')).toBeEnabled()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await pressSetUp()
    await expect.element(codeField()).toBeVisible()
    expect(focused()).not.toBe(codeField().element())
    vi.advanceTimersByTime(200)
    expect(focused()).toBe(codeField().element())
  })

  it('the code field loses no digit that is typed before it is focused', async () => {
    const { flow } = start()
    await flow.settled()
    await expect.element(button('Set up authenticator app')).toBeEnabled()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await pressSetUp()
    await expect.element(codeField()).toBeVisible()
    await userEvent.keyboard('123456')
    await expect.element(codeField()).toHaveValue('123456')
  })

  it('focus stays in another field in which the user types meanwhile', async () => {
    const { flow } = start()
    await flow.settled()
    const other = document.body.appendChild(document.createElement('input'))
    await expect.element(button('Set up authenticator app')).toBeEnabled()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await pressSetUp()
    await expect.element(codeField()).toBeVisible()
    await userEvent.click(other)
    await userEvent.keyboard('12')
    vi.advanceTimersByTime(5000)
    expect(document.activeElement).toBe(other)
    expect(other.value).toBe('12')
    await expect.element(codeField()).toHaveValue('')
  })

  it('the focus stays on the button that sent a code, and the code is not selected while it is checked', async () => {
    const checking = { authenticateTotpMfaDevice: () => new Promise<never>(() => {}) }
    const { flow } = start({ ...memoryBackend(), ...checking }, { autoSubmit: false })
    await register(flow)
    await codeField().fill('123456')
    const verify = button('Verify').element()
    verify.focus()
    await userEvent.keyboard('{Enter}')
    await flow.waitFor(({ state }) => state === 'verifying')
    await new Promise(requestAnimationFrame)
    expect(focused()).toBe(verify)
    const field = codeField().element() as HTMLInputElement
    expect(field.selectionStart).toBe(field.selectionEnd)
  })

  it('nothing is focused once the field has left the page', async () => {
    const { flow, hide } = start()
    await flow.settled()
    await expect.element(button('Set up authenticator app')).toBeEnabled()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await pressSetUp()
    await expect.element(codeField()).toBeVisible()
    const focuses = vi.spyOn(HTMLInputElement.prototype, 'focus')
    hide()
    vi.advanceTimersByTime(5000)
    await userEvent.keyboard('1')
    expect(focuses).not.toHaveBeenCalled()
  })

  it('a screen that changes without the user takes focus from no field of the page', async () => {
    const { flow } = start()
    const secret = await register(flow)
    await expect.element(codeField()).toBeVisible()
    await codeField().click()
    const other = document.body.appendChild(document.createElement('input'))
    other.focus()
    flow.submitCode(codeOf(secret))
    await expect.element(page.getByText('Authenticator app is on').first()).toBeVisible()
    await new Promise(requestAnimationFrame)
    expect(document.activeElement).toBe(other)
    await flow.acknowledgeRecoveryCodes()
    await new Promise(requestAnimationFrame)
    expect(document.activeElement).toBe(other)
  })

  it('nothing gets the focus on a touch screen while there is a picture to look at; the field of a dialog does', async () => {
    const real = window.matchMedia.bind(window)
    vi.spyOn(window, 'matchMedia').mockImplementation((query) =>
      query === '(pointer: coarse)' ? ({ ...real(query), matches: true } as MediaQueryList) : real(query),
    )
    const { flow } = start()
    await expect.element(button('Set up authenticator app')).toBeEnabled()
    const focuses = vi.spyOn(HTMLInputElement.prototype, 'focus')
    await pressSetUp()
    await expect.element(codeField()).toBeVisible()
    await new Promise(requestAnimationFrame)
    expect(focuses).not.toHaveBeenCalled()
    expect(focused()).not.toBe(codeField().element())
    flow.cancel()
    await enroll(flow)
    await button('Remove authenticator app').click()
    await button('Use a recovery code instead').click()
    const recovery = page.getByRole('textbox', { name: 'Recovery code' })
    await expect.element(recovery).toBeVisible()
    await expect.poll(focused).toBe(recovery.element())
  })

  it('a late answer about a wrong code leaves the focus in a field in which the user types, and selects the code', async () => {
    let answer = () => {}
    const { flow } = start({
      ...memoryBackend(),
      authenticateTotpMfaDevice: () =>
        new Promise((_resolve, reject) => {
          answer = () => reject(new TotpFlowError('invalid_code'))
        }),
    })
    await flow.settled()
    await button('Set up authenticator app').click()
    await codeField().fill('000000')
    await flow.waitFor(({ state }) => state === 'verifying')
    const other = document.body.appendChild(document.createElement('textarea'))
    other.focus()
    answer()
    await expect.element(page.getByText(/didn’t match/).first()).toBeInTheDocument()
    await userEvent.keyboard('a')
    expect(other.value).toBe('a')
    const field = codeField().element() as HTMLInputElement
    await expect.poll(() => [field.selectionStart, field.selectionEnd]).toEqual([0, 6])
  })

  it('the code field of a removal, and the field of another method, get the focus although their buttons stay', async () => {
    const { flow } = start()
    await enroll(flow)
    await button('Remove authenticator app').click()
    await expect.poll(() => focused() === codeField().query()).toBe(true)
    await button('Use a recovery code instead').click()
    const recovery = page.getByRole('textbox', { name: 'Recovery code' })
    await expect.poll(() => focused() === recovery.query()).toBe(true)
  })
})

describe.each([...faces, boundPage])('%s', (_name, show) => {
  it('no button is natively disabled in any state, so that what was pressed keeps the focus', async () => {
    let answer: (() => Promise<never>) | null = null
    const real = memoryBackend()
    const flow = createTotpFlow({
      backend: {
        ...real,
        authenticateTotpMfaDevice: (...given) => answer?.() ?? real.authenticateTotpMfaDevice(...given),
      },
    })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    const expectNoneDisabled = (root: Document | ShadowRoot = document) => {
      for (const one of root.querySelectorAll('*')) {
        expect(one.matches(':disabled'), one.outerHTML).toBe(false)
        expect(one.ariaBusy === 'true' && one.localName !== 'button', one.outerHTML).toBe(false)
        if (one.shadowRoot) expectNoneDisabled(one.shadowRoot)
      }
    }
    const stop = flow.subscribe(() => expectNoneDisabled())
    onTestFinished(stop)
    expectNoneDisabled()
    await enroll(flow)
    expectNoneDisabled()
    answer = () => new Promise<never>(() => {})
    flow.stepUp(['wallet:export'])
    await codeField().fill('000000')
    button('Verify').element().focus()
    await userEvent.keyboard('{Enter}')
    await flow.waitFor(({ state }) => state === 'verifying')
    const other = button('Use a recovery code instead')
    await expect.element(other).toBeDisabled()
    other.element().focus()
    await userEvent.keyboard('{Enter}')
    expect(focused()).toBe(other.element())
    await expect.element(codeField()).toBeVisible()
    expectNoneDisabled()
    flow.cancel()

    answer = () => Promise.reject(new TotpFlowError('rate_limited', { retryAt: Date.now() + 60_000 }))
    flow.stepUp(['wallet:export'])
    await codeField().fill('000000')
    button('Verify').element().focus()
    await userEvent.keyboard('{Enter}')
    await flow.waitFor(({ detail }) => detail === 'throttled')
    await expect.element(button('Verify')).toBeDisabled()
    expect(focused()).not.toBe(document.body)
    button('Verify').element().focus()
    await userEvent.keyboard('{Enter}')
    expect(focused()).not.toBe(document.body)
    expectNoneDisabled()
  })
})

describe.each(faces)('%s', (_name, show) => {
  it('where a control that had the focus is gone, a region with a name gets it, and never the body', async () => {
    const flow = createTotpFlow({ backend: memoryBackend() })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    const isIn = (name: string) =>
      expect.poll(() => focused() === page.getByRole('region', { name, exact: true }).query()).toBe(true)
    const secret = await register(flow)
    await expect.element(codeField()).toBeVisible()
    codeField().element().focus()
    flow.submitCode(codeOf(secret))
    await isIn('Save your recovery codes')
    await saveCodes()
    await isIn('Authenticator app')
    const remove = button('Remove authenticator app')
    remove.element().focus()
    await userEvent.keyboard('{Enter}')
    await codeField().fill(codeOf(secret, 1))
    await userEvent.keyboard('{Enter}')
    await expect.element(page.getByText('No authenticator app yet')).toBeVisible()
    await isIn('Authenticator app')
  })
})

describe.each(faces)('%s', (_name, show) => {
  async function afterReload() {
    const backend = memoryBackend()
    const before = createTotpFlow({ backend, tabs: false })
    await enroll(before)
    before.stop()
    const flow = createTotpFlow({ backend, tabs: false })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    const keep = button('I have saved these codes')
    await expect.element(keep).toBeVisible()
    return keep
  }

  it('where codes are confirmed after a reload, the button for that is gone, and a region with a name gets the focus', async () => {
    const keep = await afterReload()
    keep.element().focus()
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => keep.elements()).toEqual([])
    await expect.poll(() => focused()?.matches('section[tabindex="-1"]')).toBe(true)
    await expect.element(page.getByText('Recovery codes left: 10')).toBeVisible()
  })

  it('codes that are confirmed after a reload take the focus from nothing else that has it', async () => {
    const keep = await afterReload()
    const other = document.body.appendChild(document.createElement('button'))
    other.focus()
    const element = keep.element()
    if (element instanceof HTMLElement) element.click()
    await expect.poll(() => keep.elements()).toEqual([])
    await new Promise(requestAnimationFrame)
    expect(document.activeElement).toBe(other)
  })
})

it('the code field of <TotpChallenge> is focused without a dialog', async () => {
  const { flow, unmount } = renderFlow(<TotpChallenge />)
  onTestFinished(unmount)
  await enroll(flow)
  flow.stepUp(['wallet:export'])
  await expect.element(codeField()).toBeVisible()
  await expect.poll(() => focused() === codeField().query()).toBe(true)
})

describe('focusSoon()', () => {
  function fields() {
    document.body.innerHTML =
      '<input id="code"><input id="other"><div contenteditable id="note"></div><button></button>'
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const [code, other, note] = ['code', 'other', 'note'].map((id) => document.getElementById(id)) as [
      HTMLInputElement,
      HTMLInputElement,
      HTMLElement,
    ]
    return { code, other, note }
  }

  it('focusSoon() leaves the focus in another field, be it in a frame, however long the user pauses', () => {
    const { code, other, note } = fields()
    const frame = document.body.appendChild(document.createElement('iframe'))
    const inShadow = document.createElement('input')
    document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' }).append(inShadow)
    for (const field of [other, note, frame, inShadow]) {
      field.focus()
      const before = document.activeElement
      focusSoon(code)
      vi.advanceTimersByTime(60_000)
      expect(document.activeElement).toBe(before)
    }
  })

  it('focusSoon() takes focus from a control that takes no text', () => {
    const { code, other } = fields()
    for (const type of ['checkbox', 'radio', 'button', 'range']) {
      other.type = type
      other.focus()
      focusSoon(code)
      vi.advanceTimersByTime(5000)
      expect(document.activeElement).toBe(code)
    }
  })

  it('focusSoon() takes nothing meant for another place: shortcuts, Tab, a pressed button', async () => {
    const { code } = fields()
    focusSoon(code)
    await userEvent.keyboard('{Control>}c{/Control}{Shift}{Escape}')
    expect(document.activeElement).toBe(document.body)
    document.querySelector('button')?.focus()
    await userEvent.keyboard('{Enter}1')
    vi.advanceTimersByTime(5000)
    expect(document.activeElement?.tagName).toBe('BUTTON')
  })

  it('focusSoon() takes focus from a heading that the page focused meanwhile, and not from a link', () => {
    const { code } = fields()
    const heading = document.body.appendChild(document.createElement('h1'))
    heading.tabIndex = -1
    focusSoon(code)
    heading.focus()
    vi.advanceTimersByTime(5000)
    expect(document.activeElement).toBe(code)
    code.blur()
    const link = document.body.appendChild(document.createElement('a'))
    link.href = '#'
    focusSoon(code)
    link.focus()
    vi.advanceTimersByTime(5000)
    expect(document.activeElement).toBe(link)
  })

  it('focusSoon() focuses the field for a paste', async () => {
    const { code, other } = fields()
    other.value = '654321'
    other.select()
    await userEvent.cut()
    other.remove()
    focusSoon(code)
    await userEvent.paste()
    expect(code.value).toBe('654321')
  })

  it('focusSoon() focuses at once on a touch screen, whose keyboard comes up with the touch or never', () => {
    const { code } = fields()
    vi.spyOn(window, 'matchMedia').mockReturnValue({ matches: true } as MediaQueryList)
    focusSoon(code)
    expect(document.activeElement).toBe(code)
  })

  it('focusSoon() focuses the last of several fields', () => {
    const { code, other } = fields()
    focusSoon(code)
    focusSoon(other)
    vi.advanceTimersByTime(5000)
    expect(document.activeElement).toBe(other)
  })
})
