/** An authorization server's own words on itself, as far as they are used here. */
export interface OAuthServer {
  issuer: string
  authorization_endpoint?: string
}
/** This app, which is a page and keeps no secret. */
export interface OAuthPage {
  client_id: string
}
/** What the token endpoint answered. */
export interface OAuthGrant {
  access_token: string
  token_type: string
  expires_in?: number
  id_token?: string
  refresh_token?: string
  scope?: string
}

/** The package `oauth4webapi`, as far as it is used here: PKCE, the exchange of the code, and the checks of both answers. */
export interface OAuthClient {
  /** The option that allows `http:`. */
  readonly allowInsecureRequests: symbol
  /** Asks the issuer for its metadata. */
  discoveryRequest(issuer: URL, options: object): Promise<Response>
  /** Reads them, and holds that they are of that issuer. */
  processDiscoveryResponse(issuer: URL, response: Response): Promise<OAuthServer>
  /** Of PKCE (RFC 7636). */
  generateRandomCodeVerifier(): string
  /** Of PKCE, by S256. */
  calculatePKCECodeChallenge(verifier: string): Promise<string>
  /** Tells the answer to this request from others. */
  generateRandomState(): string
  /** Ties the ID token to this request. */
  generateRandomNonce(): string
  /** How a page names itself at the token endpoint: without a secret. */
  None(): unknown
  /** Holds that the answer is of that server and has that state. */
  validateAuthResponse(
    server: OAuthServer,
    page: OAuthPage,
    answer: URLSearchParams,
    state: string,
  ): URLSearchParams
  /** Exchanges the code. */
  authorizationCodeGrantRequest(
    server: OAuthServer,
    page: OAuthPage,
    authentication: unknown,
    answer: URLSearchParams,
    redirectUri: string,
    verifier: string,
    options: object,
  ): Promise<Response>
  /** Reads what it was exchanged for, and holds the ID token to issuer, audience, lifetime and nonce. */
  processAuthorizationCodeResponse(
    server: OAuthServer,
    page: OAuthPage,
    response: Response,
    options: { expectedNonce: string; requireIdToken: boolean },
  ): Promise<OAuthGrant>
  /** The claims of that ID token. */
  getValidatedIdTokenClaims(grant: OAuthGrant): unknown
}
