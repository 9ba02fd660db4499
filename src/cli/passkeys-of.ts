import { StartError } from '../server/node/index.ts'
import { isIssuer } from '../server/options.ts'
import type { PasskeyOptions, Passkeys } from '../server/passkeys/passkeys.ts'
import { isOriginOf, isRpId } from '../server/passkeys/relying-party.ts'
import { given, listOf, numberOf, type Options, textOf, UsageError, type Values } from './command.ts'

export const passkeyOptions = {
  'passkey-rp-id': {
    type: 'string',
    env: 'TOTP_FLOW_PASSKEY_RP_ID',
    value: 'domain',
    about:
      'accepts passkeys, which belong to this domain, such as example.com; none are accepted by default. Changing it makes all of them useless',
  },
  'passkey-origin': {
    type: 'string',
    multiple: true,
    env: 'TOTP_FLOW_PASSKEY_ORIGINS',
    value: 'origin',
    about: 'with --passkey-rp-id: an origin whose pages use passkeys; can be repeated',
  },
  'passkey-rp-name': {
    type: 'string',
    env: 'TOTP_FLOW_PASSKEY_RP_NAME',
    value: 'name',
    about: 'with --passkey-rp-id: the name that browsers show; the issuer by default',
  },
  'passkey-limit': {
    type: 'string',
    env: 'TOTP_FLOW_PASSKEY_LIMIT',
    value: 'number',
    about: 'with --passkey-rp-id: how many passkeys a user may have; 10 by default',
  },
} as const satisfies Options

const MOST = 100

/** Reads the site whose passkeys the server accepts; `undefined` if it accepts none. */
export function passkeySettings(values: Values, issuer: string): PasskeyOptions | undefined {
  const rpId = textOf(passkeyOptions, values, 'passkey-rp-id')
  const origins = listOf(passkeyOptions, values, 'passkey-origin')
  const rpName = textOf(passkeyOptions, values, 'passkey-rp-name', issuer)
  const limit = numberOf(passkeyOptions, values, 'passkey-limit', 10, MOST, 1)
  if (rpId === undefined) {
    const [alone] = Object.keys(passkeyOptions).filter((name) => isGiven(values, name))
    if (alone === undefined) return undefined
    throw new UsageError(`--${alone} needs --passkey-rp-id, the domain that passkeys belong to. Give both.`)
  }
  if (!isRpId(rpId))
    throw new UsageError(
      `--passkey-rp-id takes a domain such as example.com, in lower case, without a scheme or port. Correct ${given(rpId)}.`,
    )
  if (!isIssuer(rpName))
    throw new UsageError('--passkey-rp-name takes a name, without control characters. Correct it.')
  const [first] = origins
  if (first === undefined)
    throw new UsageError(
      `--passkey-rp-id needs --passkey-origin, the origin of the pages that use passkeys, such as https://${rpId}. Give both.`,
    )
  const stranger = origins.find((origin) => !isOriginOf(rpId, origin))
  if (stranger !== undefined)
    throw new UsageError(
      `--passkey-origin takes origins of ${rpId}, such as https://${rpId}: other pages cannot use its passkeys. Correct ${shown(stranger)}.`,
    )
  return { rpId, rpName, origins, limit }
}

const isGiven = (values: Values, name: string) =>
  listOf(passkeyOptions, values, name).length > 0 || textOf(passkeyOptions, values, name) !== undefined

/** A URL may hold a password; an origin does not. */
const shown = (text: string) => (URL.parse(text)?.origin === text ? text : given(text))

/** Imports the module on demand, so that a server without passkeys needs no `@simplewebauthn/server`. */
export async function passkeysOf(settings: PasskeyOptions): Promise<Passkeys> {
  const { passkeys } = await import('../server/passkeys/index.ts').catch((cause: unknown) => {
    throw new StartError(
      'Passkeys need the package @simplewebauthn/server. Install it: npm install @simplewebauthn/server',
      { cause },
    )
  })
  return passkeys(settings)
}
