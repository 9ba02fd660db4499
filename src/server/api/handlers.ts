import { TotpFlowError } from '../../contract/errors.ts'
import { LINK_SCOPE, UNLINK_SCOPE, UPDATE_SCOPE } from '../../contract/scopes.ts'
import { ELEVATED_TOKEN_HEADER, type RouteName } from '../../contract/wire/routes.ts'
import { hashRecoveryCode, hashUnprovenCode, newRecoveryCodes } from '../codes/recovery-codes.ts'
import { THROTTLE } from '../codes/throttle-policy.ts'
import { keyUri, matchStep, newSecret } from '../codes/totp.ts'
import { boundToDevice, hashToken, randomToken } from '../crypto/secrets.ts'
import { identify } from '../identity/identify.ts'
import { isOver, mayRegister } from '../store/session-rules.ts'
import type { Proof, RecoveryAttempt, SessionAge, StoredDevice, StoredMfaToken } from '../store/store.ts'
import { waitsUntil } from '../store/throttle.ts'
import { MFA_OWED, type Session, type User } from '../tokens/claims.ts'
import { MULTI_USE_SECONDS, SINGLE_USE_SECONDS } from '../tokens/scope-policy.ts'
import { LONGEST_SESSION_TOKEN_MS } from '../tokens/tokens.ts'
import { ageOfHost, isRecent, newSession } from './authenticate.ts'
import type { BodyOf } from './bodies.ts'
import { elevationProof, requireElevationProof, requireProof } from './proof.ts'
import { locked, refused, throttled, verdict } from './refusal.ts'
import type { Call, Service } from './service.ts'

