import { isResumable } from '../../machines/resumable.ts'
import type { Resumable } from '../../machines/totp.types.ts'
import { readAs, shape } from '../contract/shape.ts'
import type { TotpSnapshot } from './view.ts'

const VERSION = 1

/** What a page may keep over a reload, as JSON: no secret, no code, no token. */
export interface PersistedFlow {
  /** Of this form: one of another version starts clean. */
  version: typeof VERSION
  /** What a flow takes up again; `null` unless a code was waited for. */
  resumable: Resumable | null
}
const persisted = shape({}, (value): value is { resumable: Resumable } => {
  const { version, resumable } = Object(value)
  return version === VERSION && isResumable(resumable)
})

/** Only waiting for a proof survives: the person may have scanned already. Anything else asks the backend again. */
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

/** What can be picked up from a stored form; `null` for garbage, another version, or nothing to pick up. */
export const resumableFrom = (stored: unknown): Resumable | null =>
  readAs(persisted, stored)?.resumable ?? null
