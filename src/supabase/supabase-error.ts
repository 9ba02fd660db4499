import type { TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { number, object, readAs, string } from '../contract/shape.ts'
import { fromErrorBody } from '../contract/wire/error-body.ts'

const refusal = object({ name: string() }, { status: number, code: string(), message: string() })

/** Supabase's codes. For any other code, the HTTP status decides. */
const codes: Record<string, TotpErrorCode> = {
  mfa_verification_failed: 'invalid_code',
  /** A hook of the project rejected the code and signed the user out everywhere. */
  mfa_verification_rejected: 'unauthenticated',
  /** The challenge expired between its two calls, or the network changed. The next attempt makes another. */
  mfa_challenge_expired: 'server',
  mfa_ip_address_mismatch: 'server',
  mfa_factor_not_found: 'no_device',
  mfa_factor_name_conflict: 'device_limit',
  mfa_verified_factor_exists: 'device_limit',
  too_many_enrolled_mfa_factors: 'device_limit',
  insufficient_aal: 'proof_required',
  over_request_rate_limit: 'rate_limited',
  mfa_totp_enroll_not_enabled: 'not_covered',
  mfa_totp_verify_not_enabled: 'not_covered',
  bad_jwt: 'unauthenticated',
  no_authorization: 'unauthenticated',
  user_not_found: 'unauthenticated',
  user_banned: 'unauthenticated',
  session_expired: 'unauthenticated',
  refresh_token_not_found: 'unauthenticated',
  refresh_token_already_used: 'unauthenticated',
}
/** The client's own errors, by name. */
const names: Record<string, TotpErrorCode> = {
  AuthSessionMissingError: 'unauthenticated',
  AuthInvalidJwtError: 'unauthenticated',
}

const known = (table: Record<string, TotpErrorCode>, key: string) =>
  Object.hasOwn(table, key) ? table[key] : undefined

/** Converts the `error` of the client. */
export function supabaseError(error: unknown): TotpFlowError {
  const { name, status = 500, code = '', message } = readAs(refusal, error) ?? { name: '' }
  const said = known(codes, code) ?? known(names, name) ?? (status === 0 ? 'network' : undefined)
  return fromErrorBody(
    status,
    { code: said },
    undefined,
    new Error(`supabase: ${code || name} ${message ?? ''}`),
  )
}
