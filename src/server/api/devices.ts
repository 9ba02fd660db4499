import { UNLINK_SCOPE } from '../../contract/scopes.ts'
import { keyUri, newSecret } from '../codes/totp.ts'
import { deviceSecretAad } from '../crypto/secrets.ts'
import { gateOf } from './authenticate.ts'
import { hasFactor } from './factors.ts'
import { requireProof } from './proof.ts'
import { publicDevice, publicPasskey } from './public-answers.ts'
import { refused } from './refusal.ts'
import { proofToRegister } from './registering.ts'
import type { Call } from './service.ts'

export function getMfaDevices(call: Call) {
  const { device } = call
  const gate = gateOf(call.service, call)
  return {
    count: device ? 1 : 0,
    devices: device ? [publicDevice(device)] : [],
    ...(gate && {
      gate: gate.state,
      ...(gate.enrollBy !== undefined && { enrollBy: new Date(gate.enrollBy).toISOString() }),
    }),
  }
}

export async function getMfaMethods(call: Call) {
  const { service, user, device, passkeyIds } = call
  const devices = device?.verifiedAt ? [publicDevice(device)] : []
  const passkeys = passkeyIds.length > 0 ? await service.store.passkeysOf(user.userId) : []
  return { devices, passkeys: passkeys.map(publicPasskey), userHasVerifiedMfaMethods: hasFactor(call) }
}

export async function registerTotpMfaDevice(call: Call) {
  const { service, user } = call
  const { store, secrets, issuer, now } = service
  if (call.device?.verifiedAt) throw refused(call, 'device_limit')
  const { proof, session } = await proofToRegister(call)
  const id = crypto.randomUUID()
  const secret = newSecret()
  const sealedSecret = await secrets.seal(secret, deviceSecretAad({ userId: user.userId, id }))
  const device = { id, userId: user.userId, sealedSecret, createdAt: now() }
  const uri = keyUri({ issuer, account: user.account, secret })
  const outcome = await store.addPendingDevice(device, proof, now(), session)
  if (outcome === 'device_limit') throw refused(call, 'device_limit')
  if (outcome === 'session_too_old') throw refused(call, 'reauthentication_required')
  if (outcome === 'proof_refused') throw refused(call, 'elevation_required')
  call.audit({ type: 'registered', userId: user.userId, deviceId: id })
  return { id, type: 'totp', secret, uri }
}

/** A user has one device, so any other id is rejected. */
export function setDefaultMfaDevice(call: Call) {
  const { device } = call
  if (!device?.verifiedAt || device.id !== call.deviceId) throw refused(call, 'no_device')
  return publicDevice(device)
}

export async function deleteMfaDevice(call: Call) {
  const { service, user, deviceId, device, age } = call
  if (device?.id !== deviceId) throw refused(call, 'no_device')
  const proof = await requireProof(call, UNLINK_SCOPE)
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
