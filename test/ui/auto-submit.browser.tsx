import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { button, codeField, enroll, register } from '../react/render-flow.tsx'
import { boundPage, faces } from './faces.tsx'

afterEach(() => {
  vi.useRealTimers()
})

/** Types a whole code, and lets longer pass than one waits before it goes by itself. */
async function typeAndWait(code: string) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  await codeField().fill(code)
  vi.advanceTimersByTime(5000)
  vi.useRealTimers()
}

describe.each([...faces, boundPage])('%s', (_name, show) => {
  function start(options?: { autoSubmit: boolean }) {
    const codes: string[] = []
    const real = memoryBackend()
    const flow = createTotpFlow({
      backend: {
        ...real,
        authenticateTotpMfaDevice(given, more) {
          codes.push(given.code)
          return real.authenticateTotpMfaDevice(given, more)
        },
      },
    })
    const hide = show(flow, options)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return { flow, codes }
  }
  const describedAs = (words: RegExp) => expect.element(codeField()).toHaveAccessibleDescription(words)

  it('a code for an enrollment or a step-up is submitted automatically, and the field’s description says so before', async () => {
    const { flow, codes } = start()
    await register(flow)
    await expect.element(codeField()).toBeVisible()
    await describedAs(/sent once complete/)
    await codeField().fill('000000')
    await expect.poll(() => codes).toEqual(['000000'])
    flow.cancel()
    await enroll(flow)
    codes.length = 0
    flow.stepUp(['wallet:export'])
    await describedAs(/sent once complete/)
    await codeField().fill('000001')
    await expect.poll(() => codes).toEqual(['000001'])
  })

  it('a code for a removal, or for the right to remove, waits for the button or the Enter key', async () => {
    const { flow, codes } = start({ autoSubmit: true })
    await enroll(flow)
    codes.length = 0
    for (const ask of [() => flow.deleteDevice(), () => flow.stepUp(['credential:unlink'])]) {
      ask()
      await expect.element(codeField()).toBeVisible()
      await describedAs(/^(?!.*sent once complete).*every 30 seconds/)
      await typeAndWait('000000')
      expect(codes).toEqual([])
      await userEvent.keyboard('{Enter}')
      await expect.poll(() => codes).toEqual(['000000'])
      codes.length = 0
      flow.cancel()
    }
  })

  it('no code is submitted automatically if that is off, and the note does not say so', async () => {
    const { flow, codes } = start({ autoSubmit: false })
    await register(flow)
    await expect.element(codeField()).toBeVisible()
    await describedAs(/^(?!.*sent once complete).*every 30 seconds/)
    await typeAndWait('000000')
    expect(codes).toEqual([])
    await button('Verify').click()
    await expect.element(page.getByRole('alert').filter({ hasText: 'didn’t match' })).toBeVisible()
    expect(codes).toEqual(['000000'])
  })
})
