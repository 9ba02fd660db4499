import { generateSync } from 'otplib'
import { createRoot } from 'solid-js'
import { get } from 'svelte/store'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { expect, it, onTestFinished } from 'vitest'
import { page } from 'vitest/browser'
import { createApp } from 'vue'
import { createTotpView } from '../../examples/frameworks/solid.ts'
import { totpStore } from '../../examples/frameworks/svelte.ts'
import { Enrollment } from '../../examples/frameworks/vue.ts'

async function enroll(flow: TotpFlow): Promise<void> {
  await flow.waitFor(({ device }) => device === null)
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  flow.submitCode(generateSync({ secret: registration?.unseal().secret ?? '' }))
  await flow.waitFor(({ state }) => state === 'elevated')
}

it('Vue draws an enrollment', async () => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  const container = document.createElement('main')
  document.body.replaceChildren(container)
  const app = createApp(Enrollment, { flow })
  app.mount(container)
  onTestFinished(() => {
    app.unmount()
    flow.stop()
  })
  await page.getByRole('button', { name: 'Set up authenticator app' }).click()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  await page.getByRole('textbox').fill('000000')
  await page.getByRole('textbox').fill(generateSync({ secret: registration?.unseal().secret ?? '' }))
  ;(document.activeElement as HTMLElement).blur()
  await expect.element(page.getByText('Authenticator app is on')).toBeVisible()
})

it('Svelte follows the flow by a store', async () => {
  const { flow, view } = totpStore({ backend: memoryBackend() })
  onTestFinished(() => flow.stop())
  await enroll(flow)
  expect(get(view).state).toBe('elevated')
})

it('Solid follows the flow by a signal, until its owner is gone', async () => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  onTestFinished(() => flow.stop())
  const { view, dispose } = createRoot((dispose) => ({ view: createTotpView(flow), dispose }))
  await enroll(flow)
  expect(view().state).toBe('elevated')
  dispose()
  flow.release()
  expect(view().state).toBe('elevated')
})
