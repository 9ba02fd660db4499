/**
 * Everything that can go wrong: the English sentence for people, the HTTP status, and whether repeating the same call can
 * help.
 */
export const errorTable = {
  invalid_code: {
    status: 400,
    retryable: true,
    message: 'That code didn’t match. Wait for the next one and try again.',
  },
  code_reused: {
    status: 400,
    retryable: true,
    message: 'That code was already used. Wait for the next one and try again.',
  },
  malformed_code: { status: 400, retryable: true, message: 'A code is six digits. Check it and try again.' },
  rate_limited: {
    status: 429,
    retryable: true,
    message: 'Too many attempts. Wait a moment, then try again.',
  },
  device_locked: {
    status: 429,
    retryable: false,
    message: 'Too many wrong codes. Use a recovery code to continue, or contact support if you have none.',
  },
  device_limit: {
    status: 409,
    retryable: false,
    message: 'An authenticator app is already set up. Remove it before adding another.',
  },
  no_device: {
    status: 404,
    retryable: false,
    message: 'There is no authenticator app to use. Set one up first.',
  },
  device_replaced: {
    status: 404,
    retryable: false,
    message: 'This setup was replaced by a newer one, here or in another tab. Start over.',
  },
  proof_required: {
    status: 403,
    retryable: false,
    message: 'Confirm that it’s you first.',
  },
  elevation_required: {
    status: 401,
    retryable: false,
    message: 'Confirm that it’s you to do this.',
  },
  elevation_expired: {
    status: 401,
    retryable: false,
    message: 'Your confirmation has expired. Confirm again.',
  },
  elevation_missing: {
    status: 502,
    retryable: false,
    message: 'The code was right, but this service gave no permission for it. Ask its support for help.',
  },
  invalid_password: {
    status: 403,
    retryable: true,
    message: 'That password isn’t right. Check it and try again.',
  },
  invalid_passkey: {
    status: 403,
    retryable: true,
    message: 'That passkey wasn’t accepted. Try again, or use another way.',
  },
  passkey_unsupported: {
    status: 400,
    retryable: false,
    message: 'Passkeys don’t work here. Use another way, or another browser.',
  },
  no_passkey: {
    status: 404,
    retryable: false,
    message: 'That passkey is gone. It may have been removed in another tab.',
  },
  passkey_exists: {
    status: 409,
    retryable: false,
    message: 'This device already has a passkey for your account.',
  },
  passkey_limit: {
    status: 409,
    retryable: false,
    message: 'You have as many passkeys as this service allows. Remove one first.',
  },
  reauthentication_required: {
    status: 403,
    retryable: false,
    message: 'Sign in again, then try this again.',
  },
  scope_not_allowed: { status: 400, retryable: false, message: 'This permission cannot be asked for here.' },
  mfa_token_disabled: {
    status: 400,
    retryable: false,
    message: 'MFA tokens are switched off here. Ask for scopes instead.',
  },
  unauthenticated: {
    status: 401,
    retryable: false,
    message: 'You are signed out. Sign in again to continue.',
  },
  csrf_rejected: {
    status: 403,
    retryable: false,
    message: 'This was blocked for your safety. Reload the page and try again.',
  },
  invalid_external_auth: {
    status: 401,
    retryable: false,
    message: 'We couldn’t sign you in with that. Sign in again to continue.',
  },
  bad_request: { status: 400, retryable: false, message: 'The request was not understood.' },
  too_large: { status: 413, retryable: false, message: 'The request was too large.' },
  not_found: {
    status: 404,
    retryable: false,
    message: 'This isn’t available right now. Try again later.',
  },
  method_not_allowed: { status: 405, retryable: false, message: 'This address does not take that method.' },
  not_covered: {
    status: 404,
    retryable: false,
    message: 'This server does not do that.',
  },
  server: { status: 500, retryable: true, message: 'Something went wrong on our side. Try again.' },
  network: {
    status: 503,
    retryable: true,
    message: 'We couldn’t reach the server. Check your connection and try again.',
  },
  timeout: { status: 504, retryable: true, message: 'The server took too long to answer. Try again.' },
  malformed_response: {
    status: 502,
    retryable: true,
    message: 'The server gave an answer we couldn’t read. Try again.',
  },
  not_ready: {
    status: 409,
    retryable: true,
    message: 'Not ready for that yet. Finish or cancel the current step first.',
  },
  cancelled: { status: 499, retryable: true, message: 'You canceled this.' },
  aborted: { status: 499, retryable: true, message: 'This was stopped before it was done.' },
} as const satisfies Record<string, { status: number; retryable: boolean; message: string }>

/** The machine-readable `code` of every {@link TotpFlowError}. */
export type TotpErrorCode = keyof typeof errorTable

export const isErrorCode = (value: unknown): value is TotpErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorTable, value)

/** Every code that a {@link TotpFlowError} can carry. */
export const errorCodes = /* @__PURE__ */ Object.keys(errorTable).filter(isErrorCode)

const sentence = (code: TotpErrorCode) => [code, errorTable[code].message]
/** The English sentences for people, by code. */
export const sentences = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ errorCodes.map(sentence),
) as Record<TotpErrorCode, string>

/** The sentence for a `malformed_code` if a recovery code was expected. */
export const NO_RECOVERY_CODE = 'That doesn’t look like a recovery code. Check it and try again.'
/** The sentence if it was a code of the app instead. */
export const APP_CODE = 'Those six digits are from an authenticator app. Enter one of your recovery codes.'

/** The sentences that differ if the code was a recovery code. */
export const recoverySentences = {
  invalid_code: 'That recovery code didn’t match. Check it, or use another one.',
  code_reused: 'That recovery code was already used. Use another one.',
  malformed_code: NO_RECOVERY_CODE,
  bad_request: NO_RECOVERY_CODE,
}

/** The elevation is missing or insufficient, so only a new code helps. */
export const elevationRefusals: readonly TotpErrorCode[] = ['elevation_required', 'elevation_expired']
/** Any proof is missing or insufficient. */
export const proofRefusals: readonly TotpErrorCode[] = ['proof_required', ...elevationRefusals]
