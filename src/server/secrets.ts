const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()
const IV_BYTES = 12

/** Encrypts what is stored. `bound` ties a ciphertext to its place: moved to another row, it does not open. */
export interface Secrets {
  seal(plaintext: string, bound: string): Promise<string>
  open(sealed: string, bound: string): Promise<string>
}

/**
 * AES-256-GCM by Web Crypto under a 32-byte master key (base64, or bytes). A sealed value reads
 * `keyId.iv.ciphertext`, so that keys can change.
 */
export function createSecrets(masterKey: string | Uint8Array): Secrets {
  const bytes = typeof masterKey === 'string' ? fromBase64(masterKey) : Uint8Array.from(masterKey)
  if (bytes.length !== 32) {
    throw new TypeError(
      `The master key must be 32 bytes, as base64; this one has ${bytes.length}. Make one with: openssl rand -base64 32`,
    )
  }
  const key = crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const keyId = crypto.subtle.digest('SHA-256', bytes).then((hash) => toHex(new Uint8Array(hash)).slice(0, 8))
  const parameters = (iv: Uint8Array<ArrayBuffer>, bound: string) => ({
    name: 'AES-GCM',
    iv,
    additionalData: ENCODER.encode(bound),
  })
  return {
    async seal(plaintext, bound) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
      const sealed = await crypto.subtle.encrypt(parameters(iv, bound), await key, ENCODER.encode(plaintext))
      return [await keyId, toBase64Url(iv), toBase64Url(new Uint8Array(sealed))].join('.')
    },
    async open(sealed, bound) {
      const [id, iv, ciphertext] = sealed.split('.')
      if (id !== (await keyId) || iv === undefined || ciphertext === undefined) {
        throw new Error('The stored secrets were made with another master key.')
      }
      const opened = await crypto.subtle.decrypt(
        parameters(fromBase64(iv), bound),
        await key,
        fromBase64(ciphertext),
      )
      return DECODER.decode(opened)
    },
  }
}

/** SHA-256 as hex: enough for what is random and long, such as a token. */
export async function hashToken(token: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', ENCODER.encode(token))))
}

export const randomToken = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(32)))

const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const toBase64Url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text.trim().replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    )
  } catch {
    return new Uint8Array()
  }
}
