import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { page } from 'vitest/browser'
import { boundPage, faces } from './faces.tsx'

afterEach(() => vi.restoreAllMocks())

const MENDS: Record<string, string> = {
  'the React components': 'totp-flow/react/passkeys',
  '<totp-flow>': 'totp-flow/element/passkeys',
  'a page over bindTotpFlow': 'totp-flow/vanilla/passkeys',
}

describe.each([...faces, boundPage])('%s without a button for passkeys', (name, show) => {
  it('a prompt that only a passkey answers is canceled without a button for it, and the console says what to do', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    const backend = memoryBackend({ passkeys: {} })
    await backend.registerPasskey?.()
    const flow = createTotpFlow({ backend, tabs: false })
    await flow.settled()
    const hide = show(flow)
    onTestFinished(() => {
      hide()
      flow.stop()
    })
    await expect.element(page.getByRole('button', { name: 'Set up authenticator app' })).toBeVisible()
    flow.stepUp(['wallet:export'])
    await flow.waitFor(({ state }) => state === 'idle')
    expect(page.getByRole('dialog').elements()).toEqual([])
    await expect.poll(() => told.mock.calls.flat().map(String).join()).toContain(MENDS[name])
  })
})
