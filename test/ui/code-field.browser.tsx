import { createTotpFlow, type TotpBackend, TotpFlowError, type TotpFlowOptions } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import 'totp-flow/theme.css'
import { authenticator, TestClock } from 'totp-flow/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { faces } from './faces.tsx'

const codeField = () => page.getByRole('textbox', { name: '6-digit code' })
const fieldElement = () => codeField().element() as HTMLInputElement
const verify = () => page.getByRole('button', { name: 'Verify' })
const alert = (words: RegExp) =>
  expect.element(page.getByRole('alert').filter({ hasText: words })).toBeVisible()

/** On the screen: a closed dialog may hold the same words. */
const says = (words: string) => page.getByRole('paragraph').filter({ hasText: words })

describe.each(faces)('the code field of %s', (_name, show) => {
  /** An enrollment that waits for its code, and the codes that reach the backend. */
  async function start(
    answer: () => ReturnType<TotpBackend['authenticateTotpMfaDevice']>,
    options: Partial<TotpFlowOptions> = {},
  ) {
    const codes: string[] = []
    const flow = createTotpFlow({
      ...options,
      backend: {
        ...memoryBackend(),
        authenticateTotpMfaDevice({ code }) {
          codes.push(code)
          return answer()
        },
      },
    })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    await page.getByRole('button', { name: 'Set up authenticator app' }).click()
    await expect.element(codeField()).toBeVisible()
    return codes
  }
  const refuse = (code: 'network' | 'invalid_code') => () => Promise.reject(new TotpFlowError(code))

  it('the code field is empty without an example in it, which would look and sound like a typed code', async () => {
    await start(() => Promise.reject(new TotpFlowError('invalid_code')))
    expect(fieldElement().value).toBe('')
    expect(fieldElement().placeholder).toBe('')
  })

  it('the code field is one field, and says what it accepts to phones, autofill and browsers', async () => {
    await start(refuse('network'))
    expect(page.getByRole('textbox').elements()).toHaveLength(1)
    const field = fieldElement()
    expect([field.inputMode, field.autocomplete]).toEqual(['numeric', 'one-time-code'])
    expect(field.maxLength).toBe(-1)
    for (const [typed, isTaken] of [
      ['123456', true],
      ['123 456', true],
      ['１２３４５６', true],
      ['١٢٣٤٥٦', true],
      ['12345', false],
      ['1234567', false],
      ['abcdef', false],
    ] as const) {
      field.value = typed
      expect(field.validity.patternMismatch, typed).toBe(!isTaken)
    }
  })

  async function paste(text: string) {
    const source = document.createElement('textarea')
    source.value = text
    document.body.append(source)
    source.select()
    await userEvent.cut()
    source.remove()
    fieldElement().select()
    await userEvent.paste()
  }

  it.each([
    ['123 456', '123 456'],
    ['１２３４５６', '１２３４５６'],
    ['١٢٣٤٥٦', '١٢٣٤٥٦'],
    ['Code: 123 456', '123456'],
    ['#123456', '123456'],
    [`${'Never share it. '.repeat(20)}Your code is 123456.`, '123456'],
  ])('the code field takes %s from the clipboard, shows %s, and sends the code once', async (text, shown) => {
    const codes = await start(refuse('network'))
    await paste(text)
    await expect.element(codeField()).toHaveValue(shown)
    expect(fieldElement().validity.valid).toBe(true)
    await alert(/couldn’t reach the server/)
    await paste(text)
    await expect.element(codeField()).toHaveValue(shown)
    await userEvent.tab()
    expect(codes).toEqual(['123456'])
  })

  it('the code field keeps a pasted text with two codes, and sends neither', async () => {
    const codes = await start(refuse('network'))
    await paste('123456 or 654321')
    await verify().click()
    await alert(/A code is six digits/)
    await expect.element(codeField()).toHaveValue('123456 or 654321')
    expect(fieldElement().validity.patternMismatch).toBe(true)
    expect(codes).toEqual([])
  })

  it('the code field explains what it accepts after a recovery code, and sends nothing', async () => {
    const codes = await start(refuse('network'))
    await codeField().fill('abcde-12345-fgh0k')
    await verify().click()
    await alert(/A code is six digits/)
    expect(codes).toEqual([])
  })

  it('the code field keeps its text if the network fails, and sends it again on a click', async () => {
    const codes = await start(refuse('network'))
    await codeField().fill('123 456')
    await alert(/couldn’t reach the server/)
    await expect.element(codeField()).toHaveValue('123 456')
    await verify().click()
    await expect.poll(() => codes).toEqual(['123456', '123456'])
    await alert(/couldn’t reach the server/)
    await expect.element(codeField()).toHaveValue('123 456')
  })

  it('the code field neither selects nor marks as wrong a code that no server has checked, so that no key press loses it', async () => {
    await start(refuse('network'))
    await codeField().fill('123456')
    await alert(/couldn’t reach the server/)
    const field = fieldElement()
    expect([field.selectionStart, field.selectionEnd, field.ariaInvalid]).toEqual([6, 6, 'false'])
    await userEvent.keyboard('{Backspace}7')
    await expect.element(codeField()).toHaveValue('123457')
  })

  it('the code field selects a wrong code, so that the next one replaces it', async () => {
    const codes = await start(refuse('invalid_code'))
    await codeField().fill('123456')
    await alert(/didn’t match/)
    const field = fieldElement()
    expect([field.selectionStart, field.selectionEnd, field.getAttribute('aria-invalid')]).toEqual([
      0,
      6,
      'true',
    ])
    await userEvent.keyboard('654321')
    await expect.poll(() => codes).toEqual(['123456', '654321'])
  })

  it('the code field counts a wait down in words, announces it once, and accepts codes again afterwards', async () => {
    const clock = new TestClock()
    const retryAt = clock.now() + 70_000
    const codes = await start(() => Promise.reject(new TotpFlowError('rate_limited', { retryAt })), { clock })
    await codeField().fill('123456')
    await alert(/Too many attempts/)
    const countdown = says('70 seconds left.')
    await expect.element(countdown).toBeVisible()
    expect(countdown.element().closest('[role=alert], [role=status], [aria-live]')).toBeNull()
    await expect.element(verify()).toBeDisabled()
    clock.pass(69_000)
    await expect.element(says('1 second left.')).toBeVisible()
    clock.pass(1000)
    await expect.element(verify()).toBeEnabled()
    await expect.element(codeField()).toHaveValue('123456')
    expect(codes).toEqual(['123456'])
  })

  it('the code field offers a recovery code for a challenge, even while one is checked, and not for an enrollment', async () => {
    const never = new Promise<never>(() => {})
    let answer: Promise<never> | null = null
    const real = memoryBackend()
    const flow = createTotpFlow({
      backend: {
        ...real,
        authenticateTotpMfaDevice: (...given) => answer ?? real.authenticateTotpMfaDevice(...given),
      },
    })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    const other = page.getByRole('button', { name: 'Use a recovery code instead' })
    const isBusy = () => expect.element(verify()).toHaveAttribute('aria-busy', 'true')
    await page.getByRole('button', { name: 'Set up authenticator app' }).click()
    await expect.element(codeField()).toBeVisible()
    answer = never
    await codeField().fill('000000')
    await isBusy()
    expect(other.elements()).toHaveLength(0)
    answer = null
    flow.cancel()
    await flow.settled()
    flow.register()
    const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
    flow.submitCode(authenticator(registration?.unseal().secret ?? '').code())
    await flow.waitFor(({ state }) => state === 'elevated')
    answer = never
    flow.stepUp(['wallet:export'])
    await expect.element(other).toBeEnabled()
    await codeField().fill('000000')
    await isBusy()
    await expect.element(other).toBeDisabled()
  })

  it('the code field shows a whole recovery code in a window of 320 px, and explains any other text', async () => {
    await page.viewport(320, 640)
    onTestFinished(() => page.viewport(414, 896))
    const flow = createTotpFlow({ backend: memoryBackend() })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    await flow.settled()
    flow.register()
    const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
    flow.submitCode(authenticator(registration?.unseal().secret ?? '').code())
    await flow.waitFor(({ state }) => state === 'elevated')
    flow.stepUp(['wallet:export'])
    await page.getByRole('button', { name: 'Use a recovery code instead' }).click()
    const field = page.getByRole('textbox', { name: 'Recovery code' })
    await field.fill('mmmmm-wwwww-mmmmm')
    const { scrollWidth, clientWidth } = field.element()
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth)
    const { inputMode, autocomplete, autocapitalize, spellcheck, pattern, maxLength } =
      field.element() as HTMLInputElement
    expect({ inputMode, autocomplete, autocapitalize, spellcheck, pattern, maxLength }).toEqual({
      inputMode: 'text',
      autocomplete: 'off',
      autocapitalize: 'none',
      spellcheck: false,
      pattern: '',
      maxLength: -1,
    })
    await field.fill('123 456')
    await verify().click()
    await alert(/six digits are from an authenticator app/)
    await field.fill('abcde')
    await verify().click()
    await alert(/doesn’t look like a recovery code/)
    await page.getByRole('button', { name: 'Use your authenticator app instead' }).click()
    await expect.element(codeField()).toHaveAttribute('part', 'code-field app')
  })
})
