export {
  APP_CODE,
  elevationRefusals,
  errorCodes,
  isErrorCode,
  NO_RECOVERY_CODE,
  proofRefusals,
  recoverySentences,
  sentences,
  type TotpErrorCode,
} from './error-codes.ts'
export { TotpFlowError } from './totp-flow-error.ts'
