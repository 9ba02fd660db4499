import { TotpFlowError } from '../contract/errors.ts'
import { ELEVATED_TOKEN_HEADER, type RouteName } from '../contract/routes.ts'
import { LINK_SCOPE, UNLINK_SCOPE, UPDATE_SCOPE } from '../contract/scopes.ts'
import { THROTTLE } from './attempts.ts'
import type { BodyOf } from './bodies.ts'
import { MFA_OWED, type Session, type User } from './claims.ts'
import { identify } from './identify.ts'
import { keyUri, matchStep, newSecret } from './otp.ts'
import { elevationProof, requireElevationProof, requireProof } from './proof.ts'
import { hashRecoveryCode, hashUnprovenCode, newRecoveryCodes } from './recovery.ts'
import { locked, refused, throttled, verdict } from './refusal.ts'
import { MULTI_USE_SECONDS, SINGLE_USE_SECONDS } from './scope-policy.ts'
import { boundToDevice, hashToken, randomToken } from './secrets.ts'
import type { Call, Service } from './service.ts'
import type { Proof, RecoveryAttempt, StoredDevice, StoredMfaToken } from './store/store.ts'
import { LONGEST_SESSION_MS } from './tokens.ts'

/** For so long after enrollment, recovery codes that were not acknowledged can be made anew on the strength of that code. */
const ENROLLMENT_IS_FRESH_MS = 5 * 60_000

