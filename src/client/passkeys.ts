/**
 * Passkeys for `httpBackend`, if the server supports them: docs/passkeys.md. Needs the package `@simplewebauthn/browser`.
 *
 * @module totp-flow/client/passkeys
 */
import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from '@simplewebauthn/browser'
import { ceremonyError } from '../contract/ceremony-error.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { authenticationFrom } from '../contract/wire/authentication.ts'
import { passkeyRoutes as routes } from '../contract/wire/passkey-routes.ts'
import type { HttpPasskeys } from './http-wire.ts'

export type { HttpPasskeys } from './http-wire.ts'

/**
 * Asks the browser for passkeys, with the WebAuthn options that the server sends. Rejects with `passkey_unsupported` if the
 * browser has none, and with `cancelled` if the person closes its prompt.
 *
 * @example
 * const backend = httpBackend({ baseUrl, environmentId, getAccessToken, passkeys })
 */
export const passkeys: HttpPasskeys = (call, onVerified) => ({
  getPasskeys: async (o) => (await call(routes.getUserPasskeys, o)).passkeys,
  async authenticatePasskeyMFA({ requestedScopes, authorizationDetails, createMfaTokenOptions }, o) {
    assertSupported()
    const query = requestedScopes && `requestedScopes=${encodeURIComponent(requestedScopes.join(' '))}`
    const options = await call(routes.getPasskeyAuthenticationOptions, { ...o, ...(query && { query }) })
    const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON
    if (optionsJSON.allowCredentials?.length === 0) throw new TotpFlowError('invalid_passkey') // or the browser would offer any passkey
    const credential = await ceremony(() => startAuthentication({ optionsJSON }), o?.signal)
    const grant = { requestedScopes, authorizationDetails, createMfaToken: createMfaTokenOptions }
    const body = { ...credential, ...grant }
    const response = await call(routes.authenticateMfaPasskeyDevice, { ...o, body })
    const result = authenticationFrom(response)
    onVerified(response)
    return result
  },
  async registerPasskey({ alias, ...proof } = {}, o) {
    assertSupported()
    const options = await call(routes.getPasskeyRegistrationOptions, o)
    const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON
    const credential = await ceremony(() => startRegistration({ optionsJSON }), o?.signal)
    const body = { ...credential, alias }
    onVerified(await call(routes.registerPasskey, { ...o, body, proof }))
  },
  async renamePasskey({ passkeyId, alias }, o) {
    await call(routes.updatePasskey, { ...o, body: { id: passkeyId, alias } })
  },
  async deletePasskey({ passkeyId, ...proof }, o) {
    await call(routes.deletePasskey, { ...o, body: { passkeyId }, proof })
  },
})

function assertSupported(): void {
  if (!browserSupportsWebAuthn()) throw new TotpFlowError('passkey_unsupported')
}

/** The library takes no signal. It cancels the open ceremony, which is this one until it settles. */
async function ceremony<Credential>(
  start: () => Promise<Credential>,
  signal?: AbortSignal,
): Promise<Credential> {
  const end = () => WebAuthnAbortService.cancelCeremony()
  if (signal?.aborted) throw new TotpFlowError('aborted')
  signal?.addEventListener('abort', end)
  try {
    return await start()
  } catch (error) {
    if (signal?.aborted) throw new TotpFlowError('aborted', { cause: error })
    throw TotpFlowError.from(ceremonyError(error), 'invalid_passkey')
  } finally {
    signal?.removeEventListener('abort', end)
  }
}
