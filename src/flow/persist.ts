import { isResumable } from '../../machines/resumable.ts'
import type { Resumable } from '../../machines/totp.types.ts'
import { readAs, shape } from '../contract/shape.ts'
import type { TotpSnapshot } from './view.ts'

const VERSION = 1

/** What a page may store across a reload, as JSON. Holds no secret, no code and no token. */
export interface PersistedFlow {
  /** The version of this format. A flow ignores any other version. */
  version: typeof VERSION
  /** What a flow resumes; `null` unless it was prompting for a code or a passkey. */
  resumable: Resumable | null
}
const persisted = shape({}, (value): value is { resumable: Resumable } => {
  const { version, resumable } = Object(value)
  return version === VERSION && isResumable(resumable)
})

/** Stores only a prompt for a proof: the person may have scanned already. Any other state asks the backend again. */
export function persist(snapshot: TotpSnapshot): PersistedFlow {
  const waiting = snapshot.hasTag('secretOnScreen') || snapshot.matches({ awaitingCode: 'passkey' })
  const { intent, device, retryAt, gate, passkeys } = snapshot.context
  const resumable = {
    intent: { ...intent },
    device: device ?? null,
    retryAt,
    ...(gate && { gate }),
    ...(passkeys.length > 0 && { passkeys }),
  }
  return { version: VERSION, resumable: waiting && isResumable(resumable) ? resumable : null }
}

/** What can be resumed from a stored value; `null` for an invalid value, another version or nothing to resume. */
export const resumableFrom = (stored: unknown): Resumable | null =>
  readAs(persisted, stored)?.resumable ?? null
