import type * as z from 'zod/mini'
import { TotpFlowError } from '../contract/errors.ts'
import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER, type RouteName } from '../contract/routes.ts'
import {
  type AuthenticateBody,
  type SignInBody,
  type StepUpCheckBody,
  UNLINK_SCOPE,
} from '../contract/schemas.ts'
import { backoff } from './attempts.ts'
import { keyUri, matchStep, newSecret } from './otp.ts'
import { hashToken, randomToken, type Secrets } from './secrets.ts'
import type { CodeAttemptResult, Removal, Store, StoredDevice, StoredMfaToken } from './store/store.ts'
import { MULTI_USE_SECONDS, SINGLE_USE_SECONDS, type Tokens, type User } from './tokens.ts'

/** What happened, for a host's audit log. No secret, code or token is in it. `at` in epoch milliseconds. */
export type AuditEvent = { at: number; userId: string; deviceId?: string } & (
  | { type: 'registered' | 'enrolled' | 'verified' | 'throttled' | 'deleted' }
  | { type: 'refused'; reason: TotpFlowError['code'] }
)

/** Turns the host's own session token or JWT into its user; `null` when it is not valid (any more). */
export type Identity = (credential: string) => User | null | Promise<User | null>

export interface Service {
  /** Resolves when store and keys work; every request waits for it. */
  ready: () => Promise<void>
  store: Store
  secrets: Secrets
  tokens: Tokens
  issuer: string
  environmentId: string
  identity: Identity
  now: () => number
  onEvent: (event: AuditEvent) => void
}

/** A request after routing and parsing: `body` and `user` are there where the route asks for them. */
export interface Call<Body = unknown> {
  service: Service
  user: User
  body: Body
  deviceId: string
  headers: Headers
}

const boundTo = ({ userId, id }: { userId: string; id: string }) => `totp-secret\0${userId}\0${id}`

/** One handler per route, in the order of routes.ts. `undefined` answers 204. */
export const handlers = {
  getSettings: ({ service }: Call) => ({
    environmentName: service.environmentId,
    chains: [],
    design: {},
    general: {},
    privacy: {},
    kyc: [],
    providers: [],
    sdk: {},
    security: {
      auth: { storage: [], methods: [] },
      mfa: { enabled: true, required: false, methods: [{ type: 'totp', enabled: true }] },
    },
    networks: [],
  }),

  getNonces: () => ({ nonces: Array.from({ length: 5 }, randomToken) }),

  async signInWithExternalJwt({ service, body }: Call<z.infer<typeof SignInBody>>) {
    const user = await service.identity(body.jwt)
    if (!user) throw new TotpFlowError('invalid_external_auth')
    return sessionOf(service, user)
  },

  getUser: ({ service, user }: Call) => publicUser(service, user),

  async getMfaDevices({ service, user }: Call) {
    const { device } = await service.store.find(user.userId)
    return { count: device ? 1 : 0, devices: device ? [publicDevice(device)] : [] }
  },

  async registerTotpMfaDevice({ service, user }: Call) {
    const { store, secrets, issuer, now } = service
    const id = crypto.randomUUID()
    const secret = newSecret()
    const sealedSecret = await secrets.seal(secret, boundTo({ userId: user.userId, id }))
    const added = await store.addPendingDevice({ id, userId: user.userId, sealedSecret, createdAt: now() })
    if (!added) throw refused(service, user, 'device_limit')
    service.onEvent({ type: 'registered', at: now(), userId: user.userId, deviceId: id })
    return { id, type: 'totp', secret, uri: keyUri({ issuer, account: user.account, secret }) }
  },

  async authenticateTotpMfaDevice({ service, user, body }: Call<z.infer<typeof AuthenticateBody>>) {
    const { store, secrets, tokens, now } = service
    const { device, throttle } = await store.find(user.userId)
    if (!device || (body.id !== undefined && body.id !== device.id)) throw refused(service, user, 'no_device')
    if (throttle.retryAt > now()) throw throttled(service, user, throttle.retryAt)
    const scopes = body.requestedScopes ?? []
    tokens.checkScopes(scopes)

    // Made before the code is looked at, so that a failing key costs nobody a code; handed out only if it is right.
    const secret = await secrets.open(device.sealedSecret, boundTo(device))
    const session = await sessionOf(service, user)
    const elevatedAccessToken = scopes.length > 0 ? await tokens.mintElevated(user, scopes) : undefined
    const mfaToken = body.createMfaToken && randomToken()

    const result = await store.attempt({
      userId: user.userId,
      deviceId: device.id,
      now: now(),
      backoff,
      look: () => matchStep({ secret, code: body.code, now: now() }),
      ...(mfaToken && {
        mfaToken: await mfaTokenRow(service, user, mfaToken, body.createMfaToken?.singleUse),
      }),
    })
    if (result.outcome !== 'accepted') throw verdict(service, user, result)
    const type = device.verifiedAt === null ? 'enrolled' : 'verified'
    service.onEvent({ type, at: now(), userId: user.userId, deviceId: device.id })
    return {
      ...session,
      deviceId: device.id,
      ...(elevatedAccessToken && { elevatedAccessToken }),
      ...(mfaToken && { mfaToken }),
    }
  },

  async deleteMfaDevice({ service, user, deviceId, headers }: Call) {
    const proof = await removalProof(service, user, headers)
    const now = service.now()
    const outcome = await service.store.removeDevice({ userId: user.userId, deviceId, now, proof })
    if (outcome === 'no_device') throw refused(service, user, 'no_device')
    if (outcome === 'proof_refused') throw refused(service, user, 'proof_required')
    service.onEvent({ type: 'deleted', at: now, userId: user.userId, deviceId })
  },

  async checkStepUpAuth({ service, user, body, headers }: Call<z.infer<typeof StepUpCheckBody>>) {
    service.tokens.checkScopes([body.scope])
    const { device } = await service.store.find(user.userId)
    const token = headers.get(ELEVATED_TOKEN_HEADER)
    const held = token ? await service.tokens.readElevated(token).catch(() => null) : null
    const isHeld = held?.userId === user.userId && held.scopes.includes(body.scope)
    const credentials = device?.verifiedAt ? [{ id: device.id, format: 'totp', type: 'totp' }] : []
    return {
      isRequired: !isHeld,
      credentials,
      ...(credentials[0] && { defaultCredentialId: credentials[0].id }),
    }
  },
} satisfies Record<RouteName, (call: never) => unknown>

