/**
 * The running flow, and the types shared by backends and screens. Start with `createTotpFlow`: docs/own-screens.md.
 * Runs in browsers: imports no `node:` module, no React and no server.
 *
 * @module totp-flow
 */
export {
  type ForParentOptions,
  forParent,
  type TotpChild,
  type TotpParentEvent,
} from '../machines/for-parent.ts'
export { totpMachine } from '../machines/totp.machine.ts'
export type { Intent, Standing, TotpContext, TotpEmitted, TotpEvent } from '../machines/totp.types.ts'
export type {
  Authentication,
  Elevation,
  MfaDevice,
  RecoveryCodes,
  StepUpCheck,
  TotpRegistration,
} from './contract/answers.ts'
export type { Approval, AuthorizationDetail, AuthorizationDetails } from './contract/approval.ts'
export type {
  Assurance,
  AuthenticateParams,
  CallOptions,
  DeleteParams,
  DeletePasskeyParams,
  MfaTokenOptions,
  Proof,
  ProofParams,
  Proofs,
  RecoverParams,
  RegisterOptions,
  RegisterPasskeyParams,
  TotpBackend,
} from './contract/backend.ts'
export type { Challenge } from './contract/challenge.ts'
export { type FlowClock, TimeSource } from './contract/clock.ts'
export { normalizeCode } from './contract/code.ts'
export { errorCodes, type TotpErrorCode, TotpFlowError } from './contract/errors.ts'
export type { Gate } from './contract/gate.ts'
export type { Passkey } from './contract/passkeys.ts'
export type { Scope } from './contract/scopes.ts'
export { Sealed } from './contract/sealed.ts'
export { totpActors, totpInput } from './flow/actors.ts'
export { createTotpFlow } from './flow/create-totp-flow.ts'
export type { PersistedFlow } from './flow/persist.ts'
export type { TabChannel } from './flow/tabs.ts'
export type { RecoveryCodesLeft, TokenWanted, TotpFlow, TotpFlowOptions } from './flow/totp-flow.ts'
export { totpFlowOf } from './flow/totp-flow-of.ts'
export {
  can,
  type ProofMethod,
  type TotpSnapshot,
  type TotpState,
  type TotpView,
  toView,
} from './flow/view.ts'
export { isChallenge, type Screen, screenOf } from './ui/screen.ts'
