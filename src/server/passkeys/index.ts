/**
 * Passkeys as a second factor, in addition to the authenticator app: docs/passkeys.md. Requires the package
 * `@simplewebauthn/server`.
 *
 * @module totp-flow/server/passkeys
 */
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { decodeAttestationObject, isoBase64URL, isoCBOR } from '@simplewebauthn/server/helpers'
import { assertOptions, type OptionRules, required, text, wholeNumber } from '../../contract/options.ts'
import { fromBase64 } from '../crypto/base64.ts'
import type { StoredPasskey } from '../store/store.ts'
import {
  CEREMONY_MS,
  type PasskeyOptions,
  type Passkeys,
  type VerifiedAssertion,
  type VerifiedRegistration,
} from './passkeys.ts'
import { isOriginOf, isRpId } from './relying-party.ts'

export type { PasskeyOptions, Passkeys } from './passkeys.ts'

const rules: OptionRules = {
  rpId: required({
    takes: 'the domain of your site, such as example.com, with no scheme and no port',
    fits: isRpId,
  }),
  rpName: text('the name of your site'),
  origins: required({
    takes: 'a list of origins such as https://app.example.com',
    fits: (value) => Array.isArray(value) && value.length > 0,
  }),
  limit: wholeNumber(1, 100),
}

const DEFAULT_LIMIT = 10
/** 1023 bytes (WebAuthn §7.1, step 25), as base64url. */
const LONGEST_ID = 1364
/** Ed25519, ES256 and RS256 (RFC 9053): every runtime verifies these, so a credential works wherever the server runs. */
const ALGORITHMS = [-8, -7, -257]

/**
 * Accepts passkeys in place of codes: pass it to `createTotpServer({ passkeys })`. The authenticator must verify the
 * user (WebAuthn user verification: a finger, a face, a PIN). Throws a `TypeError` if an option is invalid, or if pages
 * of an origin could not use passkeys of `rpId`.
 *
 * @example
 * createTotpServer({
 *   passkeys: passkeys({ rpId: 'example.com', rpName: 'Example', origins: ['https://app.example.com'] }),
 *   …
 * })
 */
export function passkeys(options: PasskeyOptions): Passkeys {
  assertOptions(options, rules)
  const { rpId, rpName = rpId, limit = DEFAULT_LIMIT } = options
  const origins = [...options.origins]
  for (const origin of origins)
    if (!isOriginOf(rpId, origin))
      throw new TypeError(
        `origins takes origins of ${rpId}, such as https://${rpId}. Pages of ${origin} cannot use its passkeys.`,
      )

  return {
    limit,
    registrationOptions: async ({ challenge, account, userHandle, held }) => ({
      ...(await generateRegistrationOptions({
        rpName,
        rpID: rpId,
        userName: account,
        userDisplayName: account,
        userID: userHandle,
        challenge,
        timeout: CEREMONY_MS,
        attestationType: 'none',
        supportedAlgorithmIDs: ALGORITHMS,
        excludeCredentials: held.map(descriptorOf),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      })),
    }),
    requestOptions: async ({ challenge, held }) => ({
      ...(await generateAuthenticationOptions({
        rpID: rpId,
        challenge,
        timeout: CEREMONY_MS,
        allowCredentials: held.map(descriptorOf),
        userVerification: 'required',
      })),
    }),
    async verifyRegistration(given, challenge): Promise<VerifiedRegistration | null> {
      const response = withoutCertificates(given as RegistrationResponseJSON)
      if (!response) return null
      const { registrationInfo } = await orNull(
        verifyRegistrationResponse({
          response,
          expectedChallenge: challenge,
          expectedOrigin: origins,
          expectedRPID: rpId,
          requireUserVerification: true,
          supportedAlgorithmIDs: ALGORITHMS,
        }),
      )
      if (!registrationInfo || registrationInfo.credential.id.length > LONGEST_ID) return null
      const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo
      return {
        credentialId: credential.id,
        publicKey: credential.publicKey,
        signCount: credential.counter,
        transports: credential.transports ?? [],
        aaguid,
        backupEligible: credentialDeviceType === 'multiDevice',
        backedUp: credentialBackedUp,
      }
    },
    async verifyAssertion(response, { challenge, passkey }): Promise<VerifiedAssertion | null> {
      const { authenticationInfo, verified } = await orNull(
        verifyAuthenticationResponse({
          response: response as AuthenticationResponseJSON,
          expectedChallenge: challenge,
          expectedOrigin: origins,
          expectedRPID: rpId,
          requireUserVerification: true,
          // The store enforces the counter, since two nodes could both see the old one here.
          credential: { id: passkey.credentialId, publicKey: fromBase64(passkey.publicKey), counter: 0 },
        }),
      )
      if (!verified || !authenticationInfo) return null
      const { newCounter, credentialBackedUp, credentialDeviceType } = authenticationInfo
      if ((credentialDeviceType === 'multiDevice') !== passkey.backupEligible) return null // backup eligibility never changes
      return { signCount: newCounter, backedUp: credentialBackedUp }
    },
  }
}

/**
 * Removes the authenticator maker's statement from the response. Nobody requested it, and to check it the library would
 * fetch whatever URL its certificates name, before it knows whose they are.
 */
function withoutCertificates({
  response,
  ...given
}: RegistrationResponseJSON): RegistrationResponseJSON | null {
  try {
    const attested = decodeAttestationObject(isoBase64URL.toBuffer(response.attestationObject))
    const [format, statement] = [attested.get('fmt'), attested.get('attStmt')]
    if (format === 'none' || (format === 'packed' && !statement.get('x5c'))) return { ...given, response }
    const bare = new Map<string, string | Map<string, string> | Uint8Array>([
      ['fmt', 'none'],
      ['attStmt', new Map<string, string>()],
      ['authData', attested.get('authData')],
    ])
    return {
      ...given,
      response: { ...response, attestationObject: isoBase64URL.fromBuffer(isoCBOR.encode(bare)) },
    }
  } catch {
    return null
  }
}

/** The library throws for an invalid response, with a message that a stranger could choose. */
const orNull = <Result extends object>(verified: Promise<Result>): Promise<Partial<Result>> =>
  verified.catch(() => ({}))

const descriptorOf = ({ credentialId, transports }: StoredPasskey) => ({
  id: credentialId,
  transports: [...transports],
})