/** For so long after enrollment, recovery codes that were not acknowledged can be made anew on the strength of that code. */
const ENROLLMENT_IS_FRESH_MS = 5 * 60_000
/** How long ago the sign-in may be where registering takes a recent one. */
const SIGN_IN_IS_RECENT_MS = 5 * 60_000

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
      mfa: { enabled: true, required: service.mfa.required, methods: [{ type: 'totp', enabled: true }] },
    },
    networks: [],
  }),

  getNonces: () => ({ nonces: Array.from({ length: 5 }, randomToken) }),

  async signInWithExternalJwt({ service, audit, body }: Call<BodyOf<'signInWithExternalJwt'>>) {
    const user = await identify(service.identity, body.jwt)
    if (!user) throw new TotpFlowError('invalid_external_auth')
    const { userId, authenticatedAt = null } = user
    const { device, rules } = await service.store.standing(userId, null)
    const age = ageOfHost(user, rules, service.now())
    if (isOver({ ...age, begunAt: age.generation }, rules)) throw new TotpFlowError('invalid_external_auth')
    const session = newSession(service, rules, { age, authenticatedAt })
    audit({ type: 'signed_in', userId })
    return sessionAnswer(service, user, session, device)
  },

  refreshAuth(call: Call) {
    const { service, user, device } = call
    return sessionAnswer(service, user, sessionOf(call), device)
  },

  async revokeSession({ service, user, session, audit }: Call) {
    if (!session) {
      const message = 'Only a session that began here can be ended here; the host ends its own.'
      throw new TotpFlowError('bad_request', { message })
    }
    await service.store.consumeToken({
      jti: session.id,
      expiresAt: service.now() + LONGEST_SESSION_TOKEN_MS,
    })
    audit({ type: 'signed_out', userId: user.userId })
  },

  getUser: ({ service, user, session, device }: Call) => publicUser(service, user, session, device),

  async acknowledgeRecoveryCodes(call: Call) {
    const { service, user, session, device } = call
    if (device?.verifiedAt && session?.mfaOwed) throw refused(call, 'proof_required')
    await service.store.acknowledgeRecoveryCodes(user.userId)
    call.audit({ type: 'recovery_codes_acknowledged', userId: user.userId })
    const kept = device && { ...device, recoveryAcknowledged: device.verifiedAt !== null }
    return { ...(await sessionAnswer(service, user, sessionOf(call), kept)), nextView: 'done' }
  },

  getMfaDevices: ({ device }: Call) => ({
    count: device ? 1 : 0,
    devices: device ? [publicDevice(device)] : [],
  }),

  getMfaMethods({ device }: Call) {
    const devices = device?.verifiedAt ? [publicDevice(device)] : []
    return { devices, passkeys: [], userHasVerifiedMfaMethods: devices.length > 0 }
  },

  async registerTotpMfaDevice(call: Call) {
    const { service, user, age } = call
    const { store, secrets, issuer, now, stepUp } = service
    if (call.device?.verifiedAt) throw refused(call, 'device_limit')
    if (stepUp.register === 'recent-sign-in') requireRecentSignIn(call)
    const proof: Proof = stepUp.register === 'required' ? await requireElevationProof(call, LINK_SCOPE) : null
    const id = crypto.randomUUID()
    const secret = newSecret()
    const sealedSecret = await secrets.seal(secret, boundToDevice({ userId: user.userId, id }))
    const device = { id, userId: user.userId, sealedSecret, createdAt: now() }
    const uri = keyUri({ issuer, account: user.account, secret })
    const outcome = await store.addPendingDevice(device, proof, now(), proofless(service, age))
    if (outcome === 'device_limit') throw refused(call, 'device_limit')
    if (outcome === 'session_too_old') throw refused(call, 'reauthentication_required')
    if (outcome === 'proof_refused') throw refused(call, 'elevation_required')
    call.audit({ type: 'registered', userId: user.userId, deviceId: id })
    return { id, type: 'totp', secret, uri }
  },

  authenticateTotpMfaDevice: verifyCode,

  async authenticateMfaRecoveryCode(call: Call<BodyOf<'authenticateMfaRecoveryCode'>>) {
    const { service, user, body, device } = call
    const { store, secrets, now } = service
    checkReward(service, body)
    if (!device?.verifiedAt) throw refused(call, 'no_device')
    const reserve = reserveOf(call, device)
    const retryAt = waitsUntil(device.recoveryThrottle, THROTTLE, now())
    if (!reserve && retryAt !== null) throw throttled(call, retryAt)
    if (!reserve && device.recoveryThrottle.failures >= THROTTLE.ceiling) throw locked(call)

    const secret = await secrets.open(device.sealedSecret, boundToDevice(device))
    const reward = await makeReward(call, body, device, now())
    const result = await store.attemptRecovery({
      userId: user.userId,
      deviceId: device.id,
      now: now(),
      throttle: THROTTLE,
      ...(await recoveryHashes(call, device, secret)),
      ...(reserve && { reserve }),
      ...(reward.mfaTokenRow && { mfaToken: reward.mfaTokenRow }),
    })
    if (result.outcome !== 'accepted') throw verdict(call, result)
    call.audit({ type: 'recovered', userId: user.userId, deviceId: device.id, left: result.left })
    // What was made without a proof verifies no session that is older than the enrollment, nor keeps one verified.
    const answer = result.forgave
      ? reward.answer
      : await sessionAnswer(service, user, sessionOf(call), device)
    return { ...answer, deviceId: device.id, recoveryCodesLeft: result.left }
  },

  async getMfaRecoveryCodes({ service, device }: Call) {
    const count = device?.verifiedAt ? await service.store.recoveryCodesLeft(device.id) : 0
    return { count, recoveryCodes: [], acknowledged: device?.recoveryAcknowledged ?? false }
  },

  async createNewMfaRecoveryCodes(call: Call) {
    const { service, user, device } = call
    const { store, secrets, now } = service
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
    call.audit({ type: 'recovery_codes_made', userId: user.userId, deviceId: device.id })
    return { count: recoveryCodes.length, recoveryCodes, acknowledged: false }
  },

  /** One device per user, so the choice is made already; who names another is told so. */
  setDefaultMfaDevice(call: Call) {
    const { device } = call
    if (!device?.verifiedAt || device.id !== call.deviceId) throw refused(call, 'no_device')
    return publicDevice(device)
  },

  async deleteMfaDevice(call: Call) {
    const { service, user, deviceId, device, age } = call
    if (device?.id !== deviceId) throw refused(call, 'no_device')
    const proof = await requireProof(call, UNLINK_SCOPE, device)
    const outcome = await service.store.removeDevice({
      userId: user.userId,
      deviceId,
      now: service.now(),
      proof,
      sessionId: age.id,
      endsOthers: service.removalEndsOthers,
    })
    if (outcome === 'no_device') throw refused(call, 'no_device')
    if (outcome === 'proof_refused') throw refused(call, 'proof_required')
    call.audit({ type: 'deleted', userId: user.userId, deviceId })
  },

  async checkStepUpAuth(call: Call<BodyOf<'checkStepUpAuth'>>) {
    const { service, body, headers, device } = call
    service.tokens.checkScopes([body.scope])
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
  const { service, user, body, device, age, rules } = call
  const { store, secrets, now } = service
  checkReward(service, body)
  if (!device) throw refused(call, 'no_device')
  if (body.id !== undefined && body.id !== device.id) throw refused(call, 'device_replaced')
  const isPending = device.verifiedAt === null
  if (isPending) checkEnrollment(call, rules)
  const reserve = reserveOf(call, device)
  const retryAt = waitsUntil(device.throttle, THROTTLE, now())
  if (!reserve && retryAt !== null) throw throttled(call, retryAt)
  if (!reserve && !isPending && device.throttle.failures >= THROTTLE.ceiling) throw locked(call)

  const secret = await secrets.open(device.sealedSecret, boundToDevice(device))
  const at = now()
  const step = matchStep({ secret, code: body.code, now: at })
  // Made before the code is spent, so that a failing key costs nobody a code; and for a wrong one too, so that among many
  // guesses at once the right one does not show by the time it takes. Handed out only if it is accepted.
  const reward = await makeReward(call, body, device, at)
  const recoveryCodes = isPending ? newRecoveryCodes() : []
  const result = await store.attempt({
    userId: user.userId,
    deviceId: device.id,
    now: at,
    throttle: THROTTLE,
    step,
    recoveryHashes: await Promise.all(recoveryCodes.map((code) => hashRecoveryCode(secret, code))),
    session: proofless(service, age),
    ...(reserve && { reserve }),
    ...(reward.mfaTokenRow && { mfaToken: reward.mfaTokenRow }),
  })
  // Replaced while we looked, and the caller named none: it is the new one that the code is for, or not.
  if (result.outcome === 'gone' && body.id === undefined) return verifyCode(await lookAgain(call))
  if (result.outcome !== 'accepted') throw verdict(call, result)
  const type = result.enrolled ? 'enrolled' : 'verified'
  call.audit({ type, userId: user.userId, deviceId: device.id })
  return { ...reward.answer, deviceId: device.id, ...(result.enrolled && { recoveryCodes }) }
}

