/** Before the theme has loaded, or where a host leaves it out. */
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'
import { register } from '../react/render-flow.tsx'
import { faces } from './faces.tsx'

describe.each(faces)('%s', (_name, show) => {
  it('no picture fills the window without the theme', async () => {
    const flow = createTotpFlow({ backend: memoryBackend(), tabs: false })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    const element = document.querySelector('totp-flow')
    element?.shadowRoot?.querySelector('link')?.remove()
    const widths = () =>
      [...(element?.shadowRoot ?? document.body).querySelectorAll('svg')].map(
        (svg) => svg.getBoundingClientRect().width,
      )
    await expect.element(page.getByText('No authenticator app yet')).toBeVisible()
    expect(Math.max(...widths())).toBe(40)
    await register(flow)
    await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
    expect(Math.max(...widths())).toBe(232)
  })
})
