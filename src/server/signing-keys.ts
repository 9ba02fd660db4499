import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { TotpFlowError } from '../contract/errors.ts'
import { boundToKid, type Secrets } from './secrets.ts'
import { type JwtSigner, jwtSigner } from './sign-jwt.ts'
import type { Store, StoredSigningKey } from './store/store.ts'

/** EdDSA is Ed25519; ES256 is for verifiers that know no other curve than P-256. */
export type SigningAlgorithm = 'EdDSA' | 'ES256'

/** A node takes its keys from the store anew after so long, so it knows a new one well before that signs. */
const MAX_AGE_MS = 60_000
/** Strangers' unknown key ids make a node look at the store at most so often. */
const MIN_AGE_MS = 1000
/** A new key is published for so long before it signs: longer than `MAX_AGE_MS` and what verifiers keep a JWKS for. */
const PUBLISHED_BEFORE_MS = 10 * 60_000
/** How long a verifier may keep the JWKS, seconds. */
export const JWKS_MAX_AGE_SECONDS = 300

/** For a key that got out; without either, the new key is published for ten minutes before it signs. */
export interface RotateOptions {
  /** Sign with the new key at once, before others have read it. @default what `revokeOld` is */
  atOnce?: boolean
  /** Drop all other keys, so that all their tokens are refused. @default false */
  revokeOld?: boolean
}

export interface SigningKeys {
  /** Makes the first key if there is none; rejects when a stored one does not open. */
  prepare(): Promise<void>
  /** What signs now, and under which id. */
  current(): Promise<{ kid: string; publicKey: CryptoKey; sign: JwtSigner }>
  /** The public key of that id; `null` when there is none, after a look at the store. */
  publicKey(kid: string): Promise<CryptoKey | null>
  jwks(): Promise<{ keys: JWK[] }>
  /**
   * Adds a key that signs from `PUBLISHED_BEFORE_MS` on, and drops those whose tokens are all over. For a key that got
   * out: `atOnce` signs from now on, and `revokeOld` drops every other key, so that all their tokens are refused.
   */
  rotate(options?: RotateOptions): Promise<{ kid: string; signsFrom: number; dropped: string[] }>
}

export function createSigningKeys(given: {
  store: Store
  secrets: Secrets
  algorithm: SigningAlgorithm
  /** The longest that a token lives, milliseconds: so long an old key must still verify. */
  longestTokenMs: number
  now: () => number
}): SigningKeys {
  const { store, secrets, algorithm, longestTokenMs, now } = given
  let loaded: { at: number; keys: Promise<StoredSigningKey[]> } | undefined
  const publicKeys = new Map<string, CryptoKey>()
  const signers = new Map<string, JwtSigner>()

  /** What this node knows, no older than `maxAge`. */
  function keys(maxAge = MAX_AGE_MS): Promise<StoredSigningKey[]> {
    const at = now()
    if (loaded && Math.abs(at - loaded.at) < maxAge) return loaded.keys // a clock set back must not stop it
    const fresh = store.signingKeys()
    const before = loaded
    loaded = { at, keys: fresh }
    fresh.catch(() => {
      loaded = before && { ...before, at: Number.NEGATIVE_INFINITY }
    })
    return fresh
  }

  async function publicKeyOf({ kid, publicJwk }: StoredSigningKey): Promise<CryptoKey> {
    const known = publicKeys.get(kid)
    if (known) return known
    const key = await importJWK(JSON.parse(publicJwk))
    if (key instanceof Uint8Array) throw new TypeError('an asymmetric key was expected')
    publicKeys.set(kid, key)
    return key
  }

  async function signerOf(key: StoredSigningKey): Promise<JwtSigner> {
    const known = signers.get(key.kid)
    if (known) return known
    const { alg = 'EdDSA' }: JWK = JSON.parse(key.publicJwk)
    const signer = await jwtSigner({ ...JSON.parse(await open(key)), alg })
    signers.set(key.kid, signer)
    return signer
  }

  const open = ({ kid, sealedPrivateJwk }: StoredSigningKey) =>
    secrets.open(sealedPrivateJwk, boundToKid(kid))

  /** The newest that may sign; in an emergency start with none in force, the oldest. */
  const signing = (all: StoredSigningKey[]) => all.find(({ signsFrom }) => signsFrom <= now()) ?? all.at(-1)

  return {
    async prepare() {
      let all = await keys(0)
      if (all.length === 0) {
        all = await store.addSigningKey(await newKey(secrets, algorithm, { generation: 1, signsFrom: 0 }))
        loaded = undefined
      }
      await openAll(all, secrets)
    },

    async current() {
      const key = signing(await keys())
      if (!key) throw new TotpFlowError('server')
      return { kid: key.kid, publicKey: await publicKeyOf(key), sign: await signerOf(key) }
    },

    async publicKey(kid) {
      const named = (key: StoredSigningKey) => key.kid === kid
      const key = (await keys()).find(named) ?? (await keys(MIN_AGE_MS)).find(named)
      return key ? publicKeyOf(key) : null
    },

    async jwks() {
      return { keys: (await keys()).map(({ publicJwk }) => JSON.parse(publicJwk)) }
    },

    async rotate({ revokeOld = false, atOnce = revokeOld } = {}) {
      const all = await keys(0)
      const generation = (all[0]?.generation ?? 0) + 1
      const signsFrom = atOnce ? now() : now() + PUBLISHED_BEFORE_MS
      const key = await newKey(secrets, algorithm, { generation, signsFrom })
      const after = await store.addSigningKey(key)
      if (!after.some(({ kid }) => kid === key.kid)) {
        throw new TotpFlowError('server', { message: 'Another node rotated the keys at the same time.' })
      }
      // A key is over once the one after it has signed for longer than any token lives.
      const over = after.filter((_, index) => {
        const successor = after[index - 1]
        if (successor === undefined) return false
        return revokeOld || successor.signsFrom + longestTokenMs < now()
      })
      for (const { kid } of over) await store.dropSigningKey(kid)
      loaded = undefined
      return { kid: key.kid, signsFrom, dropped: over.map(({ kid }) => kid) }
    },
  }
}

/** All, not only the current one: they are sealed anew last, so if each opens, so does every device's secret. */
export async function openAll(keys: readonly StoredSigningKey[], secrets: Secrets): Promise<void> {
  for (const { kid, sealedPrivateJwk } of keys) await secrets.open(sealedPrivateJwk, boundToKid(kid))
}

async function newKey(
  secrets: Secrets,
  algorithm: SigningAlgorithm,
  { generation, signsFrom }: { generation: number; signsFrom: number },
): Promise<StoredSigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const kid = crypto.randomUUID()
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  return {
    generation,
    kid,
    signsFrom,
    publicJwk: JSON.stringify(publicJwk),
    sealedPrivateJwk: await secrets.seal(JSON.stringify(await exportJWK(privateKey)), boundToKid(kid)),
  }
}
