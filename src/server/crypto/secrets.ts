import { fromBase64, toBase64Url } from './base64.ts'
import { nativeCrypto } from './native-crypto.ts'

const ENCODER = new TextEncoder()
const DECODER = new TextDecoder()
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * The master keys: 32 random bytes each as base64, separated by commas or white space. The first one encrypts; all of
 * them decrypt. A function is called before each value is encrypted (when a user registers), and when a value turns up
 * that an unknown key encrypted. So a running server follows a rotation, and encrypts nothing under a key that was
 * removed.
 */
export type MasterKeys = string | (() => string | Promise<string>)

/** Encrypts what is stored. `aad` ties a ciphertext to its place: in another row, it does not decrypt. */
export interface Secrets {
  seal(plaintext: string, aad: string): Promise<string>
  open(sealed: string, aad: string): Promise<string>
  /** The id of the key that encrypts. */
  keyId(): Promise<string>
}

/** The `aad` of a device's secret. */
export const deviceSecretAad = ({ userId, id }: { userId: string; id: string }) =>
  `totp-secret\0${userId}\0${id}`
/** The `aad` of a signing key. */
export const signingKeyAad = (kid: string) => `signing-key\0${kid}`

/** A stored value was encrypted under a key that this server does not have. */
class UnknownMasterKey extends Error {
  override readonly name = 'UnknownMasterKey'
  constructor() {
    super(
      'The stored secrets were made with another master key. Start with that key, or list it after the new one until everything is resealed.',
    )
  }
}

/** Whether decrypting the value failed, under any key, rather than reading the keys. */
export const doesNotOpen = (error: unknown): boolean =>
  error instanceof UnknownMasterKey || error instanceof DOMException

/** Whether decrypting failed because the key that encrypted the value is not available. */
export const isSealedByUnknownKey = (error: unknown): boolean => error instanceof UnknownMasterKey

/** The id of the master key that encrypted a value. */
export const masterKeyIdOf = (sealed: string): string => sealed.split('.', 1)[0] ?? ''

interface KeyRing {
  /** The text that it was read from. */
  text: string
  sealing: { id: string; key: MasterKey }
  byId: Map<string, MasterKey>
}

interface Parameters {
  name: 'AES-GCM'
  iv: Uint8Array<ArrayBuffer>
  additionalData: Uint8Array<ArrayBuffer>
}

interface MasterKey {
  web: CryptoKey
  /**
   * Rejects with a `DOMException` if the key does not fit. Every code is checked with this one, so it is the faster of
   * the two.
   */
  open(parameters: Parameters, sealed: Uint8Array<ArrayBuffer>): Promise<BufferSource>
}

/**
 * AES-256-GCM by Web Crypto. A sealed value reads `keyId.iv.ciphertext`, so that keys can change. The id is the start
 * of the key's SHA-256.
 */
export function createSecrets(masterKeys: MasterKeys): Secrets {
  if (typeof masterKeys === 'string') readKeys(masterKeys) // so that a mistake shows at once, not at the first request
  let ring: KeyRing | undefined
  /** The current keys. Rejects if they cannot be read, rather than continue with the earlier ones. */
  async function latest(): Promise<KeyRing> {
    const text = typeof masterKeys === 'string' ? masterKeys : await masterKeys()
    if (ring && ring.text === text) return ring
    ring = await readKeyRing(text)
    return ring
  }
  const known = async () => ring ?? latest()

  const parameters = (iv: Uint8Array<ArrayBuffer>, aad: string): Parameters => ({
    name: 'AES-GCM',
    iv,
    additionalData: ENCODER.encode(aad),
  })
  return {
    async seal(plaintext, aad) {
      const { id, key } = (await latest()).sealing
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
      const sealed = await crypto.subtle.encrypt(parameters(iv, aad), key.web, ENCODER.encode(plaintext))
      return [id, toBase64Url(iv), toBase64Url(new Uint8Array(sealed))].join('.')
    },
    async open(sealed, aad) {
      const [id = '', iv = '', ciphertext = ''] = sealed.split('.')
      const key = (await known()).byId.get(id) ?? (await latest()).byId.get(id)
      if (!key) throw new UnknownMasterKey()
      return DECODER.decode(await key.open(parameters(fromBase64(iv), aad), fromBase64(ciphertext)))
    },
    async keyId() {
      return (await latest()).sealing.id
    },
  }
}

