import isNetworkError from 'is-network-error'
import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { number, object, oneOf, readAs, string } from '../contract/shape.ts'
import { fromErrorBody } from '../contract/wire/error-body.ts'

/** What the SDK makes of an error answer in JSON. `payload` is what our server adds for it: the SDK shows no header. */
const apiError = object(
  { name: oneOf('APIError'), status: number, code: string() },
  { payload: object({}, { reason: string(), retryAfter: number }) },
)

/** By name and not by class: an app may hold two copies of the SDK. */
const codes: Record<string, TotpErrorCode> = {
  MfaInvalidOtpError: 'invalid_code',
  MfaRateLimitedError: 'rate_limited',
  UnauthorizedError: 'unauthenticated',
  UserNotAuthenticatedError: 'unauthenticated',
  NoWebAuthNSupportError: 'passkey_unsupported',
  /** The service named none that could answer. */
  NoPasskeyCredentialsFoundError: 'invalid_passkey',
  InvalidExternalAuthError: 'invalid_external_auth',
  /** Of `deleteMfaDevice`: neither an elevated token in store nor an MFA token given. */
  ValueMustBeDefined: 'proof_required',
  ClientNotFoundError: 'not_ready',
  TimeoutError: 'timeout',
  FetchError: 'network',
  /** What an answer in another shape makes of the SDK's own reading of it. */
  SyntaxError: 'malformed_response',
  TypeError: 'malformed_response',
  InvalidStorageValue: 'malformed_response',
}

/** Whatever the SDK, or the `fetch` beneath it, rejects with, in our words. */
export function dynamicError(thrown: unknown): TotpFlowError {
  // An error answer without JSON in it comes out as the answer itself.
  if (thrown instanceof Response) {
    return fromErrorBody(thrown.status, {}, retryAt(Number(thrown.headers.get('retry-after') ?? Number.NaN)))
  }
  if (isNetworkError(thrown)) return new TotpFlowError('network', { cause: thrown })
  if (!(thrown instanceof Error)) return TotpFlowError.from(thrown)
  const answer = apiErrorOf(thrown) ?? apiErrorOf(thrown.cause)
  if (answer) {
    const { status, code, payload = {} } = answer
    return fromErrorBody(status, { code, ...payload }, retryAt(payload.retryAfter))
  }
  return TotpFlowError.from(thrown, Object.hasOwn(codes, thrown.name) ? codes[thrown.name] : undefined)
}

const apiErrorOf = (error: unknown) => readAs(apiError, error)

const retryAt = (seconds = Number.NaN) => (Number.isFinite(seconds) ? Date.now() + seconds * 1000 : undefined)
