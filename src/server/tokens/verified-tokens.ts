import type { CryptoKey, JWSHeaderParameters, JWTPayload } from 'jose'
import { nativeCrypto } from '../crypto/native-crypto.ts'

/** A token with a valid signature, and the key that verified it. */
export interface VerifiedToken {
  header: JWSHeaderParameters
  payload: JWTPayload
  key: CryptoKey | Uint8Array
}

/** About 600 bytes each, and a few kilobytes if an account name has thousands of letters. */
const MOST = 10_000

/**
 * Caches the tokens that a process has verified or signed, for one issuer and environment. A session token comes with
 * every request, and verifying its signature takes longer than the store takes to answer. The caller checks what can
 * change since: the key and the time. Holds digests, and no token for longer than its request.
 */
export interface VerifiedTokens {
  find(jwt: string): VerifiedToken | undefined
  /** Keeps the newest 10,000. Keeps none without Node's cryptography, since a digest would take as long as a signature. */
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
