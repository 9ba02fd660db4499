import type { VerifyResponse } from '../contract/answers.ts'
import * as answers from '../contract/answers.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { readAs } from '../contract/shape.ts'
import { fromErrorBody } from '../contract/wire/error-body.ts'
import { readText } from '../contract/wire/read-text.ts'
import { routes } from '../contract/wire/routes.ts'
import { parseReply, proofHeaders, type Wire } from '../contract/wire/wire.ts'

/** The longest honest answer, a registration with long names, is a few kilobytes. */
const MAX_ANSWER_BYTES = 64 * 1024

/** Where the service is, and who asks. Times in epoch milliseconds. */
export interface HttpBackendOptions {
  /** Where the API begins, such as `https://id.example.com/api/v0`. */
  baseUrl: string
  /** As the server has it: part of every path. */
  environmentId: string
  /** The session's token, sent as `Authorization: Bearer`; `null` when nobody is signed in. */
  getAccessToken: () => string | null | Promise<string | null>
  /** Hears of the session's new token after a verification: one that owes no second factor any more. */
  onSession?: (session: { token: string; expiresAt: number }) => void
  /** @default globalThis.fetch */
  fetch?: typeof fetch
}

/** The wire over `fetch`. */
export function createHttpWire(options: HttpBackendOptions): Wire {
  return async (name, { deviceId = '', body, proof = {}, signal } = {}) => {
    const { method, path } = routes[name]
    if (/^\.{1,2}$/.test(deviceId)) throw new TotpFlowError('no_device') // in a path it would be another one
    const token = await reached(async () => options.getAccessToken())
    if (token === null) throw new TotpFlowError('unauthenticated')
    const url = `${options.baseUrl.replace(/(?<!\/)\/+$/, '')}/sdk/${encodeURIComponent(options.environmentId)}${path.replace(':deviceId', encodeURIComponent(deviceId))}`
    const send = options.fetch ?? globalThis.fetch
    const response = await reached(() =>
      send(url, {
        method,
        redirect: 'error',
        credentials: 'omit',
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...proofHeaders(proof),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal,
      }),
    )
    const text = await reached(() => readText(response, MAX_ANSWER_BYTES, 'malformed_response'))
    if (!response.ok) throw errorFrom(response, text)
    // Only 204 says that a thing is done: a captive portal says 200 to anything.
    const answer = response.status === 204 ? null : jsonFrom(text)
    return parseReply(name, answer)
  }
}

/** Hands the host the session's new token. */
export const tellSession = ({ onSession }: HttpBackendOptions, { minifiedJwt, expiresAt }: VerifyResponse) =>
  onSession?.({ token: minifiedJwt, expiresAt: expiresAt * 1000 })

/** What the network itself throws is a `network` error; an abort stays one. */
async function reached<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    throw TotpFlowError.from(cause, 'network')
  }
}

/** A body that is no JSON (a proxy's HTML page, say) has no shape; what is asked of it then fails or is left out. */
function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function errorFrom({ status, headers }: Response, text: string): TotpFlowError {
  const body = readAs(answers.errorAnswer, jsonFrom(text)) ?? {}
  return fromErrorBody(status, body, retryAtFrom(headers))
}

/** Less, and the person would not see why a code was not taken. */
const SHORTEST_WAIT_MS = 1000

/** `Retry-After` is seconds or a date (RFC 9110 §10.2.3); that counts from the answer's own, as clocks differ. */
function retryAtFrom(headers: Headers): number | undefined {
  const after = headers.get('retry-after')
  if (after === null) return undefined
  const sentAt = Date.parse(headers.get('date') ?? '') || Date.now()
  const wait = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - sentAt
  return Number.isFinite(wait) ? Date.now() + Math.max(wait, SHORTEST_WAIT_MS) : undefined
}
