/** `totp-flow/machine`: the statechart alone, for a runtime of your own. */
export { totpMachine } from './totp.machine.ts'
export type {
  Attempt,
  Elevation,
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
