import {
  AuthenticatorEmulator,
  type AuthenticatorParameters,
  PasskeysCredentialsMemoryRepository,
  WebAuthnEmulator,
} from 'nid-webauthn-emulator'
import { passkeys } from '../../src/server/passkeys/index.ts'
import type { World } from './world.ts'

const RP_ID = 'example.com'
const ORIGIN = 'https://app.example.com'
/** The option of servers in tests. */
export const passkeysOfTests = (given: Partial<Parameters<typeof passkeys>[0]> = {}) =>
  passkeys({ rpId: RP_ID, rpName: 'Test', origins: [ORIGIN], ...given })

/** A browser with an authenticator, on a page of ours; `origin` puts it on another. */
export function browserWith(parameters: Partial<AuthenticatorParameters> = {}, origin = ORIGIN) {
  const emulator = new WebAuthnEmulator(
    new AuthenticatorEmulator({
      credentialsRepository: new PasskeysCredentialsMemoryRepository(),
      ...parameters,
    }),
  )
  return {
    // biome-ignore lint/suspicious/noExplicitAny: what a server answers, as a page hands it on
    create: (options: any): any => emulator.createJSON(origin, options),
    // biome-ignore lint/suspicious/noExplicitAny: the same
    get: (options: any): any => emulator.getJSON(origin, options),
  }
}
type Browser = ReturnType<typeof browserWith>

/** A person with a browser, over the wire. `headers`: who asks, where that is not the host's own credential. */
export function personWith(world: World, as: string, browser: Browser = browserWith()) {
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    world.call(method, path, { as, headers, ...(body !== undefined && { body }) })
  return {
    browser,
    call,
    /** Registers with what the person's session may. */
    async register(given: object = {}, headers: Record<string, string> = {}) {
      const { body: options } = await call('GET', '/users/passkeys/register', undefined, headers)
      return call('POST', '/users/passkeys/register', { ...browser.create(options), ...given }, headers)
    },
    async authenticate(given: object = {}, headers: Record<string, string> = {}) {
      const { body: options } = await call('GET', '/users/passkeys/authenticate', undefined, headers)
      return call('POST', '/users/mfa/auth/passkey', { ...browser.get(options), ...given }, headers)
    },
    /** The header with an elevation that a passkey has won. */
    async elevated(...requestedScopes: string[]) {
      const { body: options } = await call('GET', '/users/passkeys/authenticate')
      const { body } = await call('POST', '/users/mfa/auth/passkey', {
        ...browser.get(options),
        requestedScopes,
      })
      return { 'x-dyn-elevated-access-token': String(body.elevatedAccessToken) }
    },
    async list() {
      const { body } = await call('GET', '/users/passkeys')
      return body.passkeys
    },
  }
}
