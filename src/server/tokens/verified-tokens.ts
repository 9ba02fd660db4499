import type { CryptoKey, JWSHeaderParameters, JWTPayload } from 'jose'
import { nativeCrypto } from '../crypto/native-crypto.ts'

/** A token whose signature is right, and the key that says so. */
export interface VerifiedToken {
  header: JWSHeaderParameters
  payload: JWTPayload
  key: CryptoKey | Uint8Array
}

/** Some 600 bytes each, and a few kilobytes where an account has a name of thousands of letters. */
const MOST = 10_000

/**
 * The tokens that a process has verified or signed itself, for one issuer and environment. A session's token comes back with
 * every request, and its signature takes longer to check than the store takes to answer. What can change since (the key, the
 * time) is for the caller to look at. Holds digests, and no token for longer than its request.
 */
export interface VerifiedTokens {
  find(jwt: string): VerifiedToken | undefined
  /** Keeps the newest 10,000, and none where digests would take as long as signatures: without Node's own cryptography. */
  keep(jwt: string, token: VerifiedToken): void
}

export function createVerifiedTokens(): VerifiedTokens {
  const { hash } = nativeCrypto() ?? {}
  if (!hash) return { find: () => undefined, keep: () => {} }
  const tokens = new Map<string, VerifiedToken>()
  const digestOf = (jwt: string) => hash('sha256', jwt, 'base64')
  return {
    find: (jwt) => tokens.get(digestOf(jwt)),
    keep(jwt, token) {
      tokens.set(digestOf(jwt), token)
      if (tokens.size <= MOST) return
      const [oldest = ''] = tokens.keys()
      tokens.delete(oldest)
    },
  }
}
