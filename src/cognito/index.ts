/**
 * Amazon Cognito as a backend, through the functions of `aws-amplify/auth`: docs/providers/cognito.md.
 *
 * @module totp-flow/cognito
 */
export type { CognitoAuth, CognitoOptions, CognitoSignInStep } from './cognito-backend.ts'
export { cognitoBackend } from './cognito-backend.ts'
