import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { TotpFlowError } from '../../contract/errors.ts'
import { assertOptions, type OptionRules, trueOrFalse } from '../../contract/options.ts'
import type { AuditNote } from '../audit/audit.ts'
import {
  doesNotOpen,
  isSealedByUnknownKey,
  masterKeyIdOf,
  type Secrets,
  signingKeyAad,
} from '../crypto/secrets.ts'
import type { Store, StoredSigningKey } from '../store/store.ts'
import * as z from '../vendored/zod.ts'
import { type JwtSigner, jwtSigner } from './sign-jwt.ts'

/** EdDSA means Ed25519. ES256 is for verifiers that support only P-256. */
export type SigningAlgorithm = 'EdDSA' | 'ES256'

/** How long a node caches its keys: it knows a new one well before that one signs. */
const MAX_AGE_MS = 60_000
/** How often unknown key ids, which strangers can send, make a node read the store. */
const MIN_AGE_MS = 1000
/** How long a new key is published before it signs: longer than `MAX_AGE_MS`, and longer than verifiers cache a JWKS. */
const PUBLISHED_BEFORE_MS = 10 * 60_000
/** How long a verifier may cache the JWKS, seconds. */
export const JWKS_MAX_AGE_SECONDS = 300

/** For a compromised key. With neither option, the new key is published for ten minutes before it signs. */
export interface RotateOptions {
  /** Signs with the new key at once, before other nodes have read it. @default the value of `revokeOld` */
  atOnce?: boolean
  /** Drops all other keys, so that all their tokens are rejected. @default false */
  revokeOld?: boolean
}

const rotateRules: OptionRules = { atOnce: trueOrFalse, revokeOld: trueOrFalse }

export interface SigningKeys {
  /**
   * Creates the first key if there is none. Rejects with a readable reason if no key can be decrypted, or a master key
   * is missing.
   */
  prepare(): Promise<void>
  /** The key that signs now, and its id. */
  current(): Promise<{ kid: string; publicKey: CryptoKey; sign: JwtSigner }>
  /** Returns the public key with this id, or `null` if the store has none either. */
  publicKey(kid: string): Promise<CryptoKey | null>
  jwks(): Promise<{ keys: JWK[] }>
  /**
   * Adds a key that starts to sign after `PUBLISHED_BEFORE_MS`, and drops keys whose tokens have all expired. For a
   * compromised key, `atOnce` signs with the new key immediately, and `revokeOld` drops every other key, so that all
   * their tokens are rejected.
   */
  rotate(options?: RotateOptions): Promise<{ kid: string; signsFrom: number; dropped: string[] }>
}

/** A key derived from its encrypted private part alone: no plaintext in the row can make a token valid. */
interface OpenedKey {
  kid: string
  publicJwk: JWK
  publicKey: CryptoKey
  sign: JwtSigner
}

/** The contents of the store. */
interface Loaded {
  rows: readonly StoredSigningKey[]
  /** The valid keys, newest first. */
  keys: readonly (OpenedKey & Pick<StoredSigningKey, 'generation' | 'signsFrom'>)[]
  unreadable: readonly UnreadableKey[]
}

