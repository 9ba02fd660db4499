import { ScureBase32Plugin } from 'otplib'
import { isRecoveryCode, normalizeRecoveryCode } from '../../contract/code.ts'
import { LONGEST_SECRET_BYTES, SHORTEST_SECRET_BYTES, stepOf } from '../codes/totp.ts'
import { assertStorable } from '../identity/identify.ts'
import { type CheckedPasskey, type PasskeyToImport, passkeysFrom } from './read-passkey.ts'
import { FUTURE_MS, membersOf, momentOf, Refused } from './refused.ts'

/** A user of another system, with the user's authenticator app, passkeys, or both. `null` is the same as omitting a field. */
export interface UserToImport {
  /** The user's id on this server: the `sub` of your provider, or what `identity` returns. 1 to 255 characters. */
  userId: string
  /** This or `uri`, not both. Neither for a user with only passkeys, who then has none of the fields below. 10 to 128 bytes. */
  secret?: string | null
  /**
   * The encoding of the key's bytes in `secret`. `base32` is what users type into an app: spaces, dashes, padding and
   * case do not matter. `utf8`: the text itself is the key.
   * @default 'base32'
   */
  secretEncoding?: 'base32' | 'hex' | 'base64' | 'utf8' | null
  /** `otpauth://totp/…?secret=…`, with its algorithm, digits and period. */
  uri?: string | null
  /** Codes must use SHA-1, 6 digits and 30 seconds. Users with other parameters are refused. */
  algorithm?: string | null
  digits?: number | string | null
  period?: number | string | null
  /** `false` for a pending enrollment, which the first code completes. @default true */
  verified?: boolean | null
  /** ISO 8601 with a time zone, such as `2024-05-01T12:00:00Z`. */
  createdAt?: string | null
  verifiedAt?: string | null
  /** The time step (Unix seconds / 30, rounded down) of the last accepted code. That code and older ones stay rejected. */
  lastStep?: number | null
  /** Unused recovery codes in plain text, 10 or 15 letters and digits each. At most 50. */
  recoveryCodes?: readonly string[] | null
  /** The hashes that an export holds instead. */
  recoveryCodeHashes?: readonly string[] | null
  /** Whether the user saved them. If not, user interfaces offer new ones. @default true with recovery codes, otherwise false */
  recoveryAcknowledged?: boolean | null
  /** Passkeys of the domain that this server accepts passkeys for. Others are unusable. */
  passkeys?: readonly PasskeyToImport[] | null
}

/** In their stored form, apart from the encryption and the ids. */
export interface CheckedUser {
  userId: string
  device: CheckedDevice | null
  passkeys: readonly CheckedPasskey[]
}

export interface CheckedDevice {
  secret: string
  bits: number
  createdAt: number
  verifiedAt: number | null
  lastStep: number
  recoveryCodes: readonly string[]
  recoveryHashes: readonly string[]
  recoveryAcknowledged: boolean
}

const MEMBERS: Readonly<Record<keyof UserToImport, true>> = {
  userId: true,
  secret: true,
  secretEncoding: true,
  uri: true,
  algorithm: true,
  digits: true,
  period: true,
  verified: true,
  createdAt: true,
  verifiedAt: true,
  lastStep: true,
  recoveryCodes: true,
  recoveryCodeHashes: true,
  recoveryAcknowledged: true,
  passkeys: true,
}
const MOST_RECOVERY_CODES = 50

/**
 * Reads the user from a line or an object. A string result says why it is refused, and continues a sentence that begins
 * with the line.
 */
export function readUser(
  given: unknown,
  { now, renewRecoveryCodes = false }: { now: number; renewRecoveryCodes?: boolean },
): CheckedUser | string {
  try {
    return checked(typeof given === 'string' ? parsed(given) : given, now, renewRecoveryCodes)
  } catch (error) {
    if (error instanceof Refused) return error.message
    throw error
  }
}

/** Not the parser's message, which quotes the text. */
function parsed(line: string): unknown {
  if (line.includes('\ufffd')) throw new Refused('is not UTF-8')
  try {
    return JSON.parse(line)
  } catch {
    throw new Refused('is not JSON: write one whole object on each line')
  }
}

