import { createTotpFlow, type TotpBackend, TotpFlowError, type TotpFlowOptions } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { TestClock } from 'totp-flow/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { button, codeField, register } from '../react/render-flow.tsx'
import { boundPage, faces } from './faces.tsx'
import { listen } from './spoken.ts'

const WRONG = 'That code didn’t match. Wait for the next one and try again.'

describe.each([...faces, boundPage])('%s', (_name, show) => {
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
    await register(flow)
    await expect.element(codeField()).toBeVisible()
    const field = codeField().element()
    if (!(field instanceof HTMLInputElement)) throw new Error('The code field is no input')
    const tied = () =>
      field.ariaInvalid === 'true' &&
      field.ariaErrorMessageElements?.map((one) => one.textContent?.trim()).join()
    return { flow, codes, field, tied, spoken: listen() }
  }
  const wrong = () => Promise.reject(new TotpFlowError('invalid_code'))

  it('an error of a code is linked to its field, not part of its description, and announced once', async () => {
    const { field, tied, spoken } = await start(wrong)
    expect(tied()).toBe(false)
    await codeField().fill('000000')
    await userEvent.keyboard('{Enter}')
    await expect.poll(tied).toBe(WRONG)
    const description = field.ariaDescribedByElements?.map((one) => one.textContent).join()
    expect(description).not.toContain('didn’t match')
    await expect.poll(() => spoken).toEqual([WRONG])
  })

  it('the same wrong code is announced each time it is entered, and sent once', async () => {
    const { codes, field, tied, spoken } = await start(wrong)
    await codeField().fill('000000')
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => spoken).toEqual([WRONG])
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => spoken).toEqual([WRONG, WRONG])
    await userEvent.keyboard('000000')
    await expect.poll(() => spoken).toEqual([WRONG, WRONG, WRONG])
    expect(tied()).toBe(WRONG)
    expect([field.selectionStart, field.selectionEnd]).toEqual([0, 6])
    expect(codes).toEqual(['000000'])
  })

  it('the text of a repeated error differs each time, since screen readers skip unchanged text', async () => {
    const { field } = await start(wrong)
    const text = () => field.ariaErrorMessageElements?.[0]?.textContent ?? ''
    const texts = ['']
    for (const code of ['000000', '000001', '000002']) {
      await codeField().fill(code)
      await userEvent.keyboard('{Enter}')
      await expect.poll(text).not.toBe(texts.at(-1))
      await expect.poll(text).toContain('didn’t match')
      texts.push(text())
    }
  })

  it('Enter in an empty field shows a message linked to the field each time', async () => {
    const { codes, tied, spoken } = await start(wrong)
    await userEvent.click(codeField())
    for (const said of [1, 2]) {
      await userEvent.keyboard('{Enter}')
      await expect.poll(() => spoken).toHaveLength(said)
    }
    expect(spoken).toEqual(['Enter the code first.', 'Enter the code first.'])
    expect(tied()).toBe('Enter the code first.')
    expect(codes).toEqual([])
  })

  it('a wrong code is selected once, and later changes of the page move neither selection nor focus', async () => {
    const { field, spoken } = await start(wrong)
    await codeField().fill('000000')
    await userEvent.keyboard('{Enter}')
    await expect.poll(() => spoken).toEqual([WRONG])
    await expect.poll(() => [field.selectionStart, field.selectionEnd]).toEqual([0, 6])
    field.setSelectionRange(6, 6)
    const other = button('Cancel').element()
    other.focus()
    const copies = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    onTestFinished(() => copies.mockRestore())
    for (const one of page.getByText('Can’t scan?').elements()) if (one instanceof HTMLElement) one.click()
    const copy = button('Copy').element()
    if (copy instanceof HTMLElement) copy.click()
    await expect.element(button('Copied')).toBeVisible()
    expect([field.selectionStart, field.selectionEnd]).toEqual([6, 6])
    expect(other.matches(':focus')).toBe(true)
  })

  it('after a wait, the next code replaces the last one, and a code typed meanwhile stays', async () => {
    const clock = new TestClock()
    let retryAt = clock.now() + 60_000
    const { flow, field } = await start(
      () => Promise.reject(new TotpFlowError('rate_limited', { retryAt })),
      { clock },
    )
    await codeField().fill('123456')
    await userEvent.keyboard('{Enter}')
    await flow.waitFor(({ detail }) => detail === 'throttled')
    clock.pass(60_000)
    await flow.waitFor(({ detail }) => detail === 'ready')
    await expect.poll(() => [field.selectionStart, field.selectionEnd]).toEqual([0, 6])
    await userEvent.keyboard('65')
    await expect.element(codeField()).toHaveValue('65')

    retryAt = clock.now() + 60_000
    await codeField().fill('111111')
    await userEvent.keyboard('{Enter}')
    await flow.waitFor(({ detail }) => detail === 'throttled')
    await codeField().fill('22')
    clock.pass(60_000)
    await flow.waitFor(({ detail }) => detail === 'ready')
    await userEvent.keyboard('3')
    await expect.element(codeField()).toHaveValue('223')
  })
})
