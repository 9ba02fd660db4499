import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { object, readAs, string } from '../contract/shape.ts'

/** By the `error` in the provider's answers (RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6). */
const codes: Record<string, TotpErrorCode> = {
  access_denied: 'cancelled',
  /** The provider cannot authenticate the user as requested (RFC 9470 §5). */
  unmet_authentication_requirements: 'elevation_missing',
  login_required: 'elevation_required',
  interaction_required: 'elevation_required',
  account_selection_required: 'elevation_required',
  consent_required: 'elevation_required',
  /** The code has expired, or was already exchanged. */
  invalid_grant: 'elevation_expired',
  invalid_scope: 'scope_not_allowed',
  invalid_request: 'bad_request',
  invalid_client: 'bad_request',
  unauthorized_client: 'bad_request',
  unsupported_response_type: 'bad_request',
  temporarily_unavailable: 'server',
  server_error: 'server',
}

/** By the `code` of `oauth4webapi`'s errors. An answer not meant for this request comes from an attacker, or an old page. */
const failures: Record<string, TotpErrorCode> = {
  /** The issuer, audience or nonce does not match. */
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'csrf_rejected',
  /** A status other than 200, without an error in the body. */
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'server',
}

const answered = object({}, { error: string(), code: string() })

/** Converts an error of `oauth4webapi`. Its cause is sealed, since it may quote codes and tokens. */
export function oidcError(thrown: unknown): TotpFlowError {
  if (thrown instanceof TypeError && !('code' in thrown)) return TotpFlowError.from(thrown, 'network') // fetch's own
  const { error, code } = readAs(answered, thrown) ?? {}
  if (error !== undefined)
    return TotpFlowError.from(thrown, Object.hasOwn(codes, error) ? codes[error] : 'server')
  const isKnown = code !== undefined && Object.hasOwn(failures, code)
  return TotpFlowError.from(thrown, isKnown ? failures[code] : 'malformed_response')
}
