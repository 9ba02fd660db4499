import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import 'totp-flow/theme.css'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'
import { codeField, register } from '../react/render-flow.tsx'
import { faces } from './faces.tsx'

describe.each(faces)('%s', (_name, show) => {
  it('the link that opens an app on this device also works with a mouse and a keyboard', async () => {
    const flow = createTotpFlow({ backend: memoryBackend() })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    await register(flow)
    await expect.element(codeField()).toBeVisible()
    expect(matchMedia('(pointer: coarse)').matches).toBe(false)
    const link = page.getByRole('link', { name: 'Open in an authenticator app' })
    await expect.element(link).toBeVisible()
    const element = link.element()
    expect(element instanceof HTMLAnchorElement && element.protocol).toBe('otpauth:')
    if (element instanceof HTMLElement) element.focus()
    expect(element.matches(':focus')).toBe(true)
  })
})
