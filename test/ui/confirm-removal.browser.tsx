import { createTotpFlow } from 'totp-flow'
import { describe, expect, it, onTestFinished } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { focused } from '../../src/ui/focus-soon.ts'
import { button } from '../react/render-flow.tsx'
import { prooflessService } from '../support/password-service.ts'
import { faces } from './faces.tsx'

const dialog = () => page.getByRole('dialog', { name: 'Remove authenticator app' })
const shown = (name: string) =>
  button(name)
    .elements()
    .filter((one) => one.checkVisibility() && one.closest('dialog'))

describe.each(faces)('%s', (_name, show) => {
  function start(backend = prooflessService()) {
    const flow = createTotpFlow({ backend, tabs: false })
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    return flow
  }

  it('a removal without a proof asks first, with focus on Cancel, and starts only after another press', async () => {
    const flow = start()
    await button('Remove authenticator app').click()
    await expect.element(dialog()).toBeVisible()
    await expect.poll(() => focused()?.textContent).toBe('Cancel')
    expect(flow.getView().device).not.toBeNull()
    await userEvent.tab()
    expect(focused()?.textContent).toBe('Remove authenticator app')
    await userEvent.keyboard('{Enter}')
    await expect.element(button('Set up authenticator app')).toBeVisible()
    expect(dialog().elements()).toEqual([])
  })

  it('Cancel and Escape close a removal to confirm, and restore focus', async () => {
    const flow = start()
    for (const key of ['{Enter}', '{Escape}']) {
      await button('Remove authenticator app').click()
      await expect.poll(() => focused()?.textContent).toBe('Cancel')
      await userEvent.keyboard(key)
      await flow.waitFor(({ state }) => state === 'idle')
      await expect.poll(() => focused()?.textContent).toBe('Remove authenticator app')
      expect(shown('Remove authenticator app')).toEqual([])
    }
    expect(flow.getView().device?.verified).toBe(true)
  })

  it('one press does not remove the app, even right after a code verified the session', async () => {
    const flow = start({ ...prooflessService(), proofs: { delete: 'code' } })
    await flow.waitFor(({ device }) => device?.verified === true)
    flow.stepUp(['wallet:export'])
    flow.submitCode('123456')
    await flow.waitFor(({ state }) => state === 'elevated')
    await button('Remove authenticator app').click()
    await expect.element(dialog()).toBeVisible()
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', detail: 'confirming' })
    await expect.poll(() => shown('Remove authenticator app')).toHaveLength(1)
    await userEvent.click(shown('Remove authenticator app')[0] as Element)
    await expect.element(button('Set up authenticator app')).toBeVisible()
  })
})
