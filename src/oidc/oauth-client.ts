/** The part of an authorization server's metadata that is used here. */
export interface OAuthServer {
  issuer: string
  authorization_endpoint?: string
}
/** This app as an OAuth client: a page, which keeps no secret. */
export interface OAuthPage {
  client_id: string
}
/** The answer of the token endpoint. `expires_in` is in seconds. */
export interface OAuthGrant {
  access_token: string
  token_type: string
  expires_in?: number
  id_token?: string
  refresh_token?: string
  scope?: string
}

/** The part of the package `oauth4webapi` that is used: PKCE, the exchange of the code, and the checks of both answers. */
export interface OAuthClient {
  /** The option that allows `http:`. */
  readonly allowInsecureRequests: symbol
  /** Requests the issuer's metadata. */
  discoveryRequest(issuer: URL, options: object): Promise<Response>
  /** Reads the metadata, and verifies that they belong to this issuer. */
  processDiscoveryResponse(issuer: URL, response: Response): Promise<OAuthServer>
  /** Creates a code verifier for PKCE (RFC 7636). */
  generateRandomCodeVerifier(): string
  /** Computes the code challenge for PKCE, with S256. */
  calculatePKCECodeChallenge(verifier: string): Promise<string>
  /** Creates a `state`, which tells the answer to this request from others. */
  generateRandomState(): string
  /** Creates a `nonce`, which ties the ID token to this request. */
  generateRandomNonce(): string
  /** Authenticates a page at the token endpoint without a secret. */
  None(): unknown
  /** Verifies that the answer comes from this server and has this state. */
  validateAuthResponse(
    server: OAuthServer,
    page: OAuthPage,
    answer: URLSearchParams,
    state: string,
  ): URLSearchParams
  /** Exchanges the code for tokens. */
  authorizationCodeGrantRequest(
    server: OAuthServer,
    page: OAuthPage,
    authentication: unknown,
    answer: URLSearchParams,
    redirectUri: string,
    verifier: string,
    options: object,
  ): Promise<Response>
  /** Reads the tokens, and verifies the ID token's issuer, audience, lifetime and nonce. */
  processAuthorizationCodeResponse(
    server: OAuthServer,
    page: OAuthPage,
    response: Response,
    options: { expectedNonce: string; requireIdToken: boolean },
  ): Promise<OAuthGrant>
  /** Returns the claims of that ID token. */
  getValidatedIdTokenClaims(grant: OAuthGrant): unknown
}