/** One handler per route, in the order of routes.ts. `undefined` answers 204. */
const handlers = {
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
      mfa: { enabled: true, required: service.mfaRequired, methods: [{ type: 'totp', enabled: true }] },
    },
    networks: [],
  }),

  getNonces: () => ({ nonces: Array.from({ length: 5 }, randomToken) }),

  async signInWithExternalJwt({ service, body }: Call<BodyOf<'signInWithExternalJwt'>>) {
    const user = await identify(service.identity, body.jwt)
    if (!user) throw new TotpFlowError('invalid_external_auth')
    const device = await service.store.find(user.userId)
    service.audit({ type: 'signed_in', userId: user.userId })
    return sessionAnswer(service, user, service.tokens.newSession(), device)
  },

  async refreshAuth(call: Call) {
    const { service, user } = call
    return sessionAnswer(service, user, sessionOf(call), await service.store.find(user.userId))
  },

  async revokeSession({ service, user, session }: Call) {
    if (!session) {
      const message = 'Only a session that began here can be ended here; the host ends its own.'
      throw new TotpFlowError('bad_request', { message })
    }
    // A session ends 30 days after sign-in at the latest; by then no token of it is good for anything.
    await service.store.consumeToken({ jti: session.id, expiresAt: session.signedInAt + LONGEST_SESSION_MS })
    service.audit({ type: 'signed_out', userId: user.userId })
  },

  async getUser({ service, user, session }: Call) {
    return publicUser(service, user, session, await service.store.find(user.userId))
  },

  async acknowledgeRecoveryCodes(call: Call) {
    const { service, user } = call
    await service.store.acknowledgeRecoveryCodes(user.userId)
    service.audit({ type: 'recovery_codes_acknowledged', userId: user.userId })
    const device = await service.store.find(user.userId)
    return { ...(await sessionAnswer(service, user, sessionOf(call), device)), nextView: 'done' }
  },

  async getMfaDevices({ service, user }: Call) {
    const device = await service.store.find(user.userId)
    return { count: device ? 1 : 0, devices: device ? [publicDevice(device)] : [] }
  },

  async getMfaMethods({ service, user }: Call) {
    const device = await service.store.find(user.userId)
    const devices = device?.verifiedAt ? [publicDevice(device)] : []
    return { devices, passkeys: [], userHasVerifiedMfaMethods: devices.length > 0 }
  },

  async registerTotpMfaDevice(call: Call) {
    const { service, user } = call
    const { store, secrets, issuer, now, stepUp } = service
    const proof: Proof = stepUp.register === 'required' ? await requireElevationProof(call, LINK_SCOPE) : null
    const id = crypto.randomUUID()
    const secret = newSecret()
    const sealedSecret = await secrets.seal(secret, boundToDevice({ userId: user.userId, id }))
    const device = { id, userId: user.userId, sealedSecret, createdAt: now() }
    const uri = keyUri({ issuer, account: user.account, secret })
    const outcome = await store.addPendingDevice(device, proof, now())
    if (outcome === 'device_limit') throw refused(call, 'device_limit')
    if (outcome === 'proof_refused') throw refused(call, 'elevation_required')
    service.audit({ type: 'registered', userId: user.userId, deviceId: id })
    return { id, type: 'totp', secret, uri }
  },

  authenticateTotpMfaDevice: verifyCode,

  async authenticateMfaRecoveryCode(call: Call<BodyOf<'authenticateMfaRecoveryCode'>>) {
    const { service, user, body } = call
    const { store, secrets, now } = service
    checkReward(service, body)
    const device = await store.find(user.userId)
    if (!device?.verifiedAt) throw refused(call, 'no_device')
    if (device.recoveryThrottle.retryAt > now()) throw throttled(call, device.recoveryThrottle.retryAt)
    if (device.recoveryThrottle.failures >= THROTTLE.ceiling) throw locked(call)

    const secret = await secrets.open(device.sealedSecret, boundToDevice(device))
    const reward = await makeReward(call, body, device, now())
    const result = await store.attemptRecovery({
      userId: user.userId,
      deviceId: device.id,
      now: now(),
      throttle: THROTTLE,
      ...(await recoveryHashes(call, device, secret)),
      ...(reward.mfaTokenRow && { mfaToken: reward.mfaTokenRow }),
    })
    if (result.outcome !== 'accepted') throw verdict(call, result)
    service.audit({ type: 'recovered', userId: user.userId, deviceId: device.id, left: result.left })
    return { ...reward.answer, deviceId: device.id, recoveryCodesLeft: result.left }
  },

  async getMfaRecoveryCodes({ service, user }: Call) {
    const device = await service.store.find(user.userId)
    const count = device?.verifiedAt ? await service.store.recoveryCodesLeft(device.id) : 0
    return { count, recoveryCodes: [], acknowledged: device?.recoveryAcknowledged ?? false }
  },

  async createNewMfaRecoveryCodes(call: Call) {
    const { service, user } = call
    const { store, secrets, now } = service
    const device = await store.find(user.userId)
    if (!device?.verifiedAt) throw refused(call, 'no_device')
    const isUnproven = isFreshlyEnrolled(call, device)
    const proof = isUnproven ? null : await requireProof(call, UPDATE_SCOPE, device)
    const secret = await secrets.open(device.sealedSecret, boundToDevice(device))
    const recoveryCodes = newRecoveryCodes()
    const hash = isUnproven ? hashUnprovenCode : hashRecoveryCode
    const hashes = await Promise.all(recoveryCodes.map((code) => hash(secret, code)))
    const act = { userId: user.userId, deviceId: device.id, now: now(), proof }
    const outcome = await store.replaceRecoveryCodes(act, hashes)
    if (outcome !== 'replaced') throw refused(call, outcome === 'no_device' ? 'no_device' : 'proof_required')
    service.audit({ type: 'recovery_codes_made', userId: user.userId, deviceId: device.id })
    return { count: recoveryCodes.length, recoveryCodes, acknowledged: false }
  },

  /** One device per user, so the choice is made already; who names another is told so. */
  async setDefaultMfaDevice(call: Call) {
    const device = await call.service.store.find(call.user.userId)
    if (!device?.verifiedAt || device.id !== call.deviceId) throw refused(call, 'no_device')
    return publicDevice(device)
  },

  async deleteMfaDevice(call: Call) {
    const { service, user, deviceId } = call
    const device = await service.store.find(user.userId)
    if (device?.id !== deviceId) throw refused(call, 'no_device')
    const proof = await requireProof(call, UNLINK_SCOPE, device)
    const now = service.now()
    const outcome = await service.store.removeDevice({ userId: user.userId, deviceId, now, proof })
    if (outcome === 'no_device') throw refused(call, 'no_device')
    if (outcome === 'proof_refused') throw refused(call, 'proof_required')
    service.audit({ type: 'deleted', userId: user.userId, deviceId })
  },

  async checkStepUpAuth(call: Call<BodyOf<'checkStepUpAuth'>>) {
    const { service, user, body, headers } = call
    service.tokens.checkScopes([body.scope])
    const device = await service.store.find(user.userId)
    // Registering follows a removal, so what the device before won may pay for it.
    const actedOn = body.scope === LINK_SCOPE ? undefined : device
    const proof = headers.get(ELEVATED_TOKEN_HEADER)
      ? await elevationProof(call, body.scope, actedOn).catch(unusableIsNone)
      : undefined
    const isSpent = proof && 'jti' in proof ? await service.store.isConsumed(proof.jti) : false
    const credentials = device?.verifiedAt ? [{ id: device.id, format: 'totp', type: 'totp' }] : []
    return {
      isRequired: proof === undefined || isSpent,
      credentials,
      ...(credentials[0] && { defaultCredentialId: credentials[0].id }),
    }
  },
} satisfies Record<RouteName, (call: never) => unknown>

