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
  environmentId: required(text('the name that the server has for it')),
  getAccessToken: functionThat('tells the token of the session'),
  credentials: oneOf('same-origin', 'include'),
  onSession: functionThat('hears of a new session'),
  fetch: functionThat('fetches'),
  passkeys: functionThat('asks for passkeys: passkeys of totp-flow/client/passkeys'),
}

/**
 * The port over HTTP: to a totp-flow server, or to any that speaks Dynamic's wire. Throws a `TypeError` that names an option
 * which cannot work.
 */
export function httpBackend(options: HttpBackendOptions): TotpBackend {
  assertOptions(options, rules)
  const { baseUrl, environmentId, credentials, passkeys } = options
  const call = createHttpCall(options)
  const onVerified = (response: VerifyResponse) => tellSession(options, response)
  return {
    ...backendOver(wireOver(call), onVerified),
    ...passkeys?.(call, onVerified),
    baseUrl,
    ...(credentials && { credentials }),
    channel: `${baseUrl} ${environmentId}`,
  }
}
