import type { CeremonyOptions } from '../../contract/wire/passkey-routes.ts'
import type { StoredPasskey } from '../store/store.ts'

/** How long a browser may prompt for a passkey, and how long its challenge is valid, milliseconds. */
export const CEREMONY_MS = 5 * 60_000

/** The site that passkeys belong to, and the pages that use them. */
export interface PasskeyOptions {
  /** The domain that passkeys belong to (WebAuthn RP ID), such as `example.com`. Changing it makes all of them unusable. */
  rpId: string
  /** The name that browsers show. @default the domain */
  rpName?: string
  /** The origins of the pages that use passkeys, each within this domain. */
  origins: readonly string[]
  /** How many passkeys a user may have, 1 to 100. @default 10 */
  limit?: number
}

/** A new credential whose response was verified. */
export type VerifiedRegistration = Pick<
  StoredPasskey,
  'credentialId' | 'signCount' | 'transports' | 'aaguid' | 'backupEligible' | 'backedUp'
> & { publicKey: Uint8Array }

/** What a verified assertion reports. */
export type VerifiedAssertion = Pick<StoredPasskey, 'signCount' | 'backedUp'>

/** The ceremonies of WebAuthn, without state. `challenge` is base64url. */
export interface Passkeys {
  limit: number
  /** Returns the options for `navigator.credentials.create`, as JSON. */
  registrationOptions(given: {
    challenge: Uint8Array<ArrayBuffer>
    account: string
    userHandle: Uint8Array<ArrayBuffer>
    held: readonly StoredPasskey[]
  }): Promise<CeremonyOptions>
  /** Returns the options for `navigator.credentials.get`, as JSON. */
  requestOptions(given: {
    challenge: Uint8Array<ArrayBuffer>
    held: readonly StoredPasskey[]
  }): Promise<CeremonyOptions>
  /** Resolves to `null` for an invalid response. */
  verifyRegistration(response: unknown, challenge: string): Promise<VerifiedRegistration | null>
  /** Resolves to `null` for an invalid response. */
  verifyAssertion(
    response: unknown,
    given: { challenge: string; passkey: StoredPasskey },
  ): Promise<VerifiedAssertion | null>
}
