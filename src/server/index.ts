/**
 * The service behind the flow, as a fetch handler: docs/server.md. Runs on any runtime with Web Crypto and the `fetch` types.
 * docs/security.md lists what it defends against.
 *
 * @module totp-flow/server
 */
export type { AuthorizationDetail, AuthorizationDetails } from '../contract/approval.ts'

export { ELEVATED_TOKEN_HEADER } from '../contract/wire/routes.ts'
export {
  type RelayedProof,
  recentAuthentication,
  type WantedAuthentication,
} from './api/recent-authentication.ts'
export type { Caller, StepUpPolicy } from './api/service.ts'
export type { AuditEvent } from './audit/audit.ts'
export type { ErrorContext } from './audit/report.ts'
export { createTotpServer, type TotpServer } from './create-server.ts'
export type { ResealProgress } from './crypto/reseal.ts'
export type { MasterKeys } from './crypto/secrets.ts'
export type { AddressLimit } from './http/address-limit.ts'
export type {
  ElevatedHandler,
  ElevationOptions,
  GuardOptions,
  RecentMfaOptions,
} from './http/require-elevation.ts'
export type { CookieIdentity, CookieUser, IdentifiedUser, Identity, User } from './identity/identity.ts'
export type { TotpServerOptions } from './options.ts'
export { memoryStore } from './store/memory.ts'
export type {
  AddressCalls,
  CodeAttempt,
  CodeAttemptResult,
  ExportedDevice,
  FactorsMove,
  ImportedDevice,
  NewDevice,
  NewPasskey,
  PasskeyAssertion,
  PasskeyRemoval,
  Proof,
  ProvenAct,
  RecoveryAttempt,
  RecoveryAttemptResult,
  Refusal,
  Removal,
  SealedValue,
  SessionAge,
  SessionRules,
  Standing,
  Store,
  StoredDevice,
  StoredMfaToken,
  StoredPasskey,
  StoredSigningKey,
  StoredUser,
  Throttle,
  ThrottlePolicy,
} from './store/store.ts'
export type { Session } from './tokens/claims.ts'
export type { ScopePolicy, ScopeRule } from './tokens/scope-policy.ts'
export type { RotateOptions, SigningAlgorithm } from './tokens/signing-keys.ts'
export type { ExportedUser, ExportOptions } from './transfer/export-users.ts'
export type { ImportOptions, ImportSummary, RefusedUser } from './transfer/import-users.ts'
export type { PasskeyToImport } from './transfer/read-passkey.ts'
export type { UserToImport } from './transfer/read-user.ts'
