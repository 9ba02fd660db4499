import { type TotpBackend, TotpFlowError } from 'totp-flow'

/** A service of your own behind the same flow: four methods, each with an `AbortSignal` last. */
export function yourBackend(call: (path: string, init?: RequestInit) => Promise<Response>): TotpBackend {
  const ask = async (path: string, body?: unknown, signal?: AbortSignal) => {
    const response = await call(path, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    if (response.status === 400) throw new TotpFlowError('invalid_code')
    if (response.status === 429) throw new TotpFlowError('rate_limited', { retryAt: Date.now() + 30_000 })
    if (!response.ok) throw new TotpFlowError('server')
    return response.status === 204 ? undefined : response.json()
  }
  return {
    getMfaDevices: ({ signal } = {}) => ask('/devices', undefined, signal),
    registerTotpMfaDevice: ({ signal } = {}) => ask('/register', {}, signal),
    authenticateTotpMfaDevice: (params, { signal } = {}) => ask('/verify', params, signal),
    deleteMfaDevice: (params, { signal } = {}) => ask('/remove', params, signal),
  }
}
