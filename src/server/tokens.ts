import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'
import { JWTExpired } from 'jose/errors'
import { TotpFlowError } from '../contract/errors.ts'
import type { Secrets } from './secrets.ts'
import type { Store, StoredSigningKey } from './store/store.ts'

/** Who is signed in. `account` is the name that the authenticator app shows, such as an e-mail address. */
export interface User {
  userId: string
  account: string
}

export interface Elevated {
  userId: string
  scopes: string[]
  singleUse: boolean
  jti: string
  /** Epoch milliseconds. */
  expiresAt: number
}

/** Which scopes may be asked for, and whether a token with one of them is spent by its first use. */
export type ScopePolicy = Readonly<Record<string, { singleUse: boolean }>>

const once = { singleUse: true }
const often = { singleUse: false }
export const DEFAULT_SCOPES: ScopePolicy = {
  'wallet:export': once,
  'wallet:delete': once,
  'wallet:sign': often,
  'wallet:delegate': often,
  'wallet:restore': often,
  'credential:link': once,
  'credential:update': often,
  'credential:unlink': once,
  'user:update': often,
  'user:delete': once,
}

const ALGORITHM = 'EdDSA'
const SESSION = 'session+jwt'
const ELEVATED = 'elevated+jwt'
const SESSION_SECONDS = 12 * 3600
/** Dynamic's own lifetimes. */
export const SINGLE_USE_SECONDS = 5 * 60
export const MULTI_USE_SECONDS = 10 * 60

/** What ours hold beside the registered claims of RFC 7519. */
interface Claims {
  account?: unknown
  scope?: unknown
  singleUse?: unknown
}

const boundTo = (kid: string) => `signing-key\0${kid}`

export function createTokens(given: {
  store: Store
  secrets: Secrets
  issuer: string
  environmentId: string
  scopes: ScopePolicy
  now: () => number
}) {
  const { store, secrets, issuer, environmentId, scopes: policy, now } = given
  let loading: Promise<StoredSigningKey[]> | undefined
  const imported = new Map<string, CryptoKey>()

  /** The keys of the store; the first node to start makes the first one. */
  function keys(): Promise<StoredSigningKey[]> {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }

  async function load(): Promise<StoredSigningKey[]> {
    const stored = await store.signingKeys()
    return stored.length > 0 ? stored : store.addSigningKey(await newKey(secrets))
  }

  async function keyOf(name: string, jwk: () => string | Promise<string>): Promise<CryptoKey> {
    const known = imported.get(name)
    if (known) return known
    const key = await importJWK(JSON.parse(await jwk()), ALGORITHM)
    if (key instanceof Uint8Array) throw new TypeError('an asymmetric key was expected')
    imported.set(name, key)
    return key
  }

  async function sign(
    typ: string,
    subject: string,
    seconds: number,
    claims: Record<string, unknown>,
  ): Promise<string> {
    const [current] = await keys()
    if (!current) throw new TotpFlowError('server')
    const privateKey = await keyOf(`private ${current.kid}`, () =>
      secrets.open(current.sealedPrivateJwk, boundTo(current.kid)),
    )
    const issuedAt = Math.floor(now() / 1000)
    return new SignJWT({ ...claims, environment_id: environmentId })
      .setProtectedHeader({ alg: ALGORITHM, typ, kid: current.kid })
      .setSubject(subject)
      .setIssuer(issuer)
      .setAudience(environmentId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + seconds)
      .sign(privateKey)
  }

  async function verify(jwt: string, typ: string) {
    const known = await keys()
    const { payload } = await jwtVerify<Claims>(
      jwt,
      async ({ kid }) => {
        const key = known.find((stored) => stored.kid === kid)
        if (!key) throw new TotpFlowError('unauthenticated')
        return keyOf(`public ${key.kid}`, () => key.publicJwk)
      },
      {
        algorithms: [ALGORITHM],
        typ,
        issuer,
        audience: environmentId,
        currentDate: new Date(now()),
        requiredClaims: ['sub', 'exp'],
      },
    )
    const { sub = '', exp = 0, jti, account, scope, singleUse } = payload
    return { sub, jti, account, scope, singleUse, expiresAt: exp * 1000 }
  }

  return {
    /** Loads or makes the signing keys; rejects when the master key is not theirs. */
    async prepare(): Promise<void> {
      const [current] = await keys()
      if (current) await secrets.open(current.sealedPrivateJwk, boundTo(current.kid))
    },

    async mintSession({ userId, account }: User): Promise<{ jwt: string; expiresAt: number }> {
      const jwt = await sign(SESSION, userId, SESSION_SECONDS, { account, sid: crypto.randomUUID() })
      return { jwt, expiresAt: Math.floor(now() / 1000) + SESSION_SECONDS }
    },

    /** The user of a session token of ours; `null` when it is not one, or not valid (any more). */
    async readSession(jwt: string): Promise<User | null> {
      const claims = await verify(jwt, SESSION).catch(() => null)
      return claims && typeof claims.account === 'string'
        ? { userId: claims.sub, account: claims.account }
        : null
    },

    checkScopes(scopes: readonly string[]): void {
      for (const scope of scopes)
        if (!Object.hasOwn(policy, scope)) throw new TotpFlowError('scope_not_allowed')
    },

    mintElevated({ userId }: User, scopes: readonly string[]): Promise<string> {
      const singleUse = scopes.some((scope) => policy[scope]?.singleUse)
      return sign(ELEVATED, userId, singleUse ? SINGLE_USE_SECONDS : MULTI_USE_SECONDS, {
        scope: scopes.join(' '),
        singleUse,
        jti: crypto.randomUUID(),
      })
    },

    /** The rights in an elevated token; rejects with `elevation_expired`, or `elevation_required` when it is none of ours. */
    async readElevated(jwt: string): Promise<Elevated> {
      const claims = await verify(jwt, ELEVATED).catch((cause: unknown) => {
        throw new TotpFlowError(cause instanceof JWTExpired ? 'elevation_expired' : 'elevation_required', {
          cause,
        })
      })
      return {
        userId: claims.sub,
        scopes: String(claims.scope).split(' '),
        singleUse: claims.singleUse === true,
        jti: String(claims.jti),
        expiresAt: claims.expiresAt,
      }
    },

    /** The public keys, for verification elsewhere (RFC 7517). */
    async jwks(): Promise<{ keys: JWK[] }> {
      return { keys: (await keys()).map(({ publicJwk }) => JSON.parse(publicJwk)) }
    },
  }
}

export type Tokens = ReturnType<typeof createTokens>

async function newKey(secrets: Secrets): Promise<StoredSigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const kid = crypto.randomUUID()
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: 'sig' }
  return {
    generation: 1,
    kid,
    publicJwk: JSON.stringify(publicJwk),
    sealedPrivateJwk: await secrets.seal(JSON.stringify(await exportJWK(privateKey)), boundTo(kid)),
  }
}
