import { array, boolean, object, type Shape, string } from './shape.ts'

/** A passkey of the user, as the backend knows it. Times are ISO 8601. */
export interface Passkey {
  /** What `renamePasskey` and `deletePasskey` take. */
  id: string
  /** As the person calls it. */
  alias?: string
  createdAt?: string
  /** When it last answered a prompt. Absent where it never did, or the provider does not tell. */
  lastUsedAt?: string
  /** Whether it is synced by its provider, and so outlives the device (WebAuthn §6.1.3, backup state). */
  backedUp?: boolean
}
const passkey: Shape<Passkey> = object(
  { id: string(/^[\s\S]{1,1400}$/u) },
  { alias: string(), createdAt: string(), lastUsedAt: string(), backedUp: boolean },
)
/** What a backend answers, whoever is behind it. */
export const passkeys: Shape<Passkey[]> = array(passkey)
