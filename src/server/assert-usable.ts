import type { TotpServerOptions } from './index.ts'

/** It is part of every path. */
const ENVIRONMENT_ID = /^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}$/
export const isEnvironmentId = (text: string) => ENVIRONMENT_ID.test(text)

/** Scheme, host and port, as a browser says them: with no path, and no star. Apps (Capacitor, Tauri) have schemes of their own. */
export const isOrigin = (text: string) =>
  URL.canParse(text) &&
  (new URL(text).origin === text || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[^/?#\s*]+$/.test(text))

/** As a URI has it, where it stands twice. */
const LONGEST_ISSUER = 400

export const isIssuer = (text: unknown) =>
  typeof text === 'string' &&
  text.trim() !== '' &&
  encodeURIComponent(text.toWellFormed()).length <= LONGEST_ISSUER

type Checked = Required<
  Pick<TotpServerOptions, 'issuer' | 'identity' | 'environmentId' | 'basePath' | 'corsOrigins'>
>

/** Throws at options that would fail later, where nobody sees why. */
export function assertUsable({ issuer, identity, environmentId, basePath, corsOrigins }: Checked): void {
  if (!isIssuer(issuer))
    throw new TypeError(
      'issuer: give the name that authenticator apps are to show, short enough for a QR code.',
    )
  if (typeof identity !== 'function')
    throw new TypeError('identity: give the function that says who a user is.')
  if (!isEnvironmentId(environmentId))
    throw new TypeError('environmentId takes letters, digits, and -._~ (no dot at the start), 64 at most.')
  if (!/^(\/[^/?#]+)*$/.test(basePath) || new URL(`http://host${basePath}`).pathname !== (basePath || '/'))
    throw new TypeError('basePath must look like /api/v0, with no slash at the end.')
  if (!Array.isArray(corsOrigins) || !corsOrigins.every(isOrigin))
    throw new TypeError('corsOrigins: each must look like https://app.example.com, with no path.')
}
