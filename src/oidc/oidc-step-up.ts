import { acrOption, type Challenge } from '../contract/challenge.ts'
import { TotpFlowError } from '../contract/errors.ts'
import {
  assertOptions,
  jwksUrlOption,
  listOfText,
  type OptionRule,
  required,
  text,
  wholeNumber,
} from '../contract/options.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { Sealed } from '../contract/sealed.ts'
import { array, number, object, readAs, string } from '../contract/shape.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import type { OAuthClient, OAuthGrant, OAuthServer } from './oauth-client.ts'
import { oidcError } from './oidc-error.ts'
import { answerOf, answerPopup, popupState } from './popup.ts'

/** The provider, and this page's registration there. */
export interface OidcOptions {
  /**
   * The provider, with metadata at `/.well-known/openid-configuration` below this URL: `https:`, or `http:` on this
   * machine.
   */
  issuer: string
  /** The id of this page's public client, which has no secret. */
  clientId: string
  /** The URL on this page's own origin to which the provider returns people. That page calls `finish`, or `answerPopup`. */
  redirectUri: string
  /** Scopes for every request, in addition to `openid` and those of the step-up. @default [] */
  scopes?: readonly string[]
}

/** What a step-up must prove (RFC 9470), and for which user. `maxAge` is 0 to 999,999,999 seconds. */
export interface StepUpRequest extends Challenge {
  /** Scopes for the access token. */
  scopes?: readonly string[]
  /** Accepted methods, such as `otp` or `mfa`: the ID token's `amr` must name one. @default any */
  amr?: readonly string[]
  /** The `sub` of the signed-in user. Another user's proof is rejected with `reauthentication_required`. @default any user */
  subject?: string
  /** The user whom the provider should suggest (`login_hint`). */
  loginHint?: string
  /** `login` for providers that do not support `max_age`. @default the provider decides */
  prompt?: string
}

/** The tokens from a step-up. */
export interface OidcTokens {
  accessToken: string
  idToken?: string
  refreshToken?: string
}

/** The provider's claims about the proof. */
export interface OidcClaims {
  /** The user. */
  sub: string
  /** The authentication context; one of those requested. */
  acr?: string
  /** The methods that were used. */
  amr?: readonly string[]
  /** When the user authenticated, epoch seconds. */
  auth_time?: number
}

/** A step-up that proved what was requested. */
export interface SteppedUp {
  /** Call `tokens.unseal().accessToken` where you send the token, and nowhere else. */
  tokens: Sealed<OidcTokens>
  /** The claims of the ID token. */
  claims: OidcClaims
  /** When the access token expires, epoch milliseconds, if the provider says so. */
  expiresAt?: number
  /** The URL of the page that started the step-up. */
  returnTo: string
}

/** Step-up at an OpenID provider. Rejects with a `TotpFlowError`. */
export interface OidcStepUp {
  /**
   * Leaves this page for the provider. Call `finish` afterwards. Rejects with `cancelled` if people return by the
   * browser's Back button.
   */
  redirect(asked: StepUpRequest): Promise<never>
  /**
   * Does the same in a popup, and stays on this page. Call it in a click handler, or browsers block the popup and it
   * rejects with `not_ready`. Rejects with `cancelled` if the popup is closed.
   */
  popup(asked: StepUpRequest, options?: { signal?: AbortSignal; features?: string }): Promise<SteppedUp>
  /**
   * Returns the result of a redirect, or `null` if this page was opened otherwise. Removes the answer from the URL and
   * the history, and processes it once: further calls, such as those of React effects, get the same result. In a popup,
   * passes the answer to the waiting page.
   */
  finish(url?: string): Promise<SteppedUp | null>
}

const RULES = {
  issuer: required(jwksUrlOption),
  clientId: required(text('the id of a public client')),
  redirectUri: required({
    takes: 'a URL of this page’s own origin',
    fits: (value) =>
      typeof value === 'string' &&
      URL.canParse(value) &&
      (globalThis.location === undefined || new URL(value).origin === location.origin),
  }),
  scopes: listOfText('scopes'),
} satisfies Record<keyof OidcOptions, OptionRule>
const ASKED = {
  acrValues: {
    takes: `a list, each ${acrOption.takes}`,
    fits: (value) => Array.isArray(value) && value.every(acrOption.fits),
  },
  maxAge: wholeNumber(0, 999_999_999),
  scopes: listOfText('scopes'),
  amr: listOfText('methods'),
  subject: text('a sub'),
  loginHint: text('a hint'),
  prompt: text('a prompt'),
} satisfies Record<keyof StepUpRequest, OptionRule>

