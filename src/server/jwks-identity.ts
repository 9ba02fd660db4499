import { createRemoteJWKSet, jwtVerify } from 'jose'
import { JOSEError, JWKSInvalid, JWKSTimeout } from 'jose/errors'
import { TotpFlowError } from '../contract/errors.ts'
import type { Identity } from './service.ts'

/** Whose JWTs to take: `issuer` and `audience` as they stand in `iss` and `aud`. */
export interface JwksIdentityOptions {
  /** Where the host's identity provider publishes its keys. */
  jwksUrl: string
  issuer: string
  audience: string
  /** The claim that authenticator apps show as the account. @default 'email', else the subject */
  accountClaim?: string
}

/** Users by the JWTs of the host's own identity provider (any OpenID provider): `sub` is the user. */
export function jwksIdentity({
  jwksUrl,
  issuer,
  audience,
  accountClaim = 'email',
}: JwksIdentityOptions): Identity {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { cooldownDuration: 5_000 })
  return async (credential) => {
    try {
      const { payload } = await jwtVerify(credential, keys, {
        issuer,
        audience,
        algorithms: ['EdDSA', 'ES256', 'ES384', 'RS256', 'PS256'],
        requiredClaims: ['sub', 'exp'],
      })
      const { sub = '', [accountClaim]: account } = payload
      return sub ? { userId: sub, account: typeof account === 'string' ? account : sub } : null
    } catch (cause) {
      const isUnreached = cause instanceof JWKSTimeout || cause instanceof JWKSInvalid
      // jose throws its base class when the provider answers no JWKS, and its subclasses for what is wrong with a token.
      if (cause instanceof JOSEError && cause.constructor !== JOSEError && !isUnreached) return null
      throw new TotpFlowError('server', { cause }) // the provider cannot be reached: nobody is signed out by that
    }
  }
}
