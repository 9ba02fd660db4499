import { UPDATE_SCOPE } from '../../contract/scopes.ts'
import { hashRecoveryCode, hashUnprovenCode, newRecoveryCodes } from '../codes/recovery-codes.ts'
import { THROTTLE } from '../codes/throttle-policy.ts'
import { deviceSecretAad } from '../crypto/secrets.ts'
import type { StoredDevice } from '../store/store.ts'
import { waitsUntil } from '../store/throttle.ts'
import { isRecent } from '../tokens/recency.ts'
import { lookAgain, owesFactor } from './authenticate.ts'
import type { BodyOf } from './bodies.ts'
import { checkGrant, makeGrant, reserveOf } from './grant.ts'
import { requireProof } from './proof.ts'
import { sessionAnswer, sessionOf } from './public-answers.ts'
import { locked, recoveryVerdict, refused, throttled } from './refusal.ts'
import type { Call } from './service.ts'

/** How long after an enrollment its code still allows replacing recovery codes that were not acknowledged. */
const ENROLLMENT_IS_FRESH_MS = 5 * 60_000
export async function authenticateMfaRecoveryCode(call: Call<BodyOf<'authenticateMfaRecoveryCode'>>) {
  const { service, user, body, device } = call
  const { store, secrets, now } = service
  checkGrant(service, body)
  if (!device?.verifiedAt) throw refused(call, 'no_device')
  const reserve = reserveOf(call, device)
  const retryAt = waitsUntil(device.recoveryThrottle, THROTTLE, now())
  if (!reserve && retryAt !== null) throw throttled(call, retryAt)
  if (!reserve && device.recoveryThrottle.failures >= THROTTLE.ceiling) throw locked(call)

  const secret = await secrets.open(device.sealedSecret, deviceSecretAad(device))
  const grant = await makeGrant(call, body, { id: device.id, device }, now())
  const result = await store.attemptRecovery({
    userId: user.userId,
    deviceId: device.id,
    now: now(),
    throttle: THROTTLE,
    hashes: await recoveryHashes(call, device, secret),
    ...(reserve && { reserve }),
    ...(grant.mfaTokenRow && { mfaToken: grant.mfaTokenRow }),
  })
  if (result.outcome !== 'accepted') throw recoveryVerdict(call, result)
  call.audit({ type: 'recovered', userId: user.userId, deviceId: device.id, left: result.left })
  if (grant.mfaTokenRow) await lookAgain(call)
  return { ...grant.answer, deviceId: device.id, recoveryCodesLeft: result.left }
}

export async function getMfaRecoveryCodes({ service, device }: Call) {
  const count = device?.verifiedAt ? await service.store.recoveryCodesLeft(device.id) : 0
  return { count, recoveryCodes: [], acknowledged: device?.recoveryAcknowledged ?? false }
}

export async function createNewMfaRecoveryCodes(call: Call) {
  const { service, user, device } = call
  const { store, secrets, now } = service
  if (!device?.verifiedAt) throw refused(call, 'no_device')
  const isUnproven = isFreshlyEnrolled(call, device)
  const proof = isUnproven ? null : await requireProof(call, UPDATE_SCOPE)
  const secret = await secrets.open(device.sealedSecret, deviceSecretAad(device))
  const recoveryCodes = newRecoveryCodes()
  const hash = isUnproven ? hashUnprovenCode : hashRecoveryCode
  const hashes = await Promise.all(recoveryCodes.map((code) => hash(secret, code)))
  const act = { userId: user.userId, deviceId: device.id, now: now(), proof }
  const outcome = await store.replaceRecoveryCodes(act, hashes)
  if (outcome !== 'replaced') throw refused(call, outcome === 'no_device' ? 'no_device' : 'proof_required')
  call.audit({ type: 'recovery_codes_made', userId: user.userId, deviceId: device.id })
  return { count: recoveryCodes.length, recoveryCodes, acknowledged: false }
}

export async function acknowledgeRecoveryCodes(call: Call) {
  const { service, user, device } = call
  if (device?.verifiedAt && owesFactor(call, service)) throw refused(call, 'proof_required')
  await service.store.acknowledgeRecoveryCodes(user.userId)
  call.audit({ type: 'recovery_codes_acknowledged', userId: user.userId })
  const kept = device && { ...device, recoveryAcknowledged: device.verifiedAt !== null }
  return {
    ...(await sessionAnswer(service, user, sessionOf(call), { ...call, device: kept })),
    nextView: 'done',
  }
}

/**
 * The hashes that the code may be stored under. Codes made without a proof are rejected in a session that signed in
 * before the enrollment: a thief of that session could have made them.
 */
async function recoveryHashes(
  { authenticatedAt, body }: Call<BodyOf<'authenticateMfaRecoveryCode'>>,
  { verifiedAt }: StoredDevice,
  secret: string,
): Promise<string[]> {
  const isOlder = authenticatedAt === null || authenticatedAt <= (verifiedAt ?? 0)
  const proven = await hashRecoveryCode(secret, body.code)
  return isOlder ? [proven] : [proven, await hashUnprovenCode(secret, body.code)]
}

/** Whether this is the session that enrolled, minutes ago, and the codes are not yet acknowledged. */
const isFreshlyEnrolled = ({ service, session }: Call, device: StoredDevice) =>
  !device.recoveryAcknowledged &&
  device.verifiedAt !== null &&
  isRecent(device.verifiedAt, ENROLLMENT_IS_FRESH_MS - 1, service.now()) &&
  session?.verifiedBy === device.id &&
  session.signedInAt <= device.verifiedAt
