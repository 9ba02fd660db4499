import type { ErrorAnswer } from '../answers.ts'
import { isErrorCode, type TotpErrorCode, TotpFlowError } from '../errors.ts'

/** Codes that Dynamic's SDK maps to its own error classes are sent under Dynamic's names, with our own as `reason`. */
export const wireCodes: Partial<Record<TotpErrorCode, string>> = {
  invalid_code: 'mfa_invalid_code',
  code_reused: 'mfa_invalid_code',
  rate_limited: 'mfa_rate_limited',
  device_locked: 'mfa_rate_limited',
}

interface ErrorBody extends ErrorAnswer {
  code: string
  /** The only part, apart from the code, that Dynamic's SDK passes on: it drops headers and fields that it does not know. */
  payload?: { reason?: string; retryAfter?: number }
}

/** Makes the body of an error answer. `retryAfter` is in seconds, as in the `Retry-After` header. */
export function toErrorBody({ code, message }: TotpFlowError, retryAfter?: number): ErrorBody {
  const wireCode = wireCodes[code]
  const finer = wireCode && { reason: code }
  const payload = { ...finer, ...(retryAfter !== undefined && { retryAfter }) }
  return {
    error: message,
    code: wireCode ?? code,
    ...finer,
    ...(Object.keys(payload).length > 0 && { payload }),
  }
}

/** The inverse: makes an error from the answer of any server or proxy. */
export function fromErrorBody(
  status: number,
  body: Pick<ErrorAnswer, 'code' | 'reason'>,
  retryAt?: number,
  cause?: unknown,
): TotpFlowError {
  const said = [body.reason, body.code].find(isErrorCode)
  const dynamic = Object.keys(wireCodes)
    .filter(isErrorCode)
    .find((code) => wireCodes[code] === body.code)
  return new TotpFlowError(said ?? dynamic ?? codeOfStatus(status), { retryAt, cause })
}

function codeOfStatus(status: number): TotpErrorCode {
  if (status === 401) return 'unauthenticated'
  if (status === 403) return 'proof_required'
  if (status === 404) return 'not_found'
  if (status === 408) return 'timeout'
  if (status === 429) return 'rate_limited'
  return status >= 500 ? 'server' : 'bad_request'
}
