import type { Authentication, MfaDevice, TotpRegistration } from '../../src/contract/answers.ts'
import type { AuthenticateParams, DeleteParams } from '../../src/contract/backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { RIGHT_CODE, SECRET } from './scripted-backend.ts'

interface Grant {
  scopes: readonly string[]
  isSpent: boolean
}

/** What a service may do and what its user may hold, in a page: the model that flows are held against. */
export class ModelServer {
  device: MfaDevice | null = null
  /** By token: every right it gave, the deprecated MFA tokens as rights to remove. */
  readonly grants = new Map<string, Grant>()
  #serial = 0

  getMfaDevices(): MfaDevice[] {
    return this.device ? [this.device] : []
  }

  registerTotpMfaDevice(): TotpRegistration {
    if (this.device?.verified) throw new TotpFlowError('device_limit')
    const id = this.#next('device')
    this.device = { id, type: 'totp', verified: false, createdAt: '2026-01-01T00:00:00.000Z' }
    return { id, uri: `otpauth://totp/Test:a?secret=${SECRET}`, secret: SECRET }
  }

  authenticateTotpMfaDevice(params: AuthenticateParams, now: number): Authentication {
    const { code, deviceId, requestedScopes = [], createMfaTokenOptions } = params
    if (!this.device) throw new TotpFlowError('no_device')
    if (deviceId !== undefined && deviceId !== this.device.id) throw new TotpFlowError('device_replaced')
    if (code !== RIGHT_CODE) throw new TotpFlowError('invalid_code')
    this.device = { ...this.device, verified: true }
    const expiresAt = now + 300_000
    const scopes = [...requestedScopes]
    return {
      deviceId: this.device.id,
      sessionExpiresAt: now + 3_600_000,
      ...(scopes.length > 0 && {
        elevation: { scopes, expiresAt, singleUse: true, token: this.#grant(scopes) },
      }),
      ...(createMfaTokenOptions && { mfaToken: this.#grant(['credential:unlink']) }),
    }
  }

  deleteMfaDevice({ deviceId, elevatedAccessToken, mfaAuthToken }: DeleteParams): void {
    const proof = [elevatedAccessToken, mfaAuthToken].find((token) => this.mayUse(token, 'credential:unlink'))
    if (proof === undefined) throw new TotpFlowError('proof_required')
    if (!this.device?.verified || this.device.id !== deviceId) throw new TotpFlowError('no_device')
    this.consumeToken(proof)
    this.device = null
  }

  mayUse(token: string | null | undefined, scope: string): boolean {
    const grant = this.grants.get(token ?? '')
    return grant !== undefined && !grant.isSpent && grant.scopes.includes(scope)
  }

  consumeToken(token: string): void {
    const grant = this.grants.get(token)
    if (grant) grant.isSpent = true
  }

  #grant(scopes: readonly string[]): string {
    const token = this.#next('token')
    this.grants.set(token, { scopes, isSpent: false })
    return token
  }

  #next(kind: string): string {
    this.#serial += 1
    return `${kind}-${this.#serial}`
  }
}
