import type { Authentication, MfaDevice } from '../../src/contract/answers.ts'
import type { AuthenticateParams, DeleteParams, TotpBackend } from '../../src/contract/backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'

export const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
export const TOKEN = 'elevated-token-of-the-test'
export const MFA_TOKEN = 'mfa-token-of-the-test'
export const RIGHT_CODE = '123456'
export const RECOVERY_CODES: readonly string[] = ['aaaaa-11111', 'bbbbb-22222']

type Call = { name: keyof TotpBackend; params?: unknown; signal: AbortSignal | undefined }

/** A backend whose every answer the test decides: it keeps one device, and `next` overrides the next answer of a method. */
export function scriptedBackend({ verified = false, now = () => Date.now() } = {}) {
  let device: MfaDevice | null = verified
    ? { id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00.000Z' }
    : null
  const calls: Call[] = []
  const overrides: Partial<Record<keyof TotpBackend, () => Promise<unknown>>> = {}

  const answer = async <T>(call: Call, make: () => T): Promise<T> => {
    calls.push(call)
    const override = overrides[call.name]
    delete overrides[call.name]
    if (override) return override() as Promise<T>
    return make()
  }

  const backend: TotpBackend = {
    getMfaDevices: (o) =>
      answer({ name: 'getMfaDevices', signal: o?.signal }, () => (device ? [device] : [])),
    registerTotpMfaDevice: (o) =>
      answer({ name: 'registerTotpMfaDevice', signal: o?.signal }, () => {
        device = { id: 'd1', type: 'totp', verified: false, createdAt: '2026-01-01T00:00:00.000Z' }
        return { id: 'd1', uri: `otpauth://totp/Test:a?secret=${SECRET}&issuer=Test`, secret: SECRET }
      }),
    authenticateTotpMfaDevice: (params: AuthenticateParams, o) =>
      answer({ name: 'authenticateTotpMfaDevice', params, signal: o?.signal }, (): Authentication => {
        if (params.code !== RIGHT_CODE) throw new TotpFlowError('invalid_code')
        if (device) device = { ...device, verified: true }
        const scopes = [...(params.requestedScopes ?? [])]
        return {
          deviceId: 'd1',
          sessionExpiresAt: now() + 3_600_000,
          ...(scopes.length > 0 && {
            elevation: { scopes, expiresAt: now() + 300_000, singleUse: true, token: TOKEN },
          }),
          ...(params.createMfaTokenOptions && { mfaToken: MFA_TOKEN }),
        }
      }),
    deleteMfaDevice: (params: DeleteParams, o) =>
      answer({ name: 'deleteMfaDevice', params, signal: o?.signal }, () => {
        if (params.elevatedAccessToken !== TOKEN && params.mfaAuthToken !== MFA_TOKEN) {
          throw new TotpFlowError('proof_required')
        }
        device = null
      }),
  }
  return {
    ...backend,
    calls,
    /** The next call of `name` does this instead. */
    next: (name: keyof TotpBackend, override: () => Promise<unknown>) => {
      overrides[name] = override
    },
    fails: (name: keyof TotpBackend, error: unknown) => {
      overrides[name] = () => Promise.reject(error)
    },
    hangs: (name: keyof TotpBackend) => {
      overrides[name] = () => new Promise(() => {})
    },
  }
}
