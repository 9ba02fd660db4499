import * as z from 'zod/mini'
import { authenticationFrom } from '../contract/authentication.ts'
import type { CallOptions, ProofParams, TotpBackend } from '../contract/backend.ts'
import { fromErrorBody, TotpFlowError } from '../contract/errors.ts'
import { readText } from '../contract/read-text.ts'
import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER, type RouteName, routes } from '../contract/routes.ts'
import {
  ErrorBody,
  MfaDeviceList,
  parseAnswer,
  RecoveryCodes,
  StepUpCheck,
  TotpRegistration,
  VerifyResponse,
} from '../contract/schemas.ts'

/** The longest honest answer, a registration with long names, is a few kilobytes. */
const MAX_ANSWER_BYTES = 64 * 1024

export interface HttpBackendOptions {
  /** Where the API begins, such as `https://id.example.com/api/v0`. */
  baseUrl: string
  environmentId: string
  /** The session's token, sent as `Authorization: Bearer`; `null` when nobody is signed in. */
  getAccessToken: () => string | null | Promise<string | null>
  /** Hears of the session's new token after a verification: one that owes no second factor any more. */
  onSession?: (session: { token: string; expiresAt: number }) => void
  /** @default globalThis.fetch */
  fetch?: typeof fetch
}

interface Sent extends CallOptions {
  deviceId?: string
  body?: unknown
  headers?: Record<string, string>
}

/** The port over HTTP: to a totp-flow server, or to any that speaks Dynamic's wire. */
export function httpBackend(options: HttpBackendOptions): TotpBackend {
  const call = async (name: RouteName, { deviceId = '', body, headers, signal }: Sent): Promise<unknown> => {
    const { method, path } = routes[name]
    const token = await reached(async () => options.getAccessToken())
    if (token === null) throw new TotpFlowError('unauthenticated')
    const url = `${options.baseUrl}/sdk/${encodeURIComponent(options.environmentId)}${path.replace(':deviceId', encodeURIComponent(deviceId))}`
    const send = options.fetch ?? globalThis.fetch
    const response = await reached(() =>
      send(url, {
        method,
        redirect: 'error',
        credentials: 'omit',
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      }),
    )
    const text = await reached(() => readText(response, MAX_ANSWER_BYTES, 'malformed_response'))
    if (!response.ok) throw errorFrom(response, text)
    return response.status === 204 ? null : jsonFrom(text)
  }

  const authentication = (answer: unknown, deviceId?: string) => {
    const result = authenticationFrom(answer, deviceId)
    const { minifiedJwt, expiresAt } = parseAnswer(VerifyResponse, answer)
    options.onSession?.({ token: minifiedJwt, expiresAt: expiresAt * 1000 })
    return result
  }

  return {
    channel: `${options.baseUrl} ${options.environmentId}`,
    async getMfaDevices(o = {}) {
      return parseAnswer(MfaDeviceList, await call('getMfaDevices', o)).devices
    },
    async registerTotpMfaDevice(o = {}) {
      return parseAnswer(TotpRegistration, await call('registerTotpMfaDevice', o))
    },
    async authenticateTotpMfaDevice({ code, deviceId, requestedScopes, createMfaTokenOptions }, o = {}) {
      const body = { code, id: deviceId, requestedScopes, createMfaToken: createMfaTokenOptions }
      return authentication(await call('authenticateTotpMfaDevice', { ...o, body }), deviceId)
    },
    async deleteMfaDevice({ deviceId, ...proof }, o = {}) {
      // Only 204 says that it is done; a captive portal says 200 to anything.
      parseAnswer(z.null(), await call('deleteMfaDevice', { ...o, deviceId, headers: proofHeaders(proof) }))
    },
    async getMfaRecoveryCodes(o = {}) {
      return parseAnswer(RecoveryCodes, await call('getMfaRecoveryCodes', o))
    },
    async createNewMfaRecoveryCodes(proof = {}, o = {}) {
      const headers = proofHeaders(proof)
      return parseAnswer(RecoveryCodes, await call('createNewMfaRecoveryCodes', { ...o, headers }))
    },
    async authenticateMfaRecoveryCode({ code, requestedScopes, createMfaTokenOptions }, o = {}) {
      const body = { code, requestedScopes, createMfaToken: createMfaTokenOptions }
      return authentication(await call('authenticateMfaRecoveryCode', { ...o, body }))
    },
    async acknowledgeRecoveryCodes(o = {}) {
      await call('acknowledgeRecoveryCodes', { ...o, body: { mfaBackupCodeAcknowledgement: 'complete' } })
    },
    async checkStepUpAuth({ scope, elevatedAccessToken }, o = {}) {
      const headers = proofHeaders({ ...(elevatedAccessToken && { elevatedAccessToken }) })
      return parseAnswer(StepUpCheck, await call('checkStepUpAuth', { ...o, body: { scope }, headers }))
    },
  }
}

const proofHeaders = ({ elevatedAccessToken, mfaAuthToken }: ProofParams) => ({
  ...(elevatedAccessToken && { [ELEVATED_TOKEN_HEADER]: elevatedAccessToken }),
  ...(mfaAuthToken && { [MFA_TOKEN_HEADER]: mfaAuthToken }),
})

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
  const { data } = ErrorBody.safeParse(jsonFrom(text))
  return fromErrorBody(status, data ?? {}, retryAtFrom(headers.get('retry-after')))
}

/** `Retry-After` is seconds or a date (RFC 9110 §10.2.3). */
function retryAtFrom(header: string | null): number | undefined {
  if (header === null) return undefined
  const at = /^\d+$/.test(header) ? Date.now() + Number(header) * 1000 : Date.parse(header)
  return Number.isFinite(at) ? at : undefined
}
