import canonicalize from 'canonicalize'
import { base64url } from 'jose'
import type { AuthorizationDetails } from '../../contract/approval.ts'
import { TotpFlowError } from '../../contract/errors.ts'
import type { ElevatedToken } from './claims.ts'

/**
 * The claim for the details (RFC 9396) that a token is bound to: base64url of the SHA-256 of their canonical JSON (RFC
 * 8785), so the order of fields does not matter. Rejects with `bad_request` if they are not JSON.
 */
export async function hashOfDetails(details: AuthorizationDetails): Promise<string> {
  const bytes = new TextEncoder().encode(canonical(details))
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

/** Rejects with `elevation_required` unless the token is bound to exactly these details, or to none if there are none. */
export async function assertBoundTo(
  { authorizationDetailsHash }: ElevatedToken,
  details?: AuthorizationDetails,
): Promise<void> {
  if (authorizationDetailsHash === (details ? await hashOfDetails(details) : null)) return
  const message = details
    ? 'This requires an elevation bound to what is approved: send its authorizationDetails with the code.'
    : 'This elevation is bound to something else.'
  throw new TotpFlowError('elevation_required', { message })
}

function canonical(details: AuthorizationDetails): string | undefined {
  try {
    return canonicalize(details)
  } catch (cause) {
    throw new TotpFlowError('bad_request', {
      message: 'authorizationDetails must be JSON without unpaired surrogates, and less deeply nested.',
      cause,
    })
  }
}
