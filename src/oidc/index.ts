/**
 * Step-up at an OpenID provider that verifies the second factor itself, with `oauth4webapi`: docs/providers/oidc.md.
 *
 * @module totp-flow/oidc
 */
export type { OAuthClient, OAuthGrant, OAuthPage, OAuthServer } from './oauth-client.ts'
export {
  type OidcClaims,
  type OidcOptions,
  type OidcStepUp,
  type OidcTokens,
  oidcStepUp,
  type SteppedUp,
  type StepUpRequest,
} from './oidc-step-up.ts'
export { answerPopup } from './popup.ts'
export { createSteppedUpFetch, type SteppedUpFetchOptions } from './stepped-up-fetch.ts'