function checked(given: unknown, now: number, renewRecoveryCodes: boolean): CheckedUser {
  if (Array.isArray(given)) throw new Refused('is a list: write one object on each line')
  if (typeof given !== 'object' || given === null) throw new Refused('is not an object')
  const { userId, passkeys: list, ...app } = membersOf(given, MEMBERS, 'has')
  const passkeys = passkeysFrom(list, now)
  return {
    userId: userIdOf(userId),
    device: deviceFrom(app, passkeys.length > 0, now, renewRecoveryCodes),
    passkeys,
  }
}

function deviceFrom(
  user: Record<string, unknown>,
  hasPasskeys: boolean,
  now: number,
  renewRecoveryCodes: boolean,
): CheckedDevice | null {
  if (hasPasskeys && user.secret === undefined && user.uri === undefined) {
    const [name] = Object.keys(user)
    if (name === undefined) return null
    throw new Refused(`has passkeys and ${name}, but neither a secret nor a uri`)
  }
  const { secret, bits } = secretOf(user)
  const isVerified = booleanOf(user, 'verified') ?? true
  const at = {
    created: momentOf(user.createdAt, now, 'has a createdAt'),
    verified: momentOf(user.verifiedAt, now, 'has a verifiedAt'),
  }
  if (!isVerified && at.verified !== undefined) throw new Refused('has a verifiedAt, and verified is false')
  const createdAt = at.created ?? at.verified ?? now
  const codes = isVerified && !renewRecoveryCodes ? codesOf(user) : { codes: [], hashes: [] }
  const hasCodes = codes.codes.length + codes.hashes.length > 0
  return {
    secret,
    bits,
    createdAt,
    verifiedAt: isVerified ? (at.verified ?? createdAt) : null,
    lastStep: lastStepOf(user.lastStep, now),
    recoveryCodes: codes.codes,
    recoveryHashes: codes.hashes,
    recoveryAcknowledged: hasCodes && (booleanOf(user, 'recoveryAcknowledged') ?? true),
  }
}

function userIdOf(userId: unknown): string {
  if (userId === undefined) throw new Refused('has no userId')
  if (typeof userId !== 'string') throw new Refused('has a userId that is not a string: put it in quotes')
  try {
    assertStorable(userId)
  } catch {
    throw new Refused('has a userId that is not 1 to 255 characters of well-formed Unicode without NUL')
  }
  return userId
}

function booleanOf(user: Record<string, unknown>, name: 'verified' | 'recoveryAcknowledged') {
  const value = user[name]
  if (value === undefined || typeof value === 'boolean') return value
  throw new Refused(`has a value for ${name} that is neither true nor false`)
}

function lastStepOf(step: unknown, now: number): number {
  if (step === undefined) return -1
  if (typeof step !== 'number' || !Number.isInteger(step) || step < -1)
    throw new Refused('has a lastStep that is not a whole number')
  if (step > stepOf(now + FUTURE_MS))
    throw new Refused('has a lastStep in the future: until then, no code would be accepted')
  return step
}

function codesOf(user: Record<string, unknown>): { codes: string[]; hashes: string[] } {
  const [codes, hashes] = [textsOf(user, 'recoveryCodes'), textsOf(user, 'recoveryCodeHashes')]
  const normalized = codes.map((code, index) => {
    const typed = inGroups(code) ?? normalizeRecoveryCode(code)
    if (isRecoveryCode(typed)) return typed
    throw new Refused(
      `has a recovery code (number ${index + 1}) that cannot be typed here: codes are of 10 or 15 letters and digits`,
    )
  })
  if (!hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash)))
    throw new Refused('has a value in recoveryCodeHashes that no export of this server wrote')
  return { codes: [...new Set(normalized)], hashes: [...new Set(hashes)] }
}

/** Most codes come in groups of five. Normalizing them like typed ones would take ten times as long. */
function inGroups(code: string): string | undefined {
  const letters = /^(?:[\da-z]{5}-?){2,3}$/i.test(code) ? code.toLowerCase().replaceAll('-', '') : ''
  return isRecoveryCode(letters) ? letters : undefined
}

function textsOf(user: Record<string, unknown>, name: 'recoveryCodes' | 'recoveryCodeHashes'): string[] {
  const list = user[name] ?? []
  if (!Array.isArray(list) || !list.every((code) => typeof code === 'string'))
    throw new Refused(`has a value for ${name} that is not a list of strings`)
  if (list.length > MOST_RECOVERY_CODES)
    throw new Refused(`has more than ${MOST_RECOVERY_CODES} recovery codes`)
  return list
}

