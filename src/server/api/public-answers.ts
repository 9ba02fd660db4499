import { MFA_OWED } from '../../contract/gate.ts'
import type { UserPasskey } from '../../contract/wire/passkey-routes.ts'
import type { User } from '../identity/identity.ts'
import type { StoredDevice, StoredPasskey } from '../store/store.ts'
import type { Session } from '../tokens/claims.ts'
import { newSession, owesFactor } from './authenticate.ts'
import type { Factors } from './factors.ts'
import type { Call, Service } from './service.ts'

export const sessionOf = (call: Call): Session => call.session ?? newSession(call.service, call.rules, call)

export async function sessionAnswer(service: Service, user: User, session: Session, factors: Factors) {
  const { jwt, expiresAt } = await service.tokens.mintSession(user, session)
  return { user: publicUser(service, user, session, factors), minifiedJwt: jwt, jwt, expiresAt }
}

export const publicUser = (
  service: Service,
  { userId, account }: User,
  session: Session | null,
  { device, passkeyIds }: Factors,
) => ({
  id: userId,
  projectEnvironmentId: service.environmentId,
  verifiedCredentials: [],
  missingFields: [],
  email: account,
  ...(session && { sessionId: session.id }),
  ...(owesFactor({ session, device, passkeyIds }, service) && { scope: MFA_OWED }),
  ...(device?.verifiedAt && {
    mfaBackupCodeAcknowledgement: device.recoveryAcknowledged ? 'complete' : 'pending',
  }),
})

export const publicDevice = ({ id, createdAt, verifiedAt }: StoredDevice) => ({
  id,
  type: 'totp',
  verified: verifiedAt !== null,
  createdAt: new Date(createdAt).toISOString(),
  ...(verifiedAt !== null && { verifiedAt: new Date(verifiedAt).toISOString() }),
  default: verifiedAt !== null,
})

export const publicPasskey = (passkey: StoredPasskey): UserPasskey => ({
  id: passkey.id,
  credentialId: passkey.credentialId,
  ...(passkey.alias !== '' && { alias: passkey.alias }),
  createdAt: new Date(passkey.createdAt).toISOString(),
  ...(passkey.lastUsedAt !== null && { lastUsedAt: new Date(passkey.lastUsedAt).toISOString() }),
  backedUp: passkey.backedUp,
})
