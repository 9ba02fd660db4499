import type { TotpBackend } from '../contract/backend.ts'
import { backendOver, parseReply, proofHeaders } from '../contract/wire.ts'
import { bodies, parseBody, takesBody } from './bodies.ts'
import type { User } from './claims.ts'
import { handlerOf } from './handlers.ts'
import { usableUser } from './identify.ts'
import type { Service } from './service.ts'

/** The port without HTTP: the same handlers, called by hand for one user. */
export function backendFor(service: Service, given: User): TotpBackend {
  const user = usableUser(given)
  const session = service.tokens.newSession()
  return backendOver(async (name, { deviceId = '', body, proof = {} } = {}) => {
    await service.ready()
    const answer = await handlerOf(name)({
      service,
      user,
      session,
      deviceId,
      headers: new Headers(proofHeaders(proof)),
      body: takesBody(name) ? parseBody<unknown>(bodies[name], body) : undefined,
    })
    return parseReply(name, answer ?? null)
  })
}
