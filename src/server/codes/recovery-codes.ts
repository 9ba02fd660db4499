import { isRecoveryCode, normalizeRecoveryCode } from '../../contract/code.ts'
import { nativeCrypto } from '../crypto/native-crypto.ts'
import { toHex } from '../crypto/secrets.ts'

const CODES = 10
/** Crockford's base 32, without letters that look like another letter or a digit. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 75 bits; NIST SP 800-63B-4 §4.2.1 requires 64. In groups of five, so that six digits never stand together in one. */
const LENGTH = 15

/** Creates ten recovery codes, written `xxxxx-xxxxx-xxxxx`. */
export const newRecoveryCodes = (): string[] => Array.from({ length: CODES }, newRecoveryCode)

function newRecoveryCode(): string {
  const letters = Array.from(crypto.getRandomValues(new Uint8Array(LENGTH)), (byte) => ALPHABET[byte % 32])
  return [letters.slice(0, 5), letters.slice(5, 10), letters.slice(10)]
    .map((group) => group.join(''))
    .join('-')
}

/**
 * The stored form of a code: a MAC under the device's own secret. Earlier codes had fifty bits, so a plain hash would
 * not withstand guessing from a dump. The secret is encrypted under the master key, so that key can change without new
 * codes.
 */
export const hashRecoveryCode = (secret: string, code: string): Promise<string> =>
  macOf('recovery code', secret, code)

/** The stored form of codes made without a proof, which must be distinguishable. */
export const hashUnprovenCode = (secret: string, code: string): Promise<string> =>
  macOf('unproven recovery code', secret, code)

async function macOf(label: string, secret: string, typed: string): Promise<string> {
  const name = `${label}\0${secret}`
  const code = isRecoveryCode(typed) ? typed : normalizeRecoveryCode(typed)
  const native = nativeCrypto()
  if (native) return native.createHmac('sha256', name).update(code).digest('hex')
  const encoder = new TextEncoder()
  const key = await crypto.subtle.importKey(
    'raw',
    encoder.encode(name),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  )
  return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(code))))
}
