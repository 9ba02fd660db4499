import { createTotpFlow } from 'totp-flow'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import { button } from '../react/render-flow.tsx'
import { PASSWORD, passwordService } from '../support/password-service.ts'
import { boundPage, faces } from './faces.tsx'

afterEach(() => vi.restoreAllMocks())

const SORRY = 'Something went wrong on our side. Try again.'
const MENDS: Record<string, string> = {
  'the React components': 'totp-flow/react/password',
  '<totp-flow>': 'totp-flow/element/password',
  'a page over bindTotpFlow': 'totp-flow/vanilla/password',
}

describe.each([...faces, boundPage])('%s without a form for passwords', (name, show) => {
  async function start(isOn: boolean) {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    const flow = createTotpFlow({ backend: passwordService(), tabs: false })
    await flow.waitFor(({ device }) => device === null)
    if (isOn) {
      flow.register()
      flow.submitPassword(PASSWORD)
      await flow.waitFor(({ showsCodeField }) => showsCodeField)
      flow.submitCode('123456')
      await flow.waitFor(({ recoveryCodes }) => recoveryCodes !== null)
      await flow.acknowledgeRecoveryCodes()
    }
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return { flow, told }
  }

  it.each([
    ['Set up authenticator app', false],
    ['Remove authenticator app', true],
    ['Generate new codes', true],
  ])('%s is no dead end: the person sees an error, and the console says what to do', async (label, isOn) => {
    const { flow, told } = await start(isOn)
    await button(label).click()
    await expect.poll(() => flow.getView().error?.code).toBe('server')
    expect(flow.getView().showsPasswordField).toBe(false)
    const seen = () =>
      page
        .getByText(SORRY)
        .elements()
        .filter((one) => one.checkVisibility())
    await expect.poll(seen).toHaveLength(1)
    expect(page.getByRole('dialog').elements()).toEqual([])
    await expect.element(button(label)).toBeVisible()
    expect(told.mock.calls.flat().map(String).join()).toContain(MENDS[name])
  })
})