/** Takes the body that its route has; the compiler does not follow a name through a table. */
export const handlerOf = (name: RouteName) => handlers[name] as (call: Call) => unknown

async function verifyCode(call: Call<BodyOf<'authenticateTotpMfaDevice'>>): Promise<Record<string, unknown>> {
  const { service, user, body } = call
  const { store, secrets, now } = service
  checkReward(service, body)
  const device = await store.find(user.userId)
  if (!device) throw refused(call, 'no_device')
  if (body.id !== undefined && body.id !== device.id) throw refused(call, 'device_replaced')
  if (device.throttle.retryAt > now()) throw throttled(call, device.throttle.retryAt)
  if (device.verifiedAt !== null && device.throttle.failures >= THROTTLE.ceiling) throw locked(call)

  const secret = await secrets.open(device.sealedSecret, boundToDevice(device))
  const at = now()
  const step = matchStep({ secret, code: body.code, now: at })
  // Made before the code is spent, so that a failing key costs nobody a code; and for a wrong one too, so that among many
  // guesses at once the right one does not show by the time it takes. Handed out only if it is accepted.
  const reward = await makeReward(call, body, device, at)
  const recoveryCodes = device.verifiedAt === null ? newRecoveryCodes() : []
  const result = await store.attempt({
    userId: user.userId,
    deviceId: device.id,
    now: at,
    throttle: THROTTLE,
    step,
    recoveryHashes: await Promise.all(recoveryCodes.map((code) => hashRecoveryCode(secret, code))),
    ...(reward.mfaTokenRow && { mfaToken: reward.mfaTokenRow }),
  })
  // Replaced while we looked, and the caller named none: it is the new one that the code is for, or not.
  if (result.outcome === 'gone' && body.id === undefined) return verifyCode(call)
  if (result.outcome !== 'accepted') throw verdict(call, result)
  const type = result.enrolled ? 'enrolled' : 'verified'
  service.audit({ type, userId: user.userId, deviceId: device.id })
  return { ...reward.answer, deviceId: device.id, ...(result.enrolled && { recoveryCodes }) }
}

function unusableIsNone(error: unknown): undefined {
  if (error instanceof TotpFlowError && error.status === 401) return undefined
  throw error
}

type RewardBody = Pick<BodyOf<'authenticateTotpMfaDevice'>, 'requestedScopes' | 'createMfaToken'>

/** What may not be asked for is refused before the code is looked at, so that the code stays good. */
function checkReward(
  { tokens, stepUp }: Service,
  { requestedScopes = [], createMfaToken }: RewardBody,
): void {
  tokens.checkScopes(requestedScopes)
  if (createMfaToken && stepUp.delete === 'elevation') throw new TotpFlowError('mfa_token_disabled')
}

