import type { TotpBackend } from '../contract/backend.ts'
import { backendOver } from '../contract/wire/wire.ts'
import { createHttpWire, type HttpBackendOptions, tellSession } from './http-wire.ts'

/** The port over HTTP: to a totp-flow server, or to any that speaks Dynamic's wire. */
export const httpBackend = (options: HttpBackendOptions): TotpBackend => ({
  ...backendOver(createHttpWire(options), (response) => tellSession(options, response)),
  baseUrl: options.baseUrl,
  channel: `${options.baseUrl} ${options.environmentId}`,
})
