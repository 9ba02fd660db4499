import { authenticationFrom } from '../contract/authentication.ts'
import type { TotpBackend } from '../contract/backend.ts'
import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER } from '../contract/routes.ts'
import { AuthenticateBody, MfaDeviceList, parseAnswer, TotpRegistration } from '../contract/schemas.ts'
import { type Call, handlers, type Service } from './handlers.ts'
import { parseBody } from './parse-body.ts'
import type { User } from './tokens.ts'

/** The port without HTTP: the same handlers, called by hand for one user. */
export function backendFor(service: Service, user: User): TotpBackend {
  const call = async <Body>(
    body: Body,
    more: { deviceId?: string; headers?: Record<string, string> } = {},
  ) => {
    await service.ready()
    return {
      service,
      user,
      body,
      deviceId: more.deviceId ?? '',
      headers: new Headers(more.headers),
    } satisfies Call
  }
  return {
    async getMfaDevices() {
      return parseAnswer(MfaDeviceList, await handlers.getMfaDevices(await call(undefined))).devices
    },
    async registerTotpMfaDevice() {
      return parseAnswer(TotpRegistration, await handlers.registerTotpMfaDevice(await call(undefined)))
    },
    async authenticateTotpMfaDevice({ code, deviceId, requestedScopes, createMfaTokenOptions }) {
      const body = parseBody(AuthenticateBody, {
        code,
        ...(deviceId !== undefined && { id: deviceId }),
        ...(requestedScopes && { requestedScopes: [...requestedScopes] }),
        ...(createMfaTokenOptions && { createMfaToken: createMfaTokenOptions }),
      })
      return authenticationFrom(await handlers.authenticateTotpMfaDevice(await call(body)))
    },
    async deleteMfaDevice({ deviceId, elevatedAccessToken, mfaAuthToken }) {
      const headers = {
        ...(elevatedAccessToken && { [ELEVATED_TOKEN_HEADER]: elevatedAccessToken }),
        ...(mfaAuthToken && { [MFA_TOKEN_HEADER]: mfaAuthToken }),
      }
      await handlers.deleteMfaDevice(await call(undefined, { deviceId, headers }))
    },
  }
}