export function createSigningKeys(given: {
  store: Store
  secrets: Secrets
  algorithm: SigningAlgorithm
  /** The longest lifetime of a token, milliseconds. An old key must still verify for this long. */
  longestTokenMs: number
  now: () => number
  audit: (note: AuditNote) => void
}): SigningKeys {
  const { store, secrets, algorithm, longestTokenMs, now, audit } = given
  let latest: { at: number; loaded: Promise<Loaded> } | undefined
  /** By id, with the row that each key came from. */
  const opened = new Map<string, { row: string; key: OpenedKey }>()
  let audited: ReadonlySet<string> = new Set()

  /** The keys as this node knows them, at most `maxAge` old. */
  function load(maxAge = MAX_AGE_MS): Promise<Loaded> {
    const at = now()
    if (latest && Math.abs(at - latest.at) < maxAge) return latest.loaded // a clock that was set back must not freeze it
    const fresh = read()
    const before = latest
    latest = { at, loaded: fresh }
    fresh.catch(() => {
      latest = before && { ...before, at: Number.NEGATIVE_INFINITY }
    })
    return fresh
  }

  async function read(): Promise<Loaded> {
    const rows = await store.signingKeys()
    const keys: Loaded['keys'][number][] = []
    const unreadable: UnreadableKey[] = []
    for (const row of rows) {
      try {
        const { generation, signsFrom } = row
        keys.push({ ...(await openOnce(row)), generation, signsFrom })
      } catch (error) {
        if (!(error instanceof UnreadableKey)) throw error
        unreadable.push(error)
      }
    }
    forgetAllBut(keys.map(({ kid }) => kid))
    auditOnce(unreadable.map(({ kid }) => kid))
    return { rows, keys, unreadable }
  }

  /**
   * Decrypts a key if its row changed. If only its encryption changed, returns the same object, by which verified
   * tokens are known.
   */
  async function openOnce(stored: StoredSigningKey): Promise<OpenedKey> {
    const row = JSON.stringify([stored.publicJwk, stored.sealedPrivateJwk])
    const before = opened.get(stored.kid)
    if (before?.row === row) return before.key
    const fresh = await openKey(stored, secrets)
    const isSameKey = before && isSameJwk(before.key.publicJwk, fresh.publicJwk)
    const key = isSameKey ? before.key : fresh
    opened.set(stored.kid, { row, key })
    return key
  }

  function forgetAllBut(kids: readonly string[]): void {
    for (const kid of opened.keys()) if (!kids.includes(kid)) opened.delete(kid)
  }

  function auditOnce(unreadableKids: readonly string[]): void {
    for (const kid of unreadableKids) if (!audited.has(kid)) audit({ type: 'signing_key_unreadable', kid })
    audited = new Set(unreadableKids)
  }

  /** The keys in use. Rejects if there are rows and none is a valid key, which says nothing about a token. */
  async function keysInUse(maxAge?: number) {
    const { keys, unreadable } = await load(maxAge)
    if (keys.length === 0 && unreadable.length > 0) throw noneOpens(unreadable)
    return keys
  }

  /** The newest key that may sign. After an emergency rotation that left none in force, the oldest. */
  const signing = (all: Loaded['keys']) => all.find(({ signsFrom }) => signsFrom <= now()) ?? all.at(-1)

  /**
   * A row under an unknown master key may come from anyone. If users' secrets name the same master key, it is missing here.
   */
  async function assertNoMasterKeyIsMissing(unreadable: readonly UnreadableKey[]) {
    const unknown = unreadable.filter(({ cause }) => isSealedByUnknownKey(cause))
    if (unknown.length === 0) return
    const page = { notBy: await secrets.keyId(), after: '', limit: 200 }
    const ids = new Set((await store.sealedDevices(page)).map(({ sealed }) => masterKeyIdOf(sealed)))
    const missing = unknown.find(({ masterKeyId }) => ids.has(masterKeyId))
    if (missing) throw missing.cause
  }

  return {
    async prepare() {
      const { rows } = await load(0)
      if (rows.length === 0) {
        await store.addSigningKey(await newKey(secrets, algorithm, { generation: 1, signsFrom: 0 }))
        await load(0)
      }
      await keysInUse()
      await assertNoMasterKeyIsMissing((await load()).unreadable)
    },

    async current() {
      const key = signing(await keysInUse())
      if (!key) throw new TotpFlowError('server')
      return key
    },

    async publicKey(kid) {
      const named = (key: OpenedKey) => key.kid === kid
      const key = (await keysInUse()).find(named) ?? (await keysInUse(MIN_AGE_MS)).find(named)
      return key?.publicKey ?? null
    },

    async jwks() {
      return { keys: (await keysInUse()).map(({ publicJwk }) => publicJwk) }
    },

    async rotate(options = {}) {
      assertOptions(options, rotateRules)
      const { revokeOld = false, atOnce = revokeOld } = options
      const signsFrom = atOnce ? now() : now() + PUBLISHED_BEFORE_MS
      const made = await newKey(secrets, algorithm, { generation: freeGeneration(await load(0)), signsFrom })
      await store.addSigningKey(made)
      const { rows, keys } = await load(0)
      if (!keys.some(({ kid }) => kid === made.kid)) {
        throw new TotpFlowError('server', { message: 'Another node rotated the keys at the same time.' })
      }
      // A key is obsolete once its successor has signed for longer than any token lives.
      const over = revokeOld
        ? rows.filter(({ kid }) => kid !== made.kid)
        : keys.filter((_, index) => {
            const successor = keys[index - 1]
            return successor !== undefined && successor.signsFrom + longestTokenMs < now()
          })
      for (const { kid } of over) await store.dropSigningKey(kid)
      latest = undefined
      return { kid: made.kid, signsFrom, dropped: over.map(({ kid }) => kid) }
    },
  }
}

