import isNetworkError from 'is-network-error'
import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { number, object, oneOf, readAs, string } from '../contract/shape.ts'
import { fromErrorBody } from '../contract/wire/error-body.ts'

/** The SDK's form of a JSON error answer. Our server adds `payload`, since the SDK exposes no headers. */
const apiError = object(
  { name: oneOf('APIError'), status: number, code: string() },
  { payload: object({}, { reason: string(), retryAfter: number }) },
)

/** By name rather than class, since an app may load two copies of the SDK. */
const codes: Record<string, TotpErrorCode> = {
  MfaInvalidOtpError: 'invalid_code',
  MfaRateLimitedError: 'rate_limited',
  UnauthorizedError: 'unauthenticated',
  UserNotAuthenticatedError: 'unauthenticated',
  NoWebAuthNSupportError: 'passkey_unsupported',
  /** The service named no passkey that could answer. */
  NoPasskeyCredentialsFoundError: 'invalid_passkey',
  InvalidExternalAuthError: 'invalid_external_auth',
  /** From `deleteMfaDevice`: no elevated token is stored, and no MFA token was passed. */
  ValueMustBeDefined: 'proof_required',
  ClientNotFoundError: 'not_ready',
  TimeoutError: 'timeout',
  FetchError: 'network',
  /** Errors from the SDK's own parsing of an answer with an unexpected shape. */
  SyntaxError: 'malformed_response',
  TypeError: 'malformed_response',
  InvalidStorageValue: 'malformed_response',
}

/** Converts an error of the SDK, or of the `fetch` beneath it. */
export function dynamicError(thrown: unknown): TotpFlowError {
  // The SDK throws the response itself if an error answer is not JSON.
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
