import type { VerifyResponse } from '../contract/answers.ts'
import type { TotpBackend } from '../contract/backend.ts'
import { assertOptions, functionThat, type OptionRules, oneOf, required, text } from '../contract/options.ts'
import { backendOver } from '../contract/wire/wire.ts'
import { createHttpCall, type HttpBackendOptions, tellSession, wireOver } from './http-wire.ts'

const rules: OptionRules = {
  baseUrl: required({
    takes: 'an http: or https: URL such as https://id.example.com/api/v0, or a path of this site',
    fits: (value) =>
      typeof value === 'string' &&
      URL.canParse(value, 'http://localhost') &&
      /^https?:$/.test(new URL(value, 'http://localhost').protocol),
  }),
  environmentId: required(text("the server's name for it")),
  getAccessToken: functionThat('returns the token of the session'),
  credentials: oneOf('same-origin', 'include'),
  onSession: functionThat('receives a new session'),
  fetch: functionThat('fetches'),
  passkeys: functionThat('asks for passkeys: passkeys of totp-flow/client/passkeys'),
}

/**
 * Connects a flow over HTTP to a totp-flow server, or to any server with Dynamic's API. Accepts answers of up to 64 KiB and
 * follows no redirect. Throws a `TypeError` that names an invalid option. Its calls reject with a `TotpFlowError`, for example
 * `network` or `unauthenticated`.
 *
 * @example
 * ```ts
 * import { httpBackend } from 'totp-flow/client'
 *
 * const backend = httpBackend({
 *   baseUrl: 'https://id.example.com/api/v0',
 *   environmentId: 'default',
 *   getAccessToken: () => sessionStorage.getItem('token'), // null: nobody is signed in
 * })
 * ```
 */
export function httpBackend(options: HttpBackendOptions): TotpBackend {
  assertOptions(options, rules)
  const { baseUrl, environmentId, credentials, getAccessToken, passkeys } = options
  const call = createHttpCall(options)
  const onVerified = (response: VerifyResponse) => tellSession(options, response)
  return {
    ...backendOver(wireOver(call), onVerified),
    ...passkeys?.(call, onVerified),
    baseUrl,
    ...(credentials && { credentials }),
    ...(getAccessToken && { getAccessToken }),
    channel: `${baseUrl} ${environmentId}`,
  }
}