/** The generation after the newest key's, and after any invalid rows in between. */
function freeGeneration({ keys, rows }: Loaded): number {
  const taken = new Set(rows.map(({ generation }) => generation))
  let next = (keys[0]?.generation ?? 0) + 1
  while (taken.has(next)) next++
  return next
}

/** A stored signing key that is invalid: its private part cannot be decrypted, or the row is malformed. */
class UnreadableKey extends Error {
  override readonly name = 'UnreadableKey'
  readonly kid: string
  readonly masterKeyId: string
  constructor({ kid, sealedPrivateJwk }: StoredSigningKey, cause: unknown) {
    super('The signing key does not open, or is malformed.', { cause })
    this.kid = String(kid).slice(0, 64)
    this.masterKeyId = masterKeyIdOf(String(sealedPrivateJwk))
  }
}

function noneOpens(unreadable: readonly UnreadableKey[]): unknown {
  const sealedByAnother = unreadable.find(({ cause }) => isSealedByUnknownKey(cause))
  if (sealedByAnother) return sealedByAnother.cause
  return new Error('No stored signing key opens. Restore the table totp_flow_signing_keys from a backup.')
}

/** Rejects if stored keys cannot be decrypted, and says how many. */
export async function openAll(rows: readonly StoredSigningKey[], secrets: Secrets): Promise<void> {
  const unreadable: UnreadableKey[] = []
  for (const row of rows) {
    await openKey(row, secrets).catch((error: unknown) => {
      if (!(error instanceof UnreadableKey)) throw error
      unreadable.push(error)
    })
  }
  if (unreadable.length === 0) return
  if (unreadable.length === rows.length) throw noneOpens(unreadable)
  const kids = unreadable.map(({ kid }) => kid).join(', ')
  throw new Error(
    `${unreadable.length} of ${rows.length} do not open and are not used: ${kids}. Add the master key that sealed them, or delete their rows.`,
  )
}

const Part = z.string().check(z.minLength(1))
const PrivateJwk = z.discriminatedUnion('crv', [
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: Part, d: Part }),
  z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: Part, y: Part, d: Part }),
])

/** Rejects with `UnreadableKey` if the row is invalid, and with another error if the master keys cannot be read. */
async function openKey(row: StoredSigningKey, secrets: Secrets): Promise<OpenedKey> {
  const { kid, sealedPrivateJwk } = row
  const plaintext = await secrets
    .open(String(sealedPrivateJwk), signingKeyAad(kid))
    .catch((cause: unknown) => {
      throw doesNotOpen(cause) ? new UnreadableKey(row, cause) : cause
    })
  try {
    const privateJwk = PrivateJwk.parse(JSON.parse(plaintext))
    const alg: SigningAlgorithm = privateJwk.crv === 'P-256' ? 'ES256' : 'EdDSA'
    const { d: _, ...publicPart } = privateJwk
    const publicJwk: JWK = { ...publicPart, kid, alg, use: 'sig' }
    if (!isSameJwk(JSON.parse(row.publicJwk), publicJwk)) throw new TypeError('the public key does not match')
    const publicKey = await importJWK(publicJwk)
    if (publicKey instanceof Uint8Array) throw new TypeError('an asymmetric key was expected')
    return { kid, publicJwk, publicKey, sign: await jwtSigner({ ...privateJwk, alg }) }
  } catch (cause) {
    throw new UnreadableKey(row, cause)
  }
}

/** Whether they have the same members, in any order. */
function isSameJwk(one: object, other: object): boolean {
  const members = (jwk: object) => JSON.stringify(Object.entries(jwk).sort())
  return members(one) === members(other)
}

async function newKey(
  secrets: Secrets,
  algorithm: SigningAlgorithm,
  { generation, signsFrom }: { generation: number; signsFrom: number },
): Promise<StoredSigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true }).catch(
    (cause: unknown) => {
      throw new Error(`This runtime cannot make keys for ${algorithm}. Set \`algorithm\` to 'ES256'.`, {
        cause,
      })
    },
  )
  const kid = crypto.randomUUID()
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  return {
    generation,
    kid,
    signsFrom,
    publicJwk: JSON.stringify(publicJwk),
    sealedPrivateJwk: await secrets.seal(JSON.stringify(await exportJWK(privateKey)), signingKeyAad(kid)),
  }
}
