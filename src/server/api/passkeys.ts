import { UNLINK_SCOPE } from '../../contract/scopes.ts'
import type { CeremonyOptions } from '../../contract/wire/passkey-routes.ts'
import { toBase64Url } from '../crypto/base64.ts'
import type { Passkeys } from '../passkeys/passkeys.ts'
import { lookAgain, owesFactor } from './authenticate.ts'
import type { BodyOf } from './bodies.ts'
import { type Ceremony, consumeChallenge, newChallenge, openChallenge } from './challenges.ts'
import { hasFactor } from './factors.ts'
import { checkGrant, makeGrant } from './grant.ts'
import { requireProof } from './proof.ts'
import { publicPasskey } from './public-answers.ts'
import { refused } from './refusal.ts'
import { proofToRegister } from './registering.ts'
import type { Call } from './service.ts'

export async function getUserPasskeys({ service, user }: Call) {
  const passkeys = await service.store.passkeysOf(user.userId)
  return { passkeys: passkeys.map(publicPasskey), count: passkeys.length }
}

/** Renaming needs no proof, but a session that still owes a factor is not trusted with it. */
export async function updatePasskey(call: Call<BodyOf<'updatePasskey'>>) {
  const { service, user, body } = call
  if (owesFactor(call, service)) throw refused(call, 'proof_required')
  const { id, alias } = body
  if (!call.passkeyIds.includes(id)) throw refused(call, 'no_passkey')
  const isRenamed = await service.store.renamePasskey({ userId: user.userId, id, alias })
  const passkey = (await service.store.passkeysOf(user.userId)).find((one) => one.id === id)
  if (!isRenamed || !passkey) throw refused(call, 'no_passkey')
  call.audit({ type: 'passkey_renamed', userId: user.userId, passkeyId: id })
  return publicPasskey(passkey)
}

export async function deletePasskey(call: Call<BodyOf<'deletePasskey'>>): Promise<undefined> {
  const { service, user, body, age } = call
  const { passkeyId } = body
  if (!call.passkeyIds.includes(passkeyId)) throw refused(call, 'no_passkey')
  const proof = await requireProof(call, UNLINK_SCOPE)
  const outcome = await service.store.removePasskey({
    userId: user.userId,
    passkeyId,
    now: service.now(),
    proof,
    sessionId: age.id,
    endsOthers: service.removalEndsOthers,
  })
  if (outcome === 'no_passkey') throw refused(call, 'no_passkey')
  if (outcome === 'proof_refused') throw refused(call, 'proof_required')
  call.audit({ type: 'passkey_removed', userId: user.userId, passkeyId })
}

export async function getPasskeyRegistrationOptions(call: Call): Promise<CeremonyOptions> {
  const { service, user } = call
  const { limit, registrationOptions } = relyingParty(call)
  const held = await service.store.passkeysOf(user.userId)
  if (held.length >= limit) throw refused(call, 'passkey_limit')
  return registrationOptions({
    challenge: await newChallenge(call, { kind: 'register' }),
    account: user.account,
    userHandle: crypto.getRandomValues(new Uint8Array(32)),
    held,
  })
}

export async function registerPasskey(call: Call<BodyOf<'registerPasskey'>>) {
  const { service, user, body } = call
  const { limit, verifyRegistration } = relyingParty(call)
  checkGrant(service, body)
  if (body.createMfaToken && !hasFactor(call) && service.stepUp.enrollment === 'nothing')
    throw refused(call, 'mfa_token_disabled')
  const { proof, session } = await proofToRegister(call)
  const response = responseIn(body)
  const challenge = await openChallenge(call, [{ kind: 'register' }], response.clientDataJSON)
  const made = challenge !== null && (await verifyRegistration({ ...body, response }, challenge.text))
  if (!made || !(await consumeChallenge(call, challenge))) throw refused(call, 'invalid_passkey')
  const id = crypto.randomUUID()
  const at = service.now()
  const grant = await makeGrant(call, body, { id, device: call.device }, at)
  const { publicKey, ...credential } = made
  const outcome = await service.store.addPasskey({
    passkey: {
      ...credential,
      id,
      userId: user.userId,
      publicKey: toBase64Url(publicKey),
      alias: body.alias ?? '',
      createdAt: at,
      lastUsedAt: null,
    },
    now: at,
    proof,
    limit,
    session,
    ...(grant.mfaTokenRow && { mfaToken: grant.mfaTokenRow }),
  })
  if (outcome !== 'added') throw refused(call, refusals[outcome])
  call.audit({ type: 'passkey_added', userId: user.userId, passkeyId: id })
  if (grant.mfaTokenRow) await lookAgain(call)
  return { ...grant.answer, deviceId: id }
}

const refusals = {
  exists: 'passkey_exists',
  limit: 'passkey_limit',
  proof_refused: 'elevation_required',
  session_too_old: 'reauthentication_required',
} as const

export async function getPasskeyAuthenticationOptions(call: Call): Promise<CeremonyOptions> {
  const { service, user, query } = call
  const scopes = query.get('requestedScopes')?.split(' ').filter(Boolean) ?? null
  if (scopes) service.tokens.checkScopes(scopes)
  return relyingParty(call).requestOptions({
    challenge: await newChallenge(call, { kind: 'authenticate', scopes }),
    held: await service.store.passkeysOf(user.userId),
  })
}

export async function authenticateMfaPasskeyDevice(call: Call<BodyOf<'authenticateMfaPasskeyDevice'>>) {
  const { service, user, body } = call
  const { store, now } = service
  checkGrant(service, body)
  const passkey = (await store.passkeysOf(user.userId)).find((one) => one.credentialId === body.id)
  const { requestedScopes: scopes = [] } = body
  // Dynamic's SDK requests a challenge before it names the scopes.
  const ceremonies: Ceremony[] = [scopes, null].map((one) => ({ kind: 'authenticate', scopes: one }))
  const response = responseIn(body)
  const challenge = await openChallenge(call, ceremonies, response.clientDataJSON)
  const said =
    passkey &&
    challenge !== null &&
    (await relyingParty(call).verifyAssertion({ ...body, response }, { challenge: challenge.text, passkey }))
  if (!said || !(await consumeChallenge(call, challenge))) throw refused(call, 'invalid_passkey')
  const at = now()
  const grant = await makeGrant(call, body, { id: passkey.id, device: call.device }, at)
  const outcome = await store.acceptAssertion({
    ...said,
    userId: user.userId,
    id: passkey.id,
    now: at,
    ...(grant.mfaTokenRow && { mfaToken: grant.mfaTokenRow }),
  })
  if (outcome === 'cloned') call.audit({ type: 'passkey_cloned', userId: user.userId, passkeyId: passkey.id })
  if (outcome !== 'accepted') throw refused(call, 'invalid_passkey')
  call.audit({ type: 'passkey_verified', userId: user.userId, passkeyId: passkey.id })
  if (grant.mfaTokenRow) await lookAgain(call)
  return { ...grant.answer, deviceId: passkey.id }
}

/** Dynamic's SDK spells it `clientDataJson`. */
const responseIn = <
  Response extends { clientDataJSON?: string | undefined; clientDataJson?: string | undefined },
>({
  response: { clientDataJson = '', clientDataJSON = clientDataJson, ...response },
}: {
  response: Response
}) => ({ ...response, clientDataJSON })

/** Passkey routes are matched only if the server accepts passkeys. */
function relyingParty({ service }: Call): Passkeys {
  if (!service.passkeys) throw new TypeError('This server accepts no passkeys.')
  return service.passkeys
}
