/**
 * The form for the user's password, for a backend that takes one: `<TotpFlowProvider flow={flow} passwordForm={PasswordForm}>`.
 *
 * @module totp-flow/react/password
 */
'use client'

export type { PasswordFormProps } from '../flow/provider.tsx'
export { PasswordForm } from './password-form.tsx'
