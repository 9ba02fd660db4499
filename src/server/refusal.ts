import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import type { Caller, Service } from './service.ts'
import type { CodeAttemptResult, RecoveryAttemptResult } from './store/store.ts'

type Refuser = Caller & { service: Service }
type NotAccepted<Result> = Exclude<Result, { outcome: 'accepted' }>

/** The error to answer with, told to the audit log. */
export function refused({ service, user }: Refuser, reason: TotpErrorCode): TotpFlowError {
  service.audit({ type: 'refused', userId: user.userId, reason })
  return new TotpFlowError(reason)
}

export function throttled({ service, user }: Refuser, retryAt: number): TotpFlowError {
  service.audit({ type: 'throttled', userId: user.userId, retryAt })
  return new TotpFlowError('rate_limited', { retryAt })
}

export function locked({ service, user }: Refuser): TotpFlowError {
  service.audit({ type: 'locked', userId: user.userId })
  return new TotpFlowError('device_locked')
}

/** What an attempt that was not accepted is answered with. */
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
      return refused(call, 'invalid_code')
  }
}
