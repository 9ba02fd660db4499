import { array, boolean, object, type Shape, string } from './shape.ts'

/** A passkey of the user in the backend. Times are ISO 8601. */
export interface Passkey {
  /** The id for `renamePasskey` and `deletePasskey`. */
  id: string
  /** The user's name for it. */
  alias?: string
  createdAt?: string
  /** When it was last used. Absent if it never was, or the provider does not say. */
  lastUsedAt?: string
  /** Whether its provider syncs it, so that it outlives the device (WebAuthn §6.1.3, backup state). */
  backedUp?: boolean
}
const passkey: Shape<Passkey> = object(
  { id: string(/^[\s\S]{1,1400}$/u) },
  { alias: string(), createdAt: string(), lastUsedAt: string(), backedUp: boolean },
)
/** The answer of any backend. */
export const passkeys: Shape<Passkey[]> = array(passkey)
