import { importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { nativeCrypto } from '../crypto/native-crypto.ts'

/** Signs a JWT, in compact serialization (RFC 7515 §7.1). */
export type JwtSigner = (header: { typ: string; kid: string }, claims: JWTPayload) => string | Promise<string>

/** Returns a signer with an Ed25519 or P-256 private key, by the JWK's `alg`. */
export async function jwtSigner(jwk: JWK & { alg: string }): Promise<JwtSigner> {
  const { alg } = jwk
  const native = nativeCrypto()
  if (!native) {
    const key = await importJWK(jwk)
    return (header, claims) => new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(key)
  }
  const { createPrivateKey, sign } = native
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  const signature =
    alg === 'ES256'
      ? (input: Buffer) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }) // RFC 7518 §3.4
      : (input: Buffer) => sign(null, input, key)
  return (header, claims) => {
    const input = `${base64Url({ alg, ...header })}.${base64Url(claims)}`
    return `${input}.${signature(Buffer.from(input)).toString('base64url')}`
  }
}

const base64Url = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
