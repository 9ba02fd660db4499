import { type TotpErrorCode, TotpFlowError } from './errors.ts'
import { mistake } from './mistake.ts'

/**
 * By the error names of https://www.w3.org/TR/webauthn-3/#sctn-op-get and related sections, which
 * `@simplewebauthn/browser` keeps.
 */
const codes: Record<string, TotpErrorCode> = {
  /** The person closed the prompt or took too long: browsers do not say which. */
  NotAllowedError: 'cancelled',
  AbortError: 'aborted',
  InvalidStateError: 'passkey_exists',
  /** Another ceremony of the page is in progress. */
  OperationError: 'cancelled',
  NotSupportedError: 'passkey_unsupported',
  ConstraintError: 'passkey_unsupported',
  SecurityError: 'passkey_unsupported',
}

/** Converts a browser's error from a passkey ceremony to a `TotpFlowError`. Returns any other error unchanged. */
export function ceremonyError(thrown: unknown): unknown {
  const { name } = Object(thrown)
  const code = typeof name === 'string' && Object.hasOwn(codes, name) ? codes[name] : undefined
  if (code === undefined) return thrown
  const cause =
    name === 'SecurityError'
      ? mistake('the browser allows no passkeys of this RP ID on this page. Is its origin the right one?')
      : thrown
  return new TotpFlowError(code, { cause })
}
