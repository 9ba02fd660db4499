/**
 * Components and hooks for a running flow, which a `TotpFlowProvider` provides: docs/react.md. The hooks named after functions
 * of Dynamic's SDK have the same shape: docs/migrating.md#the-same-functions. Needs the package `react`.
 *
 * @module totp-flow/react
 */
'use client'

export { DeviceCard, type DeviceCardProps } from './components/device-card.tsx'
export { RecoveryCodes } from './components/recovery-codes.tsx'
export { SecondFactorGate, type SecondFactorGateProps } from './components/second-factor-gate.tsx'
export { StepUpDialog } from './components/step-up-dialog.tsx'
export { TotpChallenge, type TotpChallengeProps } from './components/totp-challenge.tsx'
export { TotpEnrollment } from './components/totp-enrollment.tsx'
export { TotpFlowProvider, type TotpFlowProviderProps } from './flow/provider.tsx'
export { useMessages } from './flow/use-messages.ts'
export { useTotpFlow } from './flow/use-totp-flow.ts'
export { useAuthenticateTotpMfaDevice } from './hooks/use-authenticate-totp-mfa-device.ts'
export { type DeleteMfaDeviceVariables, useDeleteMfaDevice } from './hooks/use-delete-mfa-device.ts'
export { useGetMfaDevices } from './hooks/use-get-mfa-devices.ts'
export { useRegisterTotpMfaDevice } from './hooks/use-register-totp-mfa-device.ts'
export { type ElevatedAction, useStepUp } from './hooks/use-step-up.ts'
