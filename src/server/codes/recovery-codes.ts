import { isRecoveryCode, normalizeRecoveryCode } from '../../contract/code.ts'
import { nativeCrypto } from '../crypto/native-crypto.ts'
import { toHex } from '../crypto/secrets.ts'

const CODES = 10
/** Crockford's base 32: no letter that reads like another or like a digit. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 75 bits, where NIST SP 800-63B-4 §4.2.1 asks for 64. In groups of five, no six digits stand alone in one. */
const LENGTH = 15

/** Ten new recovery codes, written `xxxxx-xxxxx-xxxxx`. */
export const newRecoveryCodes = (): string[] => Array.from({ length: CODES }, newRecoveryCode)

function newRecoveryCode(): string {
  const letters = Array.from(crypto.getRandomValues(new Uint8Array(LENGTH)), (byte) => ALPHABET[byte % 32])
  return [letters.slice(0, 5), letters.slice(5, 10), letters.slice(10)]
    .map((group) => group.join(''))
    .join('-')
}

/**
 * What is stored of a code: a MAC under the device's own secret. The fifty bits that codes had before would not withstand
 * guessing by who holds a dump, were it a plain hash; and since the secret is stored under the master key, that key can change without the codes.
 */
export const hashRecoveryCode = (secret: string, code: string): Promise<string> =>
  macOf('recovery code', secret, code)

/** The same for codes that were made without a proof, so that they can be told apart. */
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