/** What an answer is checked against. During a redirect, it is kept in this tab's `sessionStorage`. */
const keptShape = object(
  { state: string(), nonce: string(), verifier: string(), startedAt: number, returnTo: string() },
  { acrValues: array(string()), maxAge: number, amr: array(string()), subject: string() },
)
type Kept = ReturnType<typeof keptShape.read>
const claimsShape = object(
  { sub: string(), iat: number },
  { acr: string(), amr: array(string()), auth_time: number },
)

/**
 * Creates step-ups at any OpenID provider that verifies the second factor itself, by redirect or in a popup, with
 * `acr_values` and `max_age` (RFC 9470 §4). Uses the authorization code flow with PKCE of `oauth4webapi`. Checks the
 * provider's claims against what was requested, since a provider may ignore both. Throws a `TypeError` that names an
 * invalid option.
 *
 * @example
 * ```ts
 * import * as oauth from 'oauth4webapi'
 * import { oidcStepUp } from 'totp-flow/oidc'
 *
 * const stepUp = oidcStepUp(oauth, {
 *   issuer: 'https://id.example.com',
 *   clientId: 'page',
 *   redirectUri: 'https://app.example.com/callback',
 * })
 * ```
 */
export function oidcStepUp(oauth: OAuthClient, options: OidcOptions): OidcStepUp {
  assertOptions(options, RULES)
  const { issuer, clientId, redirectUri, scopes: always = [] } = options
  const client = { client_id: clientId }
  const insecure = issuer.startsWith('http:') ? { [oauth.allowInsecureRequests]: true } : {}
  const key = `totp-flow-oidc ${issuer} ${clientId}`

  let found: Promise<OAuthServer> | undefined
  async function discover() {
    const response = await oauth.discoveryRequest(new URL(issuer), insecure)
    return oauth.processDiscoveryResponse(new URL(issuer), response)
  }
  function server(): Promise<OAuthServer> {
    const asking = found ?? discover()
    found = asking
    asking.catch(() => {
      found = undefined
    })
    return asking
  }

  async function begin(asked: StepUpRequest, state: string) {
    const { acrValues, maxAge, amr, subject, scopes = [], loginHint, prompt } = asked
    const { authorization_endpoint: endpoint } = await server()
    if (endpoint === undefined) throw new TotpFlowError('not_covered')
    const kept: Kept = {
      state,
      nonce: oauth.generateRandomNonce(),
      verifier: oauth.generateRandomCodeVerifier(),
      startedAt: Date.now(),
      returnTo: location.href,
      ...(acrValues && { acrValues: [...acrValues] }),
      ...(maxAge !== undefined && { maxAge }),
      ...(amr && { amr: [...amr] }),
      ...(subject !== undefined && { subject }),
    }
    const url = new URL(endpoint)
    const parameters = {
      client_id: clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: [...new Set(['openid', ...always, ...scopes])].join(' '),
      state,
      nonce: kept.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(kept.verifier),
      code_challenge_method: 'S256',
      acr_values: acrValues?.join(' ') || undefined,
      max_age: maxAge?.toString(),
      login_hint: loginHint,
      prompt,
    }
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined) url.searchParams.set(name, value)
    return { url: url.href, kept }
  }

  async function exchange(answer: URLSearchParams, kept: Kept, signal?: AbortSignal): Promise<SteppedUp> {
    const as = await server()
    const checked = oauth.validateAuthResponse(as, client, answer, kept.state)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      checked,
      redirectUri,
      kept.verifier,
      { ...insecure, ...(signal && { signal }) },
    )
    const grant = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: kept.nonce,
      requireIdToken: true,
    })
    const { iat, ...claims } = parseAnswer(claimsShape, oauth.getValidatedIdTokenClaims(grant))
    assertProven({ iat, ...claims }, kept)
    return {
      tokens: Sealed.of(tokensOf(grant)),
      claims,
      ...(grant.expires_in !== undefined && { expiresAt: Date.now() + grant.expires_in * 1000 }),
      returnTo: kept.returnTo,
    }
  }

  /** Accepts each state once, in the tab that started it. A repeated answer is rejected. */
  function takeKept(state: string | null): Kept {
    const kept = readAs(keptShape, parsed(sessionStorage.getItem(key)))
    if (kept?.state !== state || !kept) throw new TotpFlowError('csrf_rejected')
    sessionStorage.removeItem(key)
    return kept
  }

  async function finishWith(answer: URLSearchParams, url: string): Promise<SteppedUp | null> {
    const isHere = url === location.href
    if (isHere && answerPopup()) return null
    if (isHere) history.replaceState(history.state, '', withoutAnswer(url))
    return exchange(answer, takeKept(answer.get('state')))
  }
  let finished: Promise<SteppedUp | null> = Promise.resolve(null)

  return {
    async redirect(asked) {
      assertOptions(asked, ASKED)
      return call(async () => {
        const { url, kept } = await begin(asked, oauth.generateRandomState())
        sessionStorage.setItem(key, JSON.stringify(kept))
        const cameBack = new Promise<never>((_, reject) => {
          addEventListener('pageshow', ({ persisted }) => {
            if (persisted) reject(new TotpFlowError('cancelled')) // the page was restored from the back/forward cache
          })
        })
        location.assign(url)
        return cameBack
      })
    },

    async popup(asked, { signal, features = 'popup,width=480,height=720' } = {}) {
      assertOptions(asked, ASKED)
      return call(async () => {
        signal?.throwIfAborted()
        const popup = open('', '_blank', features) // before any await, while the click still counts
        if (!popup)
          throw new TotpFlowError('not_ready', {
            cause: new Error('The browser blocked the popup: call popup() in a handler of a click.'),
          })
        try {
          const state = popupState(oauth.generateRandomState())
          const { url, kept } = await unlessAborted(begin(asked, state), signal)
          const answering = answerOf(popup, state, signal)
          popup.location.replace(url)
          return await exchange(await answering, kept, signal)
        } finally {
          popup.close()
        }
      })
    },

    finish(url = location.href) {
      const answer = answerIn(url, redirectUri)
      if (answer) finished = call(() => finishWith(answer, url))
      return finished
    },
  }
}

