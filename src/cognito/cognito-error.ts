import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'

/** By the names of Amplify's errors, which are Cognito's. */
const codes: Record<string, TotpErrorCode> = {
  CodeMismatchException: 'invalid_code',
  /** A first code is wrong. */
  EnableSoftwareTokenMFAException: 'invalid_code',
  /** "Your software token has already been used once." */
  ExpiredCodeException: 'code_reused',
  LimitExceededException: 'rate_limited',
  TooManyRequestsException: 'rate_limited',
  TooManyFailedAttemptsException: 'rate_limited',
  SoftwareTokenMFANotFoundException: 'no_device',
  NotAuthorizedException: 'unauthenticated',
  UserNotFoundException: 'unauthenticated',
  /** Amplify's own error for a page without tokens. */
  UserUnAuthenticatedException: 'unauthenticated',
  /** Amplify's own error for a sign-in that is unknown or took too long. */
  SignInException: 'unauthenticated',
  InvalidParameterException: 'bad_request',
  ResourceNotFoundException: 'not_found',
  NetworkError: 'network',
}

/** Converts an error of Amplify's functions. */
export function cognitoError(thrown: unknown): TotpFlowError {
  const name = thrown instanceof Error ? thrown.name : ''
  return TotpFlowError.from(thrown, Object.hasOwn(codes, name) ? codes[name] : undefined)
}