async function readKeyRing(text: unknown): Promise<KeyRing> {
  if (typeof text !== 'string') throw new TypeError('masterKey: the function must return the keys as text.')
  const keys = readKeys(text)
  const named = await Promise.all(
    keys.map(async (bytes) => ({
      id: toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))).slice(0, 8),
      key: await masterKey(bytes),
    })),
  )
  const [sealing] = named
  if (!sealing) throw new TypeError('There is no master key.')
  return { text, sealing, byId: new Map(named.map(({ id, key }) => [id, key])) }
}

async function masterKey(bytes: Uint8Array<ArrayBuffer>): Promise<MasterKey> {
  const web = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const native = nativeCrypto()
  if (!native) return { web, open: (parameters, sealed) => crypto.subtle.decrypt(parameters, web, sealed) }
  const { createDecipheriv, createSecretKey } = native
  const key = createSecretKey(bytes)
  return {
    web,
    async open({ iv, additionalData }, sealed) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
        decipher.setAAD(additionalData).setAuthTag(sealed.subarray(-TAG_BYTES))
        return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
      } catch {
        throw new DOMException('The value does not open.', 'OperationError')
      }
    },
  }
}

function readKeys(text: string): Uint8Array<ArrayBuffer>[] {
  const keys = text.split(/[\s,]+/).filter(Boolean)
  if (keys.length === 0)
    throw new TypeError('The master key is empty. Make one with: openssl rand -base64 32')
  return keys.map((key, index) => {
    const bytes = fromBase64(key)
    if (bytes.length !== 32) {
      throw new TypeError(
        `The master key must be 32 bytes, as base64; this one has ${bytes.length}. Make one with: openssl rand -base64 32`,
      )
    }
    // Behind another key, one byte repeated only opens what it sealed before such keys were refused.
    if (index === 0 ? isBlank(bytes) : isUnfilled(bytes)) {
      throw new TypeError(
        'The master key must be random; this one repeats a single byte. If it sealed anything, put a random one in front of it; else replace it: openssl rand -base64 32',
      )
    }
    return bytes
  })
}

/** A buffer that was never filled. */
const isUnfilled = (bytes: Uint8Array) => isBlank(bytes) && [0, 0xff].includes(bytes[0] ?? 0)

/** A buffer that was never filled, or filled with one byte. */
const isBlank = (bytes: Uint8Array) => bytes.every((byte) => byte === bytes[0])

/** The key that seals new values. */
export const sealingKeyIn = (text: string): string => text.trim().split(/[\s,]+/)[0] ?? ''

/** Whether one of the keys cannot have come from a random source. A server with such a key should change it. */
export const isGuessable = (text: string): boolean => readKeys(text).some(isMadeByHand)

/** Few different bytes, equal steps or readable text. Each occurs in fewer than one of 10^13 random keys. */
function isMadeByHand(bytes: Uint8Array): boolean {
  const steps = bytes.slice(1).map((byte, index) => byte - (bytes[index] ?? 0))
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
  return isText || new Set(bytes).size < 16 || new Set(steps).size < 4
}

/** SHA-256 as hex. Enough for long random values, such as tokens. */
export async function hashToken(token: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', ENCODER.encode(token))))
}

/** Creates a master key: 32 random bytes as base64. */
export const newMasterKey = (): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))

export const randomToken = (): string => toBase64Url(crypto.getRandomValues(new Uint8Array(32)))

export const toHex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
