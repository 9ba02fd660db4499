import type { TotpServerOptions } from './index.ts'

/** It is part of every path. */
const ENVIRONMENT_ID = /^[A-Za-z0-9_-]{1,64}$/
export const isEnvironmentId = (text: string) => ENVIRONMENT_ID.test(text)

/** Scheme, host and port, as a browser says them: with no path, and no star. */
export const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text

/** As a URI has it, where it stands twice. */
const LONGEST_ISSUER = 400

type Checked = Required<
  Pick<TotpServerOptions, 'issuer' | 'identity' | 'environmentId' | 'basePath' | 'corsOrigins'>
>

/** Throws at options that would fail later, where nobody sees why. */
export function assertUsable({ issuer, identity, environmentId, basePath, corsOrigins }: Checked): void {
  if (typeof issuer !== 'string' || !issuer.trim())
    throw new TypeError('issuer: give the name that authenticator apps are to show.')
  if (encodeURIComponent(issuer.toWellFormed()).length > LONGEST_ISSUER)
    throw new TypeError('issuer: a QR code has no room for one that is so long.')
  if (typeof identity !== 'function')
    throw new TypeError('identity: give the function that says who a user is.')
  if (!isEnvironmentId(environmentId))
    throw new TypeError('environmentId takes letters, digits, hyphens and underscores, 64 at most.')
  if (!/^(\/[^/?#]+)*$/.test(basePath))
    throw new TypeError('basePath must look like /api/v0, with no slash at the end.')
  if (!Array.isArray(corsOrigins) || !corsOrigins.every(isOrigin))
    throw new TypeError('corsOrigins: each must look like https://app.example.com, with no path.')
}