function unusableIsNone(error: unknown): undefined {
  if (error instanceof TotpFlowError && error.status === 401) return undefined
  throw error
}

/** The session may have ended, too, while a code of it was looked at. */
async function lookAgain(call: Call<BodyOf<'authenticateTotpMfaDevice'>>): Promise<typeof call> {
  const { service, user, session, age } = call
  const standing = await service.store.standing(user.userId, session?.id ?? null)
  const begunAt = session?.signedInAt ?? null
  if (standing.isEnded || isOver({ ...age, begunAt }, standing.rules))
    throw new TotpFlowError('unauthenticated')
  return { ...call, ...standing }
}

/** Whose age counts: where registering takes an elevation, whoever minted that has vouched for the session. */
const proofless = ({ stepUp }: Service, age: SessionAge) => (stepUp.register === 'required' ? undefined : age)

/** An enrollment takes a session that could have begun it, and may win no more than the policy lets it. */
function checkEnrollment(call: Call<RewardBody>, rules: Call['rules']): void {
  if (!mayRegister(proofless(call.service, call.age), rules)) throw refused(call, 'reauthentication_required')
  if (call.service.stepUp.enrollment === 'requested-scopes') return
  if (call.body.requestedScopes) throw refused(call, 'scope_not_allowed')
  if (call.body.createMfaToken) throw refused(call, 'mfa_token_disabled')
}

/** Where the host does not say when the user signed in, the credential proves nothing recent. */
function requireRecentSignIn(call: Call): void {
  const { service, authenticatedAt } = call
  if (isRecent(authenticatedAt, SIGN_IN_IS_RECENT_MS, service.now())) return
  throw refused(call, 'reauthentication_required')
}

/** The session, if the device was verified in it before: then others' wrong codes do not bar its own. */
const reserveOf = ({ session, hasFailed }: Call, device: StoredDevice) =>
  session?.verifiedBy === device.id ? { sessionId: session.id, hasFailed } : undefined

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
  const session = { ...sessionOf(call), verifiedAt, verifiedBy: device.id, mfaOwed: false }
  const won = { session, deviceId: device.id }
  const elevatedAccessToken =
    requestedScopes.length > 0 ? await service.tokens.mintElevated(user, requestedScopes, won) : undefined
  const mfaToken = createMfaToken && `${randomToken()}.${session.id}`
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

const sessionOf = (call: Call): Session => call.session ?? newSession(call.service, call.rules, call)

async function sessionAnswer(service: Service, user: User, session: Session, device: StoredDevice | null) {
  const { jwt, expiresAt } = await service.tokens.mintSession(user, session)
  return { user: publicUser(service, user, session, device), minifiedJwt: jwt, jwt, expiresAt }
}

const publicUser = (
  { environmentId, mfa }: Service,
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
  ...((session?.mfaOwed ?? mfa.required) && { scope: MFA_OWED }),
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
 * What the code may be stored as. Codes that were made without a proof win nothing for a sign-in that is older than the
 * enrollment, not even further guesses at the authenticator's: whoever stole its session could have made them.
 */
async function recoveryHashes(
  { authenticatedAt, body }: Call<BodyOf<'authenticateMfaRecoveryCode'>>,
  { verifiedAt }: StoredDevice,
  secret: string,
): Promise<Pick<RecoveryAttempt, 'hashes' | 'forgiving'>> {
  const wins = body.requestedScopes !== undefined || body.createMfaToken !== undefined
  const isOlder = authenticatedAt === null || authenticatedAt <= (verifiedAt ?? 0)
  const proven = await hashRecoveryCode(secret, body.code)
  const all = [proven, await hashUnprovenCode(secret, body.code)]
  return { hashes: wins && isOlder ? [proven] : all, forgiving: isOlder ? [proven] : all }
}

/** In the session that enrolled, within minutes of it, as long as nobody said that the codes are kept. */
const isFreshlyEnrolled = ({ service, session }: Call, device: StoredDevice) =>
  !device.recoveryAcknowledged &&
  device.verifiedAt !== null &&
  isRecent(device.verifiedAt, ENROLLMENT_IS_FRESH_MS - 1, service.now()) &&
  session?.verifiedBy === device.id &&
  session.signedInAt <= device.verifiedAt