/** Reads the secret or the URI, whose parameters must be the ones that this server supports. */
function secretOf(user: Record<string, unknown>): { secret: string; bits: number } {
  if (user.secret === undefined && user.uri === undefined)
    throw new Refused('has neither a secret nor a uri, and no passkeys')
  if (user.secret !== undefined && user.uri !== undefined) throw new Refused('has both a secret and a uri')
  assertParameters(user)
  if (user.uri === undefined) return secretFrom(bytesOf(user.secret, user.secretEncoding ?? 'base32'))
  const parameters = parametersOf(user.uri)
  assertParameters(parameters)
  return secretFrom(fromBase32(String(parameters.secret)))
}

function parametersOf(uri: unknown): Record<string, unknown> {
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  if (url?.protocol !== 'otpauth:') throw new Refused('has a uri that does not begin with otpauth:')
  if (url.host.toLowerCase() !== 'totp') throw new Refused('has a uri of a type other than totp')
  const parameters = Object.fromEntries(url.searchParams)
  if (parameters.secret === undefined) throw new Refused('has a uri without a secret')
  return parameters
}

function assertParameters({ algorithm, digits, period }: Record<string, unknown>): void {
  if (algorithm !== undefined && !/^(?:hmac)?-?sha-?1$/i.test(String(algorithm))) {
    const name = /^[\w-]*sha[\w-]{1,6}$/i.test(String(algorithm)) ? String(algorithm) : 'another algorithm'
    throw new Refused(`takes ${name}: only SHA-1 is supported`)
  }
  if (digits !== undefined && String(digits) !== '6')
    throw new Refused(`has codes of ${numberIn(digits)} digits: only 6 are supported`)
  if (period !== undefined && String(period) !== '30')
    throw new Refused(`has codes of ${numberIn(period)} seconds: only 30 are supported`)
}

const numberIn = (value: unknown) => (/^\d{1,4}$/.test(String(value)) ? String(value) : 'other')

function bytesOf(secret: unknown, encoding: unknown): Uint8Array {
  if (typeof secret !== 'string') throw new Refused('has a secret that is not a string')
  if (encoding === 'base32') return fromBase32(secret)
  if (encoding === 'utf8') return new TextEncoder().encode(secret)
  if (encoding === 'hex') {
    if (!/^(?:[\da-f]{2})+$/i.test(secret)) throw new Refused('has a secret that is not hex')
    return Uint8Array.from(secret.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  }
  if (encoding === 'base64') {
    if (!/^[\w+/-]+={0,2}$/.test(secret)) throw new Refused('has a secret that is not base64')
    return fromBase64(secret)
  }
  throw new Refused('has a secretEncoding other than base32, hex, base64 and utf8')
}

function fromBase64(text: string): Uint8Array {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(binary, (byte) => byte.charCodeAt(0))
  } catch {
    throw new Refused('has a secret that is not base64')
  }
}

const base32 = new ScureBase32Plugin()
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Ignores bits beyond the last whole byte, as apps do. The library rejects them. */
function fromBase32(text: string): Uint8Array {
  const letters = /^([A-Z2-7]+)=*$/.exec(text.replace(/[\s-]/g, '').toUpperCase())?.[1]
  if (letters === undefined) throw new Refused('has a secret that is not base32 (A to Z, 2 to 7)')
  const bytes: number[] = []
  let [bits, length] = [0, 0]
  for (const letter of letters) {
    bits = (bits << 5) | BASE32.indexOf(letter)
    length += 5
    if (length < 8) continue
    length -= 8
    bytes.push((bits >> length) & 0xff)
    bits &= (1 << length) - 1
  }
  return Uint8Array.from(bytes)
}

/** Encodes the secret in one canonical form, which recovery code hashes depend on. */
function secretFrom(key: Uint8Array): { secret: string; bits: number } {
  const bits = key.length * 8
  if (key.length < SHORTEST_SECRET_BYTES)
    throw new Refused(`has a secret of ${bits} bits: at least ${SHORTEST_SECRET_BYTES * 8} are needed`)
  if (key.length > LONGEST_SECRET_BYTES)
    throw new Refused(`has a secret of ${bits} bits: at most ${LONGEST_SECRET_BYTES * 8} are supported`)
  return { secret: base32.encode(key, { padding: false }), bits }
}
