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

/** Which provider, and who this page is there. */
export interface OidcOptions {
  /** The provider, whose metadata are below its `/.well-known/openid-configuration`: `https:`, or `http:` of this machine. */
  issuer: string
  /** This page's, of a public client: it has no secret. */
  clientId: string
  /** Where the provider sends people back to, of this page's own origin. That page calls `finish`, or `answerPopup`. */
  redirectUri: string
  /** Asked for each time, besides `openid` and what a step-up asks for. @default [] */
  scopes?: readonly string[]
}

/** What a step-up is to prove, as RFC 9470 has it, and whose it is. */
export interface StepUpRequest extends Challenge {
  /** Scopes that the access token shall have. */
  scopes?: readonly string[]
  /** Methods of which the ID token's `amr` must name one, such as `otp` or `mfa`. @default any */
  amr?: readonly string[]
  /** The `sub` of the user who is signed in: another's proof is refused with `reauthentication_required`. @default anyone's */
  subject?: string
  /** Who the provider shall think of first (`login_hint`). */
  loginHint?: string
  /** `login` where a provider takes no `max_age`. @default the provider decides */
  prompt?: string
}

/** The tokens that a step-up won. */
export interface OidcTokens {
  accessToken: string
  idToken?: string
  refreshToken?: string
}

/** What the provider says of the proof. */
export interface OidcClaims {
  /** Whose proof it is. */
  sub: string
  /** In which context of authentication; one of those asked for. */
  acr?: string
  /** By which methods. */
  amr?: readonly string[]
  /** When it was given, epoch seconds. */
  auth_time?: number
}

/** A step-up that proved what it was asked to. */
export interface SteppedUp {
  /** `tokens.unseal().accessToken` where it is sent, and nowhere else. */
  tokens: Sealed<OidcTokens>
  /** Of the ID token. */
  claims: OidcClaims
  /** When the access token ends, epoch milliseconds, where the provider says. */
  expiresAt?: number
  /** Where the page was when it asked. */
  returnTo: string
}

/** Step-up at an OpenID provider. Rejects with a `TotpFlowError`. */
export interface OidcStepUp {
  /** Leaves this page for the provider. Call `finish` when it is back. Rejects with `cancelled` if people come back by the browser's own button. */
  redirect(asked: StepUpRequest): Promise<never>
  /**
   * The same in a popup, while this page stays. Call it in a handler of a click, or browsers block it: then it rejects with
   * `not_ready`. Rejects with `cancelled` when the popup is closed.
   */
  popup(asked: StepUpRequest, options?: { signal?: AbortSignal; features?: string }): Promise<SteppedUp>
  /**
   * What a redirect led to; `null` if this page was opened otherwise. Takes the answer out of the URL and the history, and looks
   * at it once: whoever calls again, as effects of React do, gets the same. In a popup it hands the answer to the page that
   * waits for it.
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

/** What an answer is held to. It waits in `sessionStorage` over a redirect, of this tab alone. */
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
 * Step-up at any OpenID provider that keeps the factor itself: by redirect or in a popup, with `acr_values` and `max_age` as
 * RFC 9470 §4 has it. The authorization code flow with PKCE is that of `oauth4webapi`. What the provider says of the proof is
 * held to what was asked: a provider may ignore both.
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

  /** Of this tab, and once: an answer that comes again is not looked at. */
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
            if (persisted) reject(new TotpFlowError('cancelled')) // the page has waited as it was
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
        const popup = open('', '_blank', features) // at once, as long as the click counts
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

/** What an authorization response adds to the redirect URI, session management and RFC 9207 included. */
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

/** Clocks tell whole seconds, and the provider's and ours do not turn together. */
const ROUNDING_S = 2

/** Providers may leave `acr_values` and `max_age` aside (OpenID Connect Core §3.1.2.1), so what they say of the proof counts. */
function assertProven(
  { sub, acr, amr, auth_time, iat }: OidcClaims & { iat: number },
  { subject, acrValues = [], amr: methods = [], maxAge, startedAt }: Kept,
): void {
  if (subject !== undefined && sub !== subject) throw new TotpFlowError('reauthentication_required')
  const isOfContext = acrValues.length === 0 || (acr !== undefined && acrValues.includes(acr))
  const isByMethod = methods.length === 0 || amr?.some((one) => methods.includes(one)) === true
  // By the provider's clock alone: ours may be wrong by minutes, but not about how long this took.
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
