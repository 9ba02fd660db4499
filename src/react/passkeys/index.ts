/**
 * Passkeys in the page, for a backend that accepts them. `<TotpFlowProvider flow={flow} passkeyPrompt={PasskeyPrompt}>` offers
 * one in each prompt, and `<Passkeys>` manages those of the account.
 *
 * @module totp-flow/react/passkeys
 */
'use client'

export type { PasskeyPromptProps } from '../flow/provider.tsx'
export { PasskeyPrompt } from './passkey-prompt.tsx'
export { Passkeys, type PasskeysProps } from './passkeys.tsx'
