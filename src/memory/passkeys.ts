import type { CallOptions, ProofParams, TotpBackend } from '../contract/backend.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Passkey } from '../contract/passkeys.ts'
import { LINK_SCOPE, type Scope, UNLINK_SCOPE } from '../contract/scopes.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import { elevationFrom } from '../contract/wire/authentication.ts'
import { ELEVATED_TOKEN_HEADER } from '../contract/wire/routes.ts'
import type { IdentifiedUser } from '../server/identity/identity.ts'
import type { TotpServer } from '../server/index.ts'

/** Simulated passkeys, for demos, stories and tests. */
export interface SimulatedPasskeys {
  /** How many passkeys a user may have. @default 10 */
  limit?: number
  /**
   * Replaces the browser's prompt and the person who confirms it. It resolves when the person confirms. It may reject with a
   * `TotpFlowError`: `cancelled`, `invalid_passkey`, `passkey_exists`, `passkey_unsupported`. @default confirms at once
   */
  ceremony?: (act: 'register' | 'authenticate', options: CallOptions) => void | Promise<void>
}

interface Given extends SimulatedPasskeys {
  server: TotpServer
  user: IdentifiedUser
  now: () => number
}

const DEFAULT_LIMIT = 10
const SESSION_MS = 3_600_000

/** Adds simulated passkeys to the backend. Their elevations come from the service itself. */
export function withPasskeys(
  backend: TotpBackend,
  { server, user, now, limit = DEFAULT_LIMIT, ceremony = () => {} }: Given,
): TotpBackend {
  let held: readonly Passkey[] = []
  let made = 0
  const isTime = () => new Date(now()).toISOString()

  async function confirm(act: 'register' | 'authenticate', options: CallOptions = {}) {
    await unlessAborted(Promise.resolve(ceremony(act, options)), options.signal)
    options.signal?.throwIfAborted()
  }
  async function consume(scope: Scope, { elevatedAccessToken }: ProofParams) {
    const headers = { authorization: 'Bearer memory', [ELEVATED_TOKEN_HEADER]: elevatedAccessToken ?? '' }
    const request = new Request('https://memory.invalid/', { headers })
    if ((await server.checkElevation(request, scope)) instanceof Response)
      throw new TotpFlowError('elevation_required')
  }
  function find(id: string): Passkey {
    const found = held.find((one) => one.id === id)
    if (!found) throw new TotpFlowError('not_found')
    return found
  }
  const change = (id: string, changes: Partial<Passkey>) => {
    held = held.map((one) => (one.id === id ? { ...one, ...changes } : one))
  }

  return {
    ...backend,
    getPasskeys: async () => [...held],
    async authenticatePasskeyMFA({ requestedScopes = [], authorizationDetails }, options) {
      const [first] = held
      if (!first) throw new TotpFlowError('invalid_passkey')
      await confirm('authenticate', options)
      const token =
        requestedScopes.length > 0 &&
        (await server.mintElevation(user, requestedScopes, {
          ...(authorizationDetails && { authorizationDetails }),
        }))
      change(first.id, { lastUsedAt: isTime() })
      return {
        deviceId: first.id,
        sessionExpiresAt: now() + SESSION_MS,
        issuedAt: now(),
        ...(token && { elevation: elevationFrom(token) }),
      }
    },
    async registerPasskey({ alias, ...proof } = {}, options) {
      if (held.length >= limit) throw new TotpFlowError('passkey_limit')
      const devices = await backend.getMfaDevices(options)
      const isFirst = held.length === 0 && !devices.some(({ verified }) => verified)
      await confirm('register', options)
      if (!isFirst) await consume(LINK_SCOPE, proof)
      made += 1
      held = [
        ...held,
        { id: `passkey-${made}`, alias: alias ?? `Passkey ${made}`, createdAt: isTime(), backedUp: true },
      ]
    },
    async renamePasskey({ passkeyId, alias }) {
      find(passkeyId)
      change(passkeyId, { alias })
    },
    async deletePasskey({ passkeyId, ...proof }) {
      find(passkeyId)
      await consume(UNLINK_SCOPE, proof)
      held = held.filter(({ id }) => id !== passkeyId)
    },
  }
}
