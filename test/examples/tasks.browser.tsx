import { generateSync } from 'otplib'
import { createRoot } from 'react-dom/client'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { beforeEach, expect, it, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import * as html from '../../examples/tasks/html.ts'
import * as react from '../../examples/tasks/react.tsx'

beforeEach(() => document.body.replaceChildren())

async function enroll(shown: TotpFlow): Promise<string> {
  await page.getByRole('button', { name: 'Set up authenticator app' }).click()
  const { registration } = await shown.waitFor(({ state }) => state === 'awaitingCode')
  const { secret } = registration?.unseal() ?? { secret: '' }
  await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
  const field = page.getByRole('textbox', { name: '6-digit code' })
  await expect.element(field).toHaveAccessibleDescription(/^Scan this with your authenticator app/)
  await field.fill(generateSync({ secret }))
  return secret
}

it('React: sets up, and asks for a code for what is protected', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const host = document.body.appendChild(document.createElement('div'))
  const root = createRoot(host)
  root.render(<react.Security />)
  const secret = await enroll(react.flow)
  await page.getByRole('button', { name: 'Export private key' }).click()
  const code = generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + 30 })
  await page.getByRole('textbox', { name: '6-digit code' }).fill(code)
  await expect.poll(() => log).toHaveBeenCalledWith('exported with', true)
  root.unmount()
  react.flow.stop()
})

it('plain HTML: sets up, keeps the recovery codes, and removes', async () => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  const unbind = html.show(flow)
  const secret = await enroll(flow)
  await expect.element(page.getByText('Authenticator app is on', { exact: false })).toBeVisible()
  await expect.poll(() => page.getByRole('listitem').elements()).toHaveLength(10)
  await page.getByRole('button', { name: 'I have saved these codes' }).click()
  await expect.element(page.getByRole('list')).not.toBeInTheDocument()

  await page.getByRole('button', { name: 'Remove authenticator app' }).click()
  await expect.element(page.getByText('Or type this key', { exact: false })).not.toBeVisible()
  const field = page.getByRole('textbox', { name: '6-digit code' })
  await expect.element(field).toHaveAccessibleDescription(/^Remove authenticator app\b(?!.*Scan)/)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect.element(page.getByRole('textbox', { name: '6-digit code' })).not.toBeInTheDocument()
  await page.getByRole('button', { name: 'Remove authenticator app' }).click()
  const code = generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + 30 })
  await page.getByRole('textbox', { name: '6-digit code' }).fill(code)
  await userEvent.keyboard('{Enter}') // no removal goes by itself
  await expect.element(page.getByRole('button', { name: 'Set up authenticator app' })).toBeVisible()
  unbind()
  flow.stop()
})
