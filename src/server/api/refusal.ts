import { recoverySentences, type TotpErrorCode, TotpFlowError } from '../../contract/errors.ts'
import type { CodeAttemptResult, RecoveryAttemptResult } from '../store/store.ts'
import type { KnownCaller } from './service.ts'

type Refuser = Pick<KnownCaller, 'user' | 'audit'>
type NotAccepted<Result> = Exclude<Result, { outcome: 'accepted' }>

/** Reports the refusal to the audit log, and returns the error to answer with. */
export function refused({ audit, user }: Refuser, reason: TotpErrorCode, retryAt?: number): TotpFlowError {
  audit({ type: 'refused', userId: user.userId, reason })
  return new TotpFlowError(reason, { retryAt })
}

export function throttled({ audit, user }: Refuser, retryAt: number): TotpFlowError {
  audit({ type: 'throttled', userId: user.userId, retryAt })
  return new TotpFlowError('rate_limited', { retryAt })
}

export function locked({ audit, user }: Refuser): TotpFlowError {
  audit({ type: 'locked', userId: user.userId })
  return new TotpFlowError('device_locked')
}

/** The error for an attempt with a recovery code that was not accepted. */
export function recoveryVerdict(call: Refuser, result: NotAccepted<RecoveryAttemptResult>): TotpFlowError {
  const error = verdict(call, result)
  const { code, retryAt } = error
  if (code !== 'invalid_code' && code !== 'code_reused') return error
  return new TotpFlowError(code, { message: recoverySentences[code], retryAt })
}

/** The error for an attempt that was not accepted. */
export function verdict(
  call: Refuser,
  result: NotAccepted<CodeAttemptResult> | NotAccepted<RecoveryAttemptResult>,
): TotpFlowError {
  switch (result.outcome) {
    case 'throttled':
      return throttled(call, result.retryAt)
    case 'locked':
      return locked(call)
    case 'gone':
      return refused(call, 'no_device')
    case 'reused':
      return refused(call, 'code_reused')
    case 'wrong':
      return refused(call, 'invalid_code', result.retryAt || undefined) // has `retryAt` if it starts a wait
  }
}