/** The parameters that an authorization response adds to the redirect URI, including session management and RFC 9207. */
const ANSWER = ['code', 'state', 'iss', 'session_state', 'error', 'error_description', 'error_uri', 'scope']

function answerIn(url: string, redirectUri: string): URLSearchParams | null {
  const { origin, pathname, searchParams } = new URL(url)
  const own = new URL(redirectUri)
  const isAnswer = searchParams.has('state') && (searchParams.has('code') || searchParams.has('error'))
  return isAnswer && origin === own.origin && pathname === own.pathname ? searchParams : null
}

function withoutAnswer(url: string): string {
  const cleaned = new URL(url)
  for (const name of ANSWER) cleaned.searchParams.delete(name)
  return cleaned.href
}

const tokensOf = ({ access_token, id_token, refresh_token }: OAuthGrant): OidcTokens => ({
  accessToken: access_token,
  ...(id_token !== undefined && { idToken: id_token }),
  ...(refresh_token !== undefined && { refreshToken: refresh_token }),
})

/** Clocks report whole seconds, and the provider's clock and ours do not tick together. */
const ROUNDING_S = 2

/** Providers may ignore `acr_values` and `max_age` (OpenID Connect Core §3.1.2.1), so their claims about the proof decide. */
function assertProven(
  { sub, acr, amr, auth_time, iat }: OidcClaims & { iat: number },
  { subject, acrValues = [], amr: methods = [], maxAge, startedAt }: Kept,
): void {
  if (subject !== undefined && sub !== subject) throw new TotpFlowError('reauthentication_required')
  const isOfContext = acrValues.length === 0 || (acr !== undefined && acrValues.includes(acr))
  const isByMethod = methods.length === 0 || amr?.some((one) => methods.includes(one)) === true
  // Compares times of the provider's clock only. Ours may be wrong by minutes, but not about how long this took.
  const sinceAsked = Math.max(0, Date.now() - startedAt) / 1000
  const isRecent =
    maxAge === undefined || (auth_time !== undefined && iat - auth_time <= maxAge + sinceAsked + ROUNDING_S)
  if (!isOfContext || !isByMethod || !isRecent) throw new TotpFlowError('elevation_missing')
}

function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? 'null')
  } catch {
    return undefined
  }
}

async function call<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    throw oidcError(thrown)
  }
}
