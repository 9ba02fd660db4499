import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { number, object, readAs, string } from '../contract/shape.ts'
import { fromErrorBody } from '../contract/wire/error-body.ts'

const refusal = object({ status: number }, { code: string(), message: string() })

/** better-auth's codes. For any other code, the HTTP status decides. */
const codes: Record<string, TotpErrorCode> = {
  INVALID_CODE: 'invalid_code',
  INVALID_BACKUP_CODE: 'invalid_code',
  INVALID_PASSWORD: 'invalid_password',
  PASSWORD_TOO_LONG: 'invalid_password',
  TOTP_ALREADY_ENABLED: 'device_limit',
  TOTP_NOT_ENABLED: 'no_device',
  TWO_FACTOR_NOT_ENABLED: 'no_device',
  BACKUP_CODES_NOT_ENABLED: 'no_device',
  TOTP_NOT_CONFIGURED: 'not_covered',
  ACCOUNT_TEMPORARILY_LOCKED: 'rate_limited',
  // The sign-in that owed a code has ended, so only a new one helps.
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'unauthenticated',
  INVALID_TWO_FACTOR_COOKIE: 'unauthenticated',
  // A challenge expires after five minutes.
  CHALLENGE_NOT_FOUND: 'invalid_passkey',
  AUTHENTICATION_FAILED: 'invalid_passkey',
  FAILED_TO_VERIFY_REGISTRATION: 'invalid_passkey',
  SESSION_NOT_FRESH: 'reauthentication_required',
  INVALID_ORIGIN: 'csrf_rejected',
  MISSING_OR_NULL_ORIGIN: 'csrf_rejected',
}
/** Converts the `error` of better-auth's client. */
export function betterAuthError(error: unknown, retryAt?: number): TotpFlowError {
  const { status, code = '', message } = readAs(refusal, error) ?? { status: 500 }
  const isRace = status === 409 // two requests with a backup code at the same moment
  // The status is 401 at a sign-in, although the session continues, and 404 for a passkey to rename or remove.
  if (code === 'PASSKEY_NOT_FOUND') return new TotpFlowError(status === 401 ? 'invalid_passkey' : 'not_found')
  const known = isRace ? 'server' : Object.hasOwn(codes, code) ? codes[code] : undefined
  return fromErrorBody(
    status,
    { code: known },
    retryAt,
    new Error(`better-auth: ${code} ${message ?? status}`),
  )
}
