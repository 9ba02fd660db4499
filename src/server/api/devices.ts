import { LINK_SCOPE, UNLINK_SCOPE } from '../../contract/scopes.ts'
import { keyUri, newSecret } from '../codes/totp.ts'
import { deviceSecretAad } from '../crypto/secrets.ts'
import type { Proof } from '../store/store.ts'
import { isRecent } from '../tokens/recency.ts'
import { gateOf } from './authenticate.ts'
import { proofless, requireElevationProof, requireProof } from './proof.ts'
import { publicDevice } from './public-answers.ts'
import { refused } from './refusal.ts'
import type { Call } from './service.ts'

/** How long ago the sign-in may be where registering takes a recent one. */
const SIGN_IN_IS_RECENT_MS = 5 * 60_000

export function getMfaDevices({ service, session, device }: Call) {
  const gate = gateOf(service, { session, device })
  return {
    count: device ? 1 : 0,
    devices: device ? [publicDevice(device)] : [],
    ...(gate && {
      gate: gate.state,
      ...(gate.enrollBy !== undefined && { enrollBy: new Date(gate.enrollBy).toISOString() }),
    }),
  }
}

export function getMfaMethods({ device }: Call) {
  const devices = device?.verifiedAt ? [publicDevice(device)] : []
  return { devices, passkeys: [], userHasVerifiedMfaMethods: devices.length > 0 }
}

export async function registerTotpMfaDevice(call: Call) {
  const { service, user, age } = call
  const { store, secrets, issuer, now, stepUp } = service
  if (call.device?.verifiedAt) throw refused(call, 'device_limit')
  if (stepUp.register === 'recent-sign-in') requireRecentSignIn(call)
  const proof: Proof = stepUp.register === 'required' ? await requireElevationProof(call, LINK_SCOPE) : null
  const id = crypto.randomUUID()
  const secret = newSecret()
  const sealedSecret = await secrets.seal(secret, deviceSecretAad({ userId: user.userId, id }))
  const device = { id, userId: user.userId, sealedSecret, createdAt: now() }
  const uri = keyUri({ issuer, account: user.account, secret })
  const outcome = await store.addPendingDevice(device, proof, now(), proofless(service, age))
  if (outcome === 'device_limit') throw refused(call, 'device_limit')
  if (outcome === 'session_too_old') throw refused(call, 'reauthentication_required')
  if (outcome === 'proof_refused') throw refused(call, 'elevation_required')
  call.audit({ type: 'registered', userId: user.userId, deviceId: id })
  return { id, type: 'totp', secret, uri }
}

/** There is one device per user, so an id that names another is refused. */
export function setDefaultMfaDevice(call: Call) {
  const { device } = call
  if (!device?.verifiedAt || device.id !== call.deviceId) throw refused(call, 'no_device')
  return publicDevice(device)
}

export async function deleteMfaDevice(call: Call) {
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
}

/** Where the host does not say when the user signed in, the credential proves nothing recent. */
function requireRecentSignIn(call: Call): void {
  const { service, authenticatedAt } = call
  if (isRecent(authenticatedAt, SIGN_IN_IS_RECENT_MS, service.now())) return
  throw refused(call, 'reauthentication_required')
}
