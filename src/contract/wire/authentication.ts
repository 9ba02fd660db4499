import type { Authentication, Elevation, VerifyResponse } from '../answers.ts'
import { TotpFlowError } from '../errors.ts'
import { parseAnswer } from '../parse-answer.ts'
import { boolean, number, object, string } from '../shape.ts'

/**
 * What a verification's answer on the wire means to a flow. The elevated token's claims are read, not verified:
 * a client has no reason to distrust the server it got the token from, and the server checks it on every use.
 */
export function authenticationFrom(response: VerifyResponse, fallbackDeviceId = ''): Authentication {
  const { minifiedJwt, expiresAt, mfaToken, elevatedAccessToken, deviceId, recoveryCodes } = response
  const issuedAt = issuedAtOf(minifiedJwt)
  return {
    deviceId: deviceId ?? fallbackDeviceId,
    sessionExpiresAt: expiresAt * 1000,
    ...(issuedAt !== undefined && { issuedAt }),
    ...(elevatedAccessToken && { elevation: elevationFrom(elevatedAccessToken) }),
    ...(mfaToken && { mfaToken }),
    ...(recoveryCodes && { recoveryCodes }),
  }
}

const timeClaims = object({ iat: number })

/** A session token says more than is needed, and may be opaque: then it says nothing of the time. */
function issuedAtOf(jwt: string): number | undefined {
  try {
    const { iat } = parseAnswer(timeClaims, payloadOf(jwt))
    return iat * 1000
  } catch {
    return undefined
  }
}

/** What a client reads of an elevated token without being able to check its signature. `exp` and `iat` in epoch seconds. */
const elevatedClaims = object({ scope: string(), exp: number }, { iat: number, singleUse: boolean })

/** What the claims of an elevated token say that it is good for. */
export function elevationFrom(token: string): Elevation & { token: string } {
  const { scope, exp, iat, singleUse = false } = parseAnswer(elevatedClaims, payloadOf(token))
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
