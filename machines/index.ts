/**
 * The statechart alone, for a runtime of your own. Fill its ports with `totpMachine.provide({ actors })`.
 * docs/statechart.md shows all of it.
 *
 * @module totp-flow/machine
 */

export type { Elevation } from '../src/contract/answers.ts'
export type { Approval } from '../src/contract/approval.ts'
export type { Assurance, Proof, Proofs } from '../src/contract/backend.ts'
export type { Challenge } from '../src/contract/challenge.ts'
export { TimeSource } from '../src/contract/clock.ts'
export { type ForParentOptions, forParent, type TotpChild, type TotpParentEvent } from './for-parent.ts'
export { totpMachine } from './totp.machine.ts'
export type {
  Attempt,
  Enrollment,
  Intent,
  Removal,
  Resumable,
  SealedAuthentication,
  TotpContext,
  TotpEmitted,
  TotpEvent,
  TotpInput,
  TotpTag,
} from './totp.types.ts'
