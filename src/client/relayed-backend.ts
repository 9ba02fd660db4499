import type { Authentication } from '../contract/answers.ts'
import type { AuthorizationDetails } from '../contract/approval.ts'
import type { CallOptions, RequestedGrant, TotpBackend } from '../contract/backend.ts'
import { LINK_SCOPE, type Scope, UNLINK_SCOPE, UPDATE_SCOPE } from '../contract/scopes.ts'
import { elevationFrom } from '../contract/wire/authentication.ts'

/** What to request from your server after the provider accepted a code. */
export interface WantedElevation extends CallOptions {
  /** The scopes of the elevation. */
  scopes: readonly Scope[]
  /** Binds the elevation to this action. */
  authorizationDetails?: AuthorizationDetails
}

const FRESH_MS = 600_000
/** Scopes of the provider's own actions, for which it only requires a fresh session. */
const OWN_SCOPES: readonly Scope[] = [LINK_SCOPE, UNLINK_SCOPE, UPDATE_SCOPE]

/**
 * Wraps a provider's backend (`assurance: 'session'`) so that its codes win elevations of your totp-flow server. After each
 * code, `getElevation` requests a token from your server, which checks the provider's token (`recentAuthentication`) and mints
 * the elevation (`mintElevation`). If it rejects, so does the call. The provider's own actions, such as a removal, need no
 * elevation. See docs/providers/relay.md.
 */
export function relayedBackend(
  backend: TotpBackend,
  getElevation: (wanted: WantedElevation) => Promise<string>,
): TotpBackend {
  const { assurance: _, freshFor = FRESH_MS, ...provider } = membersOf(backend)
  const recover = backend.authenticateMfaRecoveryCode?.bind(backend)
  const usePasskey = backend.authenticatePasskeyMFA?.bind(backend)

  async function elevated(
    won: Authentication,
    { requestedScopes: scopes = [], authorizationDetails }: RequestedGrant,
    options: CallOptions = {},
  ): Promise<Authentication> {
    if (scopes.length === 0) return won
    if (scopes.every((scope) => OWN_SCOPES.includes(scope)))
      return { ...won, elevation: { scopes, expiresAt: Date.now() + freshFor, singleUse: true } }
    const wanted = { scopes, ...(authorizationDetails && { authorizationDetails }), ...options }
    return { ...won, elevation: elevationFrom(await getElevation(wanted)) }
  }
  return {
    ...provider,
    authenticateTotpMfaDevice: async ({ requestedScopes, authorizationDetails, ...params }, options) => {
      const won = await backend.authenticateTotpMfaDevice(params, options)
      return elevated(
        won,
        {
          ...(requestedScopes && { requestedScopes }),
          ...(authorizationDetails && { authorizationDetails }),
        },
        options,
      )
    },
    ...(recover && {
      authenticateMfaRecoveryCode: async ({ code, ...grant }, options) =>
        elevated(await recover({ code }, options), grant, options),
    }),
    ...(usePasskey && {
      authenticatePasskeyMFA: async (grant, options) =>
        elevated(await usePasskey({}, options), grant, options),
    }),
  }
}

/** All members of a backend. It may be an instance of a class, whose methods a spread does not copy and which need `this`. */
function membersOf(backend: TotpBackend): TotpBackend {
  const members = new Map<string, unknown>()
  for (
    let from: object = backend;
    from !== Object.prototype && from !== null;
    from = Object.getPrototypeOf(from)
  )
    for (const name of Object.getOwnPropertyNames(from)) {
      const member: unknown = Reflect.get(backend, name)
      if (!members.has(name)) members.set(name, typeof member === 'function' ? member.bind(backend) : member)
    }
  return Object.assign({ ...backend }, Object.fromEntries(members))
}
