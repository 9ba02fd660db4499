import { MFA_OWED } from '../../contract/gate.ts'
import type { User } from '../identity/identity.ts'
import type { StoredDevice } from '../store/store.ts'
import type { Session } from '../tokens/claims.ts'
import { newSession, owes } from './authenticate.ts'
import type { Call, Service } from './service.ts'

export const sessionOf = (call: Call): Session => call.session ?? newSession(call.service, call.rules, call)

export async function sessionAnswer(
  service: Service,
  user: User,
  session: Session,
  device: StoredDevice | null,
) {
  const { jwt, expiresAt } = await service.tokens.mintSession(user, session)
  return { user: publicUser(service, user, session, device), minifiedJwt: jwt, jwt, expiresAt }
}

export const publicUser = (
  service: Service,
  { userId, account }: User,
  session: Session | null,
  device: StoredDevice | null,
) => ({
  id: userId,
  projectEnvironmentId: service.environmentId,
  verifiedCredentials: [],
  missingFields: [],
  email: account,
  ...(session && { sessionId: session.id }),
  ...((session ?? owes(null, device, service)).mfaOwed && { scope: MFA_OWED }),
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
