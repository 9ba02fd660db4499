import type { CeremonyOptions } from '../../contract/wire/passkey-routes.ts'
import type { StoredPasskey } from '../store/store.ts'

/** How long a browser may ask for a passkey, and how long its challenge is good, milliseconds. */
export const CEREMONY_MS = 5 * 60_000

/** For which site passkeys are made, and on which of its pages they are used. */
export interface PasskeyOptions {
  /** The domain that passkeys belong to. A change makes all of them useless. */
  rpId: string
  /** What browsers show. @default the domain */
  rpName?: string
  /** The origins of the pages that ask for them, each of this domain. */
  origins: readonly string[]
  /** How many a user may have. @default 10 */
  limit?: number
}

/** A credential as it was made, once its response was found good. */
export type VerifiedRegistration = Pick<
  StoredPasskey,
  'credentialId' | 'signCount' | 'transports' | 'aaguid' | 'backupEligible' | 'backedUp'
> & { publicKey: Uint8Array }

/** What an assertion that was found good says. */
export type VerifiedAssertion = Pick<StoredPasskey, 'signCount' | 'backedUp'>

/** The ceremonies of WebAuthn, without state. `challenge`: base64url. */
export interface Passkeys {
  limit: number
  /** What `navigator.credentials.create` takes, as JSON. */
  registrationOptions(given: {
    challenge: Uint8Array<ArrayBuffer>
    account: string
    userHandle: Uint8Array<ArrayBuffer>
    held: readonly StoredPasskey[]
  }): Promise<CeremonyOptions>
  /** What `navigator.credentials.get` takes, as JSON. */
  requestOptions(given: {
    challenge: Uint8Array<ArrayBuffer>
    held: readonly StoredPasskey[]
  }): Promise<CeremonyOptions>
  /** `null` for a response that is no good. */
  verifyRegistration(response: unknown, challenge: string): Promise<VerifiedRegistration | null>
  /** `null` for a response that is no good, whatever is in it. */
  verifyAssertion(
    response: unknown,
    given: { challenge: string; passkey: StoredPasskey },
  ): Promise<VerifiedAssertion | null>
}
