import type { VerifyResponse } from '../contract/answers.ts'
import * as answers from '../contract/answers.ts'
import type { TotpBackend } from '../contract/backend.ts'
import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { readAs, type Shape } from '../contract/shape.ts'
import { fromErrorBody } from '../contract/wire/error-body.ts'
import { readText } from '../contract/wire/read-text.ts'
import { PAGE_HEADER, type Reply, type Route, type RouteName, routes } from '../contract/wire/routes.ts'
import { proofHeaders, type Sent, type Wire } from '../contract/wire/wire.ts'

/** The longest genuine answer, a registration with long names, is a few kilobytes. */
const MAX_ANSWER_BYTES = 64 * 1024

/** Where the service is. */
export interface ServiceOptions {
  /** Where the API begins: an `http:` or `https:` URL such as `https://id.example.com/api/v0`, or a path of this site. */
  baseUrl: string
  /** The server's `environmentId`, a part of every path. */
  environmentId: string
  /** Sends the requests. @default globalThis.fetch */
  fetch?: typeof fetch
}

/** The options of a page that holds the token of its session. */
export interface TokenOptions extends ServiceOptions {
  /** Returns the session's token, sent as `Authorization: Bearer`. Return `null` if nobody is signed in. Called for every request. */
  getAccessToken: () => string | null | Promise<string | null>
  /** Receives the session's new token after a verification: it owes no second factor. `expiresAt` in epoch milliseconds. */
  onSession?: (session: { token: string; expiresAt: number }) => void
  credentials?: undefined
}

/** The options of a page whose user is signed in by an `HttpOnly` cookie. The server needs a `cookieIdentity`. */
export interface CookieOptions extends ServiceOptions {
  /** Use `include` if the service has another origin. The service must then list the page's origin in `corsOrigins`. */
  credentials: 'same-origin' | 'include'
  getAccessToken?: undefined
  onSession?: undefined
}

/** Where the service is, and how it identifies the user: by a token or by a cookie, not both. */
export type HttpBackendOptions = (TokenOptions | CookieOptions) & {
  /** Supports passkeys: `passkeys` of `totp-flow/client/passkeys`. The server must support them, too. @default no passkeys */
  passkeys?: HttpPasskeys
}

/** The calls about passkeys. `onVerified` is called after every verification. */
export type HttpPasskeys = (
  call: HttpCall,
  onVerified: (response: VerifyResponse) => void,
) => Pick<
  TotpBackend,
  'getPasskeys' | 'authenticatePasskeyMFA' | 'registerPasskey' | 'renamePasskey' | 'deletePasskey'
>

/** Calls a route over HTTP. `query`: without the question mark. */
export type HttpCall = <Answer>(
  route: Omit<Route, 'reply'> & { reply: Shape<Answer> },
  sent?: Sent & { query?: string },
) => Promise<Answer>

/** The wire over `fetch`. Throws a `TypeError` unless exactly one of `getAccessToken` and `credentials` is set. */
export const createHttpWire = (options: HttpBackendOptions): Wire => wireOver(createHttpCall(options))

/** The cast is needed: the compiler cannot derive the reply from the route's name. */
export const wireOver =
  (call: HttpCall): Wire =>
  <Name extends RouteName>(name: Name, sent?: Sent) =>
    call<unknown>(routes[name], sent) as Promise<Reply<Name>>

/** Throws a `TypeError` unless exactly one of `getAccessToken` and `credentials` is set. */
export function createHttpCall(options: HttpBackendOptions): HttpCall {
  if ((options.getAccessToken === undefined) === (options.credentials === undefined)) {
    throw new TypeError('Give getAccessToken, or credentials if a cookie signs users in.')
  }
  return async ({ method, path, reply }, { deviceId = '', body, proof = {}, signal, query } = {}) => {
    if (/^\.{1,2}$/.test(deviceId)) throw new TotpFlowError('no_device') // in a path these would name another resource
    const token = await reached(async () => options.getAccessToken?.())
    if (token === null) throw new TotpFlowError('unauthenticated')
    const url = `${options.baseUrl.replace(/(?<!\/)\/+$/, '')}/sdk/${encodeURIComponent(options.environmentId)}${path.replace(':deviceId', encodeURIComponent(deviceId))}${query ? `?${query}` : ''}`
    const send = options.fetch ?? globalThis.fetch
    const response = await reached(() =>
      send(url, {
        method,
        redirect: 'error',
        credentials: options.credentials ?? 'omit',
        headers: {
          ...(options.credentials ? { [PAGE_HEADER]: '1' } : { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...proofHeaders(proof),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal,
      }),
    )
    const text = await reached(() => readText(response, MAX_ANSWER_BYTES, 'malformed_response'))
    if (!response.ok) throw errorFrom(response, text, `${method} ${url}`)
    // Only 204 confirms a call without a body: a captive portal answers 200 to anything.
    const answer = response.status === 204 ? null : jsonFrom(text)
    // A development server answers any path that it does not proxy with the page itself.
    if (answer === undefined)
      console.error(
        `totp-flow: ${method} ${url} was not answered with JSON. Does this address reach the service? A development server needs a proxy to it.`,
      )
    return parseAnswer(reply, answer)
  }
}

/** Passes the session's new token to the host. */
export const tellSession = ({ onSession }: HttpBackendOptions, { minifiedJwt, expiresAt }: VerifyResponse) =>
  onSession?.({ token: minifiedJwt, expiresAt: expiresAt * 1000 })

/** What the network itself throws is a `network` error; an abort stays one. */
async function reached<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    if (globalThis.origin === 'null' && cause instanceof TypeError)
      console.error(
        'totp-flow: this page has no origin. A sandboxed frame needs allow-same-origin to call a service.',
      )
    throw TotpFlowError.from(cause, 'network')
  }
}

/** Returns `undefined` for a body that is not JSON, such as a proxy's HTML page. */
function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Errors that only a developer can fix: the service is elsewhere, or accepts no call from this page. */
const OF_DEVELOPERS: readonly TotpErrorCode[] = ['not_found', 'method_not_allowed', 'csrf_rejected']

/** `call` is the method and the URL, which only the developer sees. */
function errorFrom({ status, headers }: Response, text: string, call: string): TotpFlowError {
  const body = readAs(answers.errorAnswer, jsonFrom(text))
  const what = status === 404 ? `There is nothing at ${call}` : `${call} was answered with ${status}`
  const cause = new Error(`${what}: ${body?.error ?? 'is the service mounted there?'}`)
  const error = fromErrorBody(status, body ?? {}, retryAtFrom(headers), cause)
  if (OF_DEVELOPERS.includes(error.code)) console.error(`totp-flow: ${cause.message}`)
  return error
}

/** With a shorter wait, the person would not see why the code was refused. */
const SHORTEST_WAIT_MS = 1000

/** `Retry-After` is seconds or a date (RFC 9110 §10.2.3). A date counts from the answer's own date, as clocks differ. */
function retryAtFrom(headers: Headers): number | undefined {
  const after = headers.get('retry-after')
  if (after === null) return undefined
  const sentAt = Date.parse(headers.get('date') ?? '') || Date.now()
  const wait = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - sentAt
  return Number.isFinite(wait) ? Date.now() + Math.max(wait, SHORTEST_WAIT_MS) : undefined
}
