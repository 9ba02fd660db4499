/** `totp-flow/react`: a provider and hooks over a running flow. */
export { TotpFlowProvider } from './provider.tsx'
export { useAuthenticateTotpMfaDevice } from './use-authenticate-totp-mfa-device.ts'
export { useDeleteMfaDevice } from './use-delete-mfa-device.ts'
export { useGetMfaDevices } from './use-get-mfa-devices.ts'
export { useRegisterTotpMfaDevice } from './use-register-totp-mfa-device.ts'
export { useTotpFlow } from './use-totp-flow.ts'
