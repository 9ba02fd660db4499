import { assertOptions, functionThat, listOfText, type OptionRule, required } from '../contract/options.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import { askedBy } from '../contract/wire/asked-by.ts'
import type { SteppedUp, StepUpRequest } from './oidc-step-up.ts'

/** The APIs that get the access token and may require a step-up. */
export interface SteppedUpFetchOptions {
  /** Such as `https://api.example.com`: no path, no wildcard. */
  origins: readonly string[]
  /** Returns the access token of the sign-in, which is used until a step-up returns another. @default no token is sent */
  getAccessToken?: () => string | null | Promise<string | null>
  /** The result of `finish` after a redirect: its token is used from the start. */
  initial?: SteppedUp | null
  /** @default globalThis.fetch */
  fetch?: typeof fetch
}

const isOrigin = (text: unknown) =>
  typeof text === 'string' && URL.canParse(text) && new URL(text).origin === text
const RULES = {
  origins: required({
    takes: 'a list of origins, each like https://api.example.com, with no path',
    fits: (value) => listOfText('origins', 1).fits(value) && Array.isArray(value) && value.every(isOrigin),
  }),
  getAccessToken: functionThat('returns the access token'),
  initial: { takes: 'what finish() resolved with', fits: (value) => typeof value === 'object' },
  fetch: functionThat('sends a request'),
} satisfies Record<keyof SteppedUpFetchOptions, OptionRule>

/**
 * Creates a `fetch` that sends the access token to the listed origins. If one of them requires a fresh proof (RFC 9470
 * `insufficient_user_authentication`), it calls `stepUp` with the requirements, and repeats the request with the new
 * token. Later requests use that token until it expires. Challenged requests wait for one another, so that one step-up
 * serves all that it suffices for.
 *
 * In `stepUp`, your app prompts the person first, since browsers open a popup only on a click. A redirect leaves the
 * page: the page that calls `finish` must then send the request. Throws a `TypeError` that names an invalid option.
 *
 * @example
 * ```ts
 * const fetch = createSteppedUpFetch((asked, { signal }) => stepUp.popup(asked, { signal }), {
 *   origins: ['https://api.example.com'],
 * })
 * ```
 */
export function createSteppedUpFetch(
  stepUp: (asked: StepUpRequest, options: { signal: AbortSignal }) => Promise<SteppedUp>,
  options: SteppedUpFetchOptions,
): typeof fetch {
  assertOptions(options, RULES)
  const { origins, getAccessToken, initial = null, fetch: send = globalThis.fetch } = options
  const isListed = (url: string) => origins.includes(new URL(url).origin)
  let won = initial
  let queue: Promise<unknown> = Promise.resolve()

  async function currentToken(): Promise<string | null> {
    const isOver = won?.expiresAt !== undefined && won.expiresAt <= Date.now()
    if (isOver) won = null
    return won?.tokens.unseal().accessToken ?? (await getAccessToken?.()) ?? null
  }
  function sendWith(token: string | null, request: Request): Promise<Response> {
    const copy = request.clone()
    if (token !== null) copy.headers.set('authorization', `Bearer ${token}`)
    return send(copy)
  }
  function askedIn(response: Response, request: Request): StepUpRequest | null {
    if ((response.status !== 401 && response.status !== 403) || !isListed(response.url || request.url))
      return null
    const asked = askedBy(response.headers.get('www-authenticate') ?? '')
    if (!asked) return null
    const { named, acrValues, maxAge } = asked
    return {
      ...(named.length > 0 && { scopes: named }),
      ...(acrValues && { acrValues }),
      ...(maxAge !== undefined && { maxAge }),
    }
  }

  return async (input, init) => {
    const request = new Request(input, init)
    if (!isListed(request.url)) return send(request)
    const before = await currentToken()
    const first = await sendWith(before, request)
    const asked = askedIn(first, request)
    if (!asked) return first

    async function sendAgain(wanted: StepUpRequest): Promise<Response> {
      const since = await currentToken()
      // A token that another request obtained meanwhile may suffice.
      const second = since === before ? first : await sendWith(since, request)
      const still = since === before ? wanted : askedIn(second, request)
      if (!still) return second
      won = await stepUp(still, { signal: request.signal })
      return sendWith(await currentToken(), request)
    }
    const { signal } = request
    const turn = unlessAborted(queue, signal).then(() => sendAgain(asked))
    queue = Promise.allSettled([queue, turn])
    return turn
  }
}
