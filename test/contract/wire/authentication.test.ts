import { expect, it } from 'vitest'
import { authenticationFrom, elevationFrom } from '../../../src/contract/wire/authentication.ts'
import { parseReply } from '../../../src/contract/wire/wire.ts'
import { jwtOf, verified } from './answers.ts'

it('an answer to a verification is read in milliseconds, for the device that it names or else the requested one', () => {
  expect(authenticationFrom(parseReply('authenticateTotpMfaDevice', verified), 'asked')).toEqual({
    deviceId: 'asked',
    sessionExpiresAt: 2_000_000,
    issuedAt: 1_000_000,
  })
  const named = parseReply('authenticateTotpMfaDevice', { ...verified, deviceId: 'named' })
  expect(authenticationFrom(named, 'asked').deviceId).toBe('named')
  const opaque = parseReply('authenticateTotpMfaDevice', { ...verified, minifiedJwt: 'opaque' })
  expect(authenticationFrom(opaque)).not.toHaveProperty('issuedAt')
})

it('an elevation is read from the claims of its token in any script, and is single-use only if they say so', () => {
  const claims = { scope: 'a:b c:d', exp: 2000, iat: 1000 }
  const token = jwtOf({ ...claims, sub: '>>>???ÿÿ漢' })
  expect(token).toMatch(/[-_]/)
  const read = { scopes: ['a:b', 'c:d'], expiresAt: 2_000_000, issuedAt: 1_000_000, token }
  expect(elevationFrom(token)).toEqual({ ...read, singleUse: false })
  const once = jwtOf({ ...claims, singleUse: true })
  expect(elevationFrom(once)).toEqual({ ...read, singleUse: true, token: once })
})
