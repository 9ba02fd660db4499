import { TotpFlowError } from '../../contract/errors.ts'
import { randomToken } from '../crypto/secrets.ts'
import { identify } from '../identity/identify.ts'
import { isOver } from '../store/session-rules.ts'
import { LONGEST_SESSION_TOKEN_MS } from '../tokens/tokens.ts'
import { ageOfHost, hasToEnroll, newSession } from './authenticate.ts'
import type { BodyOf } from './bodies.ts'
import { standingIn } from './factors.ts'
import { publicUser, sessionAnswer, sessionOf } from './public-answers.ts'
import type { Call } from './service.ts'

export const getSettings = ({ service }: Call) => ({
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
    mfa: {
      enabled: true,
      required: hasToEnroll(service.mfa),
      methods: [
        { type: 'totp', enabled: true },
        ...(service.passkeys ? [{ type: 'passkey', enabled: true }] : []),
      ],
    },
  },
  networks: [],
})

export const getNonces = () => ({ nonces: Array.from({ length: 5 }, randomToken) })

export async function signInWithExternalJwt({ service, audit, body }: Call<BodyOf<'signInWithExternalJwt'>>) {
  const user = await identify(service.identity, body.jwt)
  if (!user) throw new TotpFlowError('invalid_external_auth')
  const { userId, authenticatedAt = null } = user
  const { rules, ...factors } = await standingIn(service, userId, null)
  const age = await ageOfHost(user, rules, service.now())
  if (isOver({ ...age, begunAt: age.generation }, rules)) throw new TotpFlowError('invalid_external_auth')
  const session = newSession(service, rules, { age, authenticatedAt, ...factors })
  audit({ type: 'signed_in', userId })
  return sessionAnswer(service, user, session, factors)
}

export function refreshAuth(call: Call) {
  return sessionAnswer(call.service, call.user, sessionOf(call), call)
}

export async function revokeSession({ service, user, session, audit }: Call) {
  if (!session) {
    const message = 'This server ends only its own sessions. Sign out at the host.'
    throw new TotpFlowError('bad_request', { message })
  }
  await service.store.consumeToken({
    jti: session.id,
    expiresAt: service.now() + LONGEST_SESSION_TOKEN_MS,
  })
  audit({ type: 'signed_out', userId: user.userId })
}

export const getUser = (call: Call) => publicUser(call.service, call.user, call.session, call)
