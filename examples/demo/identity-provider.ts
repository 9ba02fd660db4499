import { jwtVerify, SignJWT } from 'jose'
import type { Identity } from 'totp-flow/server'

const ISSUER = 'demo-identity-provider'
const LIFETIME = '12h'

/** Stands in for a host's own sign-in: lets anyone sign in with any e-mail address. */
export function createIdentityProvider(masterKey: string) {
  const key = derivedKey(masterKey, 'demo identity provider')

  const identity: Identity = async (credential) => {
    try {
      const { payload } = await jwtVerify(credential, await key, { issuer: ISSUER, algorithms: ['HS256'] })
      const { sub, iat = 0 } = payload
      return sub ? { userId: sub, account: sub, authenticatedAt: iat * 1000 } : null
    } catch {
      return null
    }
  }
  return {
    identity,
    signIn: async (email: string): Promise<string> =>
      new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(email.toLowerCase())
        .setIssuer(ISSUER)
        .setIssuedAt()
        .setExpirationTime(LIFETIME)
        .sign(await key),
  }
}

export type IdentityProvider = ReturnType<typeof createIdentityProvider>

/** Derives 32 bytes for one purpose from the master key (HKDF, RFC 5869). */
export async function derivedKey(masterKey: string, purpose: string): Promise<Uint8Array> {
  const base = await crypto.subtle.importKey('raw', Buffer.from(masterKey, 'base64'), 'HKDF', false, [
    'deriveBits',
  ])
  const parameters = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: new TextEncoder().encode(purpose),
  }
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, base, 256))
}