async function sessionOf(service: Service, user: User) {
  const { jwt, expiresAt } = await service.tokens.mintSession(user)
  return { user: publicUser(service, user), minifiedJwt: jwt, jwt, expiresAt }
}

const publicUser = ({ environmentId }: Service, { userId, account }: User) => ({
  id: userId,
  projectEnvironmentId: environmentId,
  verifiedCredentials: [],
  missingFields: [],
  email: account,
})

const publicDevice = ({ id, createdAt, verifiedAt }: StoredDevice) => ({
  id,
  type: 'totp',
  verified: verifiedAt !== null,
  createdAt: new Date(createdAt).toISOString(),
  ...(verifiedAt !== null && { verifiedAt: new Date(verifiedAt).toISOString() }),
  default: verifiedAt !== null,
})

async function mfaTokenRow(
  { now }: Service,
  { userId }: User,
  token: string,
  singleUse = false,
): Promise<StoredMfaToken> {
  const seconds = singleUse ? SINGLE_USE_SECONDS : MULTI_USE_SECONDS
  return { hash: await hashToken(token), userId, singleUse, expiresAt: now() + seconds * 1000 }
}

/** Removal takes an elevation of this very user with `credential:unlink`, or the deprecated MFA token of this user. */
async function removalProof(service: Service, user: User, headers: Headers): Promise<Removal['proof']> {
  const elevatedToken = headers.get(ELEVATED_TOKEN_HEADER)
  const mfaToken = headers.get(MFA_TOKEN_HEADER)
  if (elevatedToken) {
    const { userId, scopes, singleUse, jti, expiresAt } = await service.tokens.readElevated(elevatedToken)
    if (userId === user.userId && scopes.includes(UNLINK_SCOPE)) return singleUse ? { jti, expiresAt } : null
  }
  if (mfaToken) return { mfaTokenHash: await hashToken(mfaToken) }
  throw refused(service, user, 'proof_required')
}

function verdict(service: Service, user: User, result: Exclude<CodeAttemptResult, { outcome: 'accepted' }>) {
  if (result.outcome === 'throttled') return throttled(service, user, result.retryAt)
  if (result.outcome === 'gone') return refused(service, user, 'no_device')
  if (result.outcome === 'reused') return refused(service, user, 'code_reused')
  return refused(service, user, 'invalid_code')
}

function throttled({ onEvent, now }: Service, { userId }: User, retryAt: number) {
  onEvent({ type: 'throttled', at: now(), userId })
  return new TotpFlowError('rate_limited', { retryAt })
}

function refused({ onEvent, now }: Service, { userId }: User, reason: TotpFlowError['code']) {
  onEvent({ type: 'refused', at: now(), userId, reason })
  return new TotpFlowError(reason)
}
