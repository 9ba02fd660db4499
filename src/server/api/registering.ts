import { LINK_SCOPE } from '../../contract/scopes.ts'
import type { Proof, SessionAge } from '../store/store.ts'
import { isRecent } from '../tokens/recency.ts'
import { hasFactor } from './factors.ts'
import { requireElevationProof } from './proof.ts'
import { refused } from './refusal.ts'
import type { Call } from './service.ts'

/** The maximum age of the sign-in, if registering requires a recent one. */
const SIGN_IN_IS_RECENT_MS = 5 * 60_000

interface Registering {
  proof: Proof | 'first'
  /** The session whose age counts; `undefined` if the host itself vouched for it. */
  session: SessionAge | undefined
}

/** The proof that a new factor requires: with another factor, a proof by that one; for a first factor, what the policy says. */
export async function proofToRegister(call: Call): Promise<Registering> {
  const { service, age } = call
  const { register } = service.stepUp
  if (register === 'required' || hasFactor(call)) {
    const { proof, isOfHost } = await requireElevationProof(call, LINK_SCOPE)
    return { proof, session: register === 'required' && isOfHost ? undefined : age }
  }
  if (register === 'recent-sign-in') requireRecentSignIn(call)
  // Passkeys that the server no longer accepts must not block setting up an app.
  return { proof: service.passkeys ? 'first' : null, session: age }
}

/** If the host does not say when the user signed in, the credential proves nothing recent. */
function requireRecentSignIn(call: Call): void {
  const { service, authenticatedAt } = call
  if (isRecent(authenticatedAt, SIGN_IN_IS_RECENT_MS, service.now())) return
  throw refused(call, 'reauthentication_required')
}
