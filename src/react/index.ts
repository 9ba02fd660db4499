/**
 * Components and hooks over a running flow, which a `TotpFlowProvider` hands down: README.md#in-react. The hooks named after
 * functions of Dynamic's SDK have the shape of its own: docs/migrating.md#the-same-functions. Needs the package `react`.
 *
 * @module totp-flow/react
 */
'use client'

export { DeviceCard, type DeviceCardProps } from './components/device-card.tsx'
export { RecoveryCodes } from './components/recovery-codes.tsx'
export { StepUpDialog } from './components/step-up-dialog.tsx'
export { TotpChallenge, type TotpChallengeProps } from './components/totp-challenge.tsx'
export { TotpEnrollment } from './components/totp-enrollment.tsx'
export { TotpFlowProvider, type TotpFlowProviderProps } from './provider.tsx'
export { useAuthenticateTotpMfaDevice } from './use-authenticate-totp-mfa-device.ts'
export { type DeleteMfaDeviceVariables, useDeleteMfaDevice } from './use-delete-mfa-device.ts'
export { useGetMfaDevices } from './use-get-mfa-devices.ts'
export { useMessages } from './use-messages.ts'
export { useRegisterTotpMfaDevice } from './use-register-totp-mfa-device.ts'
export { type ElevatedAction, useStepUp } from './use-step-up.ts'
export { useTotpFlow } from './use-totp-flow.ts'
