import { hashRecoveryCode, newRecoveryCodes } from '../codes/recovery-codes.ts'
import { THROTTLE } from '../codes/throttle-policy.ts'
import { matchStep } from '../codes/totp.ts'
import { deviceSecretAad } from '../crypto/secrets.ts'
import { mayRegister } from '../store/session-rules.ts'
import { waitsUntil } from '../store/throttle.ts'
import { lookAgain } from './authenticate.ts'
import type { BodyOf } from './bodies.ts'
import { checkGrant, makeGrant, type RequestedGrantBody, reserveOf } from './grant.ts'
import { proofless } from './proof.ts'
import { locked, refused, throttled, verdict } from './refusal.ts'
import type { Call } from './service.ts'

export async function authenticateTotpMfaDevice(
  call: Call<BodyOf<'authenticateTotpMfaDevice'>>,
): Promise<Record<string, unknown>> {
  const { service, user, body, device, age, rules } = call
  const { store, secrets, now } = service
  checkGrant(service, body)
  if (!device) throw refused(call, 'no_device')
  if (body.id !== undefined && body.id !== device.id) throw refused(call, 'device_replaced')
  const isPending = device.verifiedAt === null
  if (isPending) checkEnrollment(call, rules)
  const reserve = reserveOf(call, device)
  const retryAt = waitsUntil(device.throttle, THROTTLE, now())
  if (!reserve && retryAt !== null) throw throttled(call, retryAt)
  if (!reserve && !isPending && device.throttle.failures >= THROTTLE.ceiling) throw locked(call)

  const secret = await secrets.open(device.sealedSecret, deviceSecretAad(device))
  const at = now()
  const step = matchStep({ secret, code: body.code, now: at })
  // Made before the code is consumed, so that a failing key costs nobody a code. Made for wrong codes too, so that timing does not
  // reveal a right one among many guesses. Handed out only if the code is accepted.
  const grant = await makeGrant(
    call,
    body,
    { id: device.id, device: { ...device, verifiedAt: device.verifiedAt ?? at } },
    at,
  )
  const recoveryCodes = isPending ? newRecoveryCodes() : []
  const result = await store.attempt({
    userId: user.userId,
    deviceId: device.id,
    now: at,
    throttle: THROTTLE,
    step,
    isPending,
    recoveryHashes: await Promise.all(recoveryCodes.map((code) => hashRecoveryCode(secret, code))),
    session: proofless(service, age),
    ...(reserve && { reserve }),
    ...(grant.mfaTokenRow && { mfaToken: grant.mfaTokenRow }),
  })
  // The device was replaced meanwhile and the caller named none, so the code is checked against the new one.
  if (result.outcome === 'gone' && body.id === undefined)
    return authenticateTotpMfaDevice(await lookAgain(call))
  if (result.outcome !== 'accepted') throw verdict(call, result)
  const type = result.enrolled ? 'enrolled' : 'verified'
  call.audit({ type, userId: user.userId, deviceId: device.id })
  if (grant.mfaTokenRow) await lookAgain(call) // the token names no generation, so it would outlive sessions that ended meanwhile
  return { ...grant.answer, deviceId: device.id, ...(result.enrolled && { recoveryCodes }) }
}

/** An enrollment requires a session that could have begun it, and may grant no more than the policy allows. */
function checkEnrollment(call: Call<RequestedGrantBody>, rules: Call['rules']): void {
  if (!mayRegister(proofless(call.service, call.age), rules)) throw refused(call, 'reauthentication_required')
  if (call.service.stepUp.enrollment === 'requested-scopes') return
  if (call.body.requestedScopes) throw refused(call, 'scope_not_allowed')
  if (call.body.createMfaToken) throw refused(call, 'mfa_token_disabled')
}
