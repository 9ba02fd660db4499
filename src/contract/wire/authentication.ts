import type { Authentication, Elevation, VerifyResponse } from '../answers.ts'
import { TotpFlowError } from '../errors.ts'
import { parseAnswer } from '../parse-answer.ts'
import { boolean, number, object, string } from '../shape.ts'

/**
 * Converts the answer to a verification for the flow. Reads the elevated token's claims without verifying them: a
 * client has no reason to distrust the server that sent the token, and the server verifies it on every use.
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

/** Reads only the issue time. A session token may also be opaque, and then there is none. */
function issuedAtOf(jwt: string): number | undefined {
  try {
    const { iat } = parseAnswer(timeClaims, payloadOf(jwt))
    return iat * 1000
  } catch {
    return undefined
  }
}

/** What a client reads from an elevated token, whose signature it cannot verify. `exp` and `iat` are in epoch seconds. */
const elevatedClaims = object({ scope: string(), exp: number }, { iat: number, singleUse: boolean })

/** Reads from an elevated token's claims what it covers. */
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