/** What a right code is exchanged for: a session that owes nothing, and what was asked for. */
async function makeReward(
  call: Call,
  { requestedScopes = [], createMfaToken }: RewardBody,
  device: StoredDevice,
  verifiedAt: number,
) {
  const { service, user } = call
  const session = { ...sessionOf(call), verifiedAt, mfaOwed: false }
  const elevatedAccessToken =
    requestedScopes.length > 0
      ? await service.tokens.mintElevated(user, requestedScopes, device.id)
      : undefined
  const mfaToken = createMfaToken && randomToken()
  return {
    mfaTokenRow: mfaToken && (await mfaTokenRow(service, user, mfaToken, createMfaToken?.singleUse)),
    answer: {
      ...(await sessionAnswer(service, user, session, {
        ...device,
        verifiedAt: device.verifiedAt ?? verifiedAt,
      })),
      ...(elevatedAccessToken && { elevatedAccessToken }),
      ...(mfaToken && { mfaToken }),
    },
  }
}

/** `singleUse` is Dynamic's word for how long it lasts; ours is spent by its first use in either case. */
async function mfaTokenRow(
  { now }: Service,
  { userId }: User,
  token: string,
  singleUse = false,
): Promise<StoredMfaToken> {
  const seconds = singleUse ? SINGLE_USE_SECONDS : MULTI_USE_SECONDS
  return { hash: await hashToken(token), userId, expiresAt: now() + seconds * 1000 }
}

const sessionOf = ({ service, session }: Call): Session => session ?? service.tokens.newSession()

async function sessionAnswer(service: Service, user: User, session: Session, device: StoredDevice | null) {
  const { jwt, expiresAt } = await service.tokens.mintSession(user, session)
  return { user: publicUser(service, user, session, device), minifiedJwt: jwt, jwt, expiresAt }
}

const publicUser = (
  { environmentId, mfaRequired }: Service,
  { userId, account }: User,
  session: Session | null,
  device: StoredDevice | null,
) => ({
  id: userId,
  projectEnvironmentId: environmentId,
  verifiedCredentials: [],
  missingFields: [],
  email: account,
  ...(session && { sessionId: session.id }),
  ...((session?.mfaOwed ?? mfaRequired) && { scope: MFA_OWED }),
  ...(device?.verifiedAt && {
    mfaBackupCodeAcknowledgement: device.recoveryAcknowledged ? 'complete' : 'pending',
  }),
})

const publicDevice = ({ id, createdAt, verifiedAt }: StoredDevice) => ({
  id,
  type: 'totp',
  verified: verifiedAt !== null,
  createdAt: new Date(createdAt).toISOString(),
  ...(verifiedAt !== null && { verifiedAt: new Date(verifiedAt).toISOString() }),
  default: verifiedAt !== null,
})

/**
 * What the code may be stored as. Codes that were made without a proof win nothing in a session that is older than the
 * enrollment, not even further guesses at the authenticator's: whoever stole that session could have made them.
 */
async function recoveryHashes(
  { session, body }: Call<BodyOf<'authenticateMfaRecoveryCode'>>,
  { verifiedAt }: StoredDevice,
  secret: string,
): Promise<Pick<RecoveryAttempt, 'hashes' | 'forgiving'>> {
  const wins = body.requestedScopes !== undefined || body.createMfaToken !== undefined
  const isOlder = session !== null && session.signedInAt <= (verifiedAt ?? 0)
  const proven = await hashRecoveryCode(secret, body.code)
  const all = [proven, await hashUnprovenCode(secret, body.code)]
  return { hashes: wins && isOlder ? [proven] : all, forgiving: isOlder ? [proven] : all }
}

/** In the session that enrolled, within minutes of it, as long as nobody said that the codes are kept. */
const isFreshlyEnrolled = ({ service, session }: Call, device: StoredDevice) =>
  !device.recoveryAcknowledged &&
  device.verifiedAt !== null &&
  service.now() - device.verifiedAt < ENROLLMENT_IS_FRESH_MS &&
  session?.verifiedAt === Math.floor(device.verifiedAt / 1000) * 1000
