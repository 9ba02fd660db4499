import type { Authentication } from './backend.ts'
import { TotpFlowError } from './errors.ts'
import { ElevatedClaims, parseAnswer, VerifyResponse } from './schemas.ts'

/**
 * What a verification's answer on the wire means to a flow. The elevated token's claims are read, not verified:
 * a client has no reason to distrust the server it got the token from, and the server checks it on every use.
 */
export function authenticationFrom(answer: unknown, fallbackDeviceId = ''): Authentication {
  const { expiresAt, mfaToken, elevatedAccessToken, deviceId, recoveryCodes } = parseAnswer(
    VerifyResponse,
    answer,
  )
  return {
    deviceId: deviceId ?? fallbackDeviceId,
    sessionExpiresAt: expiresAt * 1000,
    ...(elevatedAccessToken && { elevation: elevationFrom(elevatedAccessToken) }),
    ...(mfaToken && { mfaToken }),
    ...(recoveryCodes && { recoveryCodes }),
  }
}

function elevationFrom(token: string): NonNullable<Authentication['elevation']> {
  const { scope, exp, iat, singleUse } = parseAnswer(ElevatedClaims, payloadOf(token))
  return {
    scopes: scope.split(' ').filter(Boolean),
    expiresAt: exp * 1000,
    ...(iat !== undefined && { issuedAt: iat * 1000 }),
    singleUse,
    token,
  }
}

function payloadOf(jwt: string): unknown {
  try {
    const payload = jwt.split('.')[1] ?? ''
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    )
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new TotpFlowError('malformed_response')
  }
}
