import { fromBase64, toBase64Url } from '../crypto/base64.ts'
import type { StoredPasskey } from '../store/store.ts'
import { membersOf, momentOf, Refused } from './refused.ts'

/** A user's passkey from another system, of the same domain. `null` is the same as omitting a field. */
export interface PasskeyToImport {
  /** Base64url or base64, like all bytes here. At most 1023 bytes. */
  credentialId: string
  /** The COSE key (RFC 9053), as base64url or base64. */
  publicKey: string
  /** The last signature counter, 0 to 4,294,967,295. @default 0 */
  signCount?: number | null
  /** @default [] */
  transports?: readonly string[] | null
  /** Whether its provider may sync it (`multiDevice`). An assertion that disagrees is rejected. */
  backupEligible: boolean
  /** @default false */
  backedUp?: boolean | null
  /** The authenticator model, a UUID. @default zeros */
  aaguid?: string | null
  /** The user's name for it: one line of at most 100 characters. */
  alias?: string | null
  /** ISO 8601 with a time zone. */
  createdAt?: string | null
  lastUsedAt?: string | null
}

/** In its stored form, apart from the ids. */
export type CheckedPasskey = Omit<StoredPasskey, 'id' | 'userId'>

const MEMBERS: Readonly<Record<keyof PasskeyToImport, true>> = {
  credentialId: true,
  publicKey: true,
  signCount: true,
  transports: true,
  backupEligible: true,
  backedUp: true,
  aaguid: true,
  alias: true,
  createdAt: true,
  lastUsedAt: true,
}
/** The highest limit that a server can have. */
const MOST_PASSKEYS = 100
/** WebAuthn §4. */
const LONGEST_ID_BYTES = 1023
/** The shortest, of Ed25519, has 42 bytes; an RSA key of 4096 bits has 527. */
const [SHORTEST_KEY_BYTES, LONGEST_KEY_BYTES] = [40, 1100]
const LARGEST_COUNT = 2 ** 32 - 1
const LONGEST_ALIAS = 100
const NO_MODEL = '00000000-0000-0000-0000-000000000000'

export function passkeysFrom(given: unknown, now: number): CheckedPasskey[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw new Refused('has a value for passkeys that is not a list')
  if (given.length > MOST_PASSKEYS) throw new Refused(`has more than ${MOST_PASSKEYS} passkeys`)
  const passkeys = given.map((one, index) =>
    passkeyFrom(one, now, `has a passkey (number ${index + 1}) with`),
  )
  if (new Set(passkeys.map(({ credentialId }) => credentialId)).size < passkeys.length)
    throw new Refused('has the same passkey twice')
  return passkeys
}

function passkeyFrom(given: unknown, now: number, words: string): CheckedPasskey {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new Refused('has a value in passkeys that is not an object')
  const passkey = membersOf(given, MEMBERS, words)
  const { backupEligible, backedUp = false } = passkey
  if (typeof backupEligible !== 'boolean')
    throw new Refused(`${words} no backupEligible: whether its provider may sync it, true or false`)
  if (typeof backedUp !== 'boolean' || (backedUp && !backupEligible))
    throw new Refused(`${words} a backedUp that is neither false nor, where backupEligible is true, true`)
  const publicKey = bytesOf(passkey.publicKey, LONGEST_KEY_BYTES)
  if (!publicKey || publicKey.length < SHORTEST_KEY_BYTES || !isCborMap(publicKey))
    throw new Refused(`${words} a publicKey that is not a COSE key in base64url`)
  const credentialId = bytesOf(passkey.credentialId, LONGEST_ID_BYTES)
  if (!credentialId)
    throw new Refused(`${words} a credentialId that is not 1 to ${LONGEST_ID_BYTES} bytes in base64url`)
  const createdAt = momentOf(passkey.createdAt, now, `${words} a createdAt`) ?? now
  return {
    credentialId: toBase64Url(credentialId),
    publicKey: toBase64Url(publicKey),
    signCount: countOf(passkey.signCount ?? 0, words),
    transports: transportsOf(passkey.transports ?? [], words),
    backupEligible,
    backedUp,
    aaguid: modelOf(passkey.aaguid ?? NO_MODEL, words),
    alias: aliasOf(passkey.alias ?? '', words),
    createdAt,
    lastUsedAt: momentOf(passkey.lastUsedAt, now, `${words} a lastUsedAt`) ?? null,
  }
}

function bytesOf(text: unknown, most: number): Uint8Array | undefined {
  if (typeof text !== 'string' || !/^[\w+/-]+={0,2}$/.test(text)) return undefined
  const bytes = fromBase64(text)
  return bytes.length > 0 && bytes.length <= most ? bytes : undefined
}

/** A COSE key is a map of a few members (RFC 8949 §3.1). */
const isCborMap = ([first = 0]: Uint8Array) => first > 0xa0 && first < 0xb8

function countOf(count: unknown, words: string): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= LARGEST_COUNT)
    return count
  throw new Refused(`${words} a signCount that is not a whole number from 0 to ${LARGEST_COUNT}`)
}

function transportsOf(transports: unknown, words: string): string[] {
  const isList =
    Array.isArray(transports) &&
    transports.length <= 10 &&
    transports.every((one) => typeof one === 'string' && /^[a-z-]{1,32}$/.test(one))
  if (isList) return transports
  throw new Refused(`${words} transports that are no list of words such as internal and hybrid`)
}

function modelOf(aaguid: unknown, words: string): string {
  if (typeof aaguid === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(aaguid))
    return aaguid.toLowerCase()
  throw new Refused(`${words} an aaguid that is not a UUID`)
}

function aliasOf(alias: unknown, words: string): string {
  const isName =
    typeof alias === 'string' &&
    alias.length <= LONGEST_ALIAS &&
    alias.isWellFormed() &&
    !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(alias)
  if (isName) return alias.trim()
  throw new Refused(`${words} an alias that is not one line of ${LONGEST_ALIAS} characters at most`)
}
