import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createTotpFlow } from 'totp-flow'
import { StepUpDialog, TotpEnrollment, TotpFlowProvider, useTotpFlow } from 'totp-flow/react'
import { PasswordForm, type PasswordFormProps } from 'totp-flow/react/password'
import { expect, it, onTestFinished } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { PASSWORD, passwordService } from '../support/password-service.ts'
import { button, codeField } from './render-flow.tsx'

function start(passwordForm: typeof PasswordForm) {
  const flow = createTotpFlow({ backend: passwordService(), tabs: false })
  const container = document.createElement('main')
  document.body.replaceChildren(container)
  const root = createRoot(container)
  root.render(
    <StrictMode>
      <TotpFlowProvider flow={flow} passwordForm={passwordForm}>
        <TotpEnrollment />
        <StepUpDialog />
      </TotpFlowProvider>
    </StrictMode>,
  )
  onTestFinished(() => {
    root.unmount()
    flow.stop()
  })
  return flow
}

const passwordField = () => page.getByLabelText('Password', { exact: true })

it('the provider’s form asks for the password in an enrollment and in the dialog of a removal', async () => {
  const flow = start(PasswordForm)
  await button('Set up authenticator app').click()
  await passwordField().fill('wrong')
  await userEvent.keyboard('{Enter}')
  await expect.element(page.getByText('That password isn’t right.', { exact: false })).toBeVisible()
  await passwordField().fill(PASSWORD)
  await button('Continue').click()
  await codeField().fill('123456')
  await expect.element(page.getByText('Authenticator app is on')).toBeVisible()
  flow.deleteDevice()
  const dialog = page.getByRole('dialog', { name: 'Remove authenticator app' })
  await expect.element(dialog).toBeVisible()
  const described = dialog.element().ariaDescribedByElements?.map((one) => one.textContent)
  expect(described).toEqual(['Enter your password to continue.'])
  await passwordField().fill(PASSWORD)
  await userEvent.keyboard('{Enter}')
  await expect.element(button('Set up authenticator app')).toBeVisible()
})

function Ask({ hintId }: PasswordFormProps) {
  const { submitPassword } = useTotpFlow()
  return (
    <button type="button" id={hintId} onClick={() => submitPassword(PASSWORD)}>
      It’s me
    </button>
  )
}

it('a host can provide its own form for the password', async () => {
  start(Ask)
  await button('Set up authenticator app').click()
  await button('It’s me').click()
  await expect.element(page.getByRole('img', { name: 'QR code' })).toBeVisible()
})
