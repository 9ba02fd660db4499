import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import 'totp-flow/theme.css'
import { authenticator } from 'totp-flow/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { button } from '../react/render-flow.tsx'
import { boundPage, faces } from './faces.tsx'
import { liveWords } from './spoken.ts'

describe.each([...faces, boundPage])('%s', (_name, show) => {
  it('no live region contains a secret in any state, so that a screen reader announces none', async () => {
    const codes: string[] = []
    const real = memoryBackend()
    const flow = createTotpFlow({ backend: real })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('no', 'NotAllowedError'))
    let secret = 'not there yet'
    const look = () => {
      const { registration, recoveryCodes } = flow.getView()
      codes.push(...(recoveryCodes?.unseal() ?? []))
      const uri = registration?.unseal().uri
      const spoken = liveWords().join('\n').replace(/\s/g, '')
      for (const one of [secret, ...(secret.match(/.{4}/g) ?? []), uri ?? secret, ...codes])
        expect(spoken).not.toContain(one)
    }
    const shown = (text: string) => expect.element(page.getByText(text).first()).toBeInTheDocument()
    const stop = flow.subscribe(look)
    onTestFinished(() => {
      stop()
      vi.restoreAllMocks()
    })

    await button('Set up authenticator app').click()
    const { registration } = await flow.waitFor((view) => view.registration !== null)
    secret = registration?.unseal().secret ?? ''
    const key = page.getByLabelText('Setup key')
    await expect.element(key).toHaveTextContent(secret.replace(/\s/g, ''))
    look()
    for (const copy of page.getByRole('button', { name: 'Copy', exact: true }).elements())
      await userEvent.click(copy)
    look()
    await page.getByRole('textbox', { name: '6-digit code' }).fill('000000')
    await button('Verify').click()
    await flow.waitFor(({ error }) => error !== null)
    await expect.poll(() => liveWords().join()).toContain('didn’t match')
    look()
    const phone = authenticator(secret)
    flow.submitCode(phone.code())
    await flow.waitFor(({ recoveryCodes }) => recoveryCodes !== null)
    const [code = ''] = flow.getView().recoveryCodes?.unseal() ?? []
    await shown(code)
    look()
    for (const copy of page.getByRole('button', { name: 'Copy codes' }).elements())
      await userEvent.click(copy)
    look()
    flow.stepUp(['wallet:export'])
    await expect.element(button('Verify')).toBeVisible()
    look()
    flow.submitRecoveryCode(code)
    await flow.waitFor(({ state }) => state === 'elevated')
    look()
    await flow.acknowledgeRecoveryCodes()
    look()
  })
})

it.each(faces)('an empty alert of %s contains no text, not even of a style', async (_name, show) => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  const hide = show(flow)
  onTestFinished(() => {
    hide()
    flow.stop()
  })
  await flow.settled()
  flow.register()
  const field = page.getByRole('textbox', { name: '6-digit code' })
  await expect.element(field).toBeVisible()
  const [alert] = field.element().ariaErrorMessageElements ?? []
  expect(alert?.textContent).toBe('')
  expect(alert && getComputedStyle(alert, '::after').content).toBe('none')
  await field.fill('000000')
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => alert?.textContent).toContain('didn’t match')
  expect(alert && getComputedStyle(alert, '::after').content).toBe('" "')
})
