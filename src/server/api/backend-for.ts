import type { TotpBackend } from '../../contract/backend.ts'
import { TotpFlowError } from '../../contract/errors.ts'
import { backendOver, parseReply, proofHeaders, type Wire } from '../../contract/wire/wire.ts'
import { kindOf } from '../audit/kind-of.ts'
import { textsIn } from '../audit/texts-in.ts'
import { usableUser } from '../identity/identify.ts'
import type { IdentifiedUser } from '../identity/identity.ts'
import { isOver } from '../store/session-rules.ts'
import { ageOfHost } from './authenticate.ts'
import { bodies, parseBody, takesBody } from './bodies.ts'
import { standingIn } from './factors.ts'
import { handlerOf } from './handlers.ts'
import type { Service } from './service.ts'

/** The backend without HTTP: calls the same handlers directly, for one user. */
export function backendFor(service: Service, given: IdentifiedUser): TotpBackend {
  const user = usableUser(given)
  const { userId, account, authenticatedAt = service.now(), sessionId } = user
  // The host vouches for the user with each call, so nothing is owed.
  const vouched = { ...service, mfa: { ...service.mfa, required: false } }
  const origin = sessionId === undefined ? {} : { sessionId }
  const call: Wire = async (name, { deviceId = '', body, proof = {}, signal } = {}) => {
    if (signal?.aborted) throw new TotpFlowError('aborted')
    await service.ready()
    const { device, passkeyIds, rules } = await standingIn(service, userId, null)
    const age = await ageOfHost(user, rules, service.now())
    if (isOver({ ...age, begunAt: age.generation }, rules)) throw new TotpFlowError('unauthenticated')
    const answer = await handlerOf(name)({
      service: vouched,
      user: { userId, account },
      session: null, // as with the host's own credential, so another backend accepts elevations from this one
      device,
      passkeyIds,
      rules,
      hasFailed: false,
      age: user.authenticatedAt === undefined ? { ...age, generation: rules.generation } : age,
      authenticatedAt,
      audit: (note) => service.audit(note, origin),
      deviceId,
      headers: new Headers(proofHeaders(proof)),
      query: new URLSearchParams(),
      body: takesBody(name) ? parseBody<unknown>(bodies[name], body) : undefined,
    })
    return parseReply(name, answer ?? null)
  }
  return backendOver(async (name, sent) => {
    try {
      return await call(name, sent)
    } catch (thrown) {
      // The host's own code catches this error, whose cause is sealed.
      if (TotpFlowError.from(thrown).status >= 500) {
        service.audit({ type: 'failed', reason: kindOf(thrown) }, origin)
        service.report(thrown, { call: name }, [...textsIn(sent?.body), ...textsIn(sent?.proof)])
      }
      throw thrown
    }
  })
}
