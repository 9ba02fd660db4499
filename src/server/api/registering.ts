import { LINK_SCOPE } from '../../contract/scopes.ts'
import type { Proof, SessionAge } from '../store/store.ts'
import { isRecent } from '../tokens/recency.ts'
import { hasFactor } from './factors.ts'
import { requireElevationProof } from './proof.ts'
import { refused } from './refusal.ts'
import type { Call } from './service.ts'

/** How long ago the sign-in may be where registering takes a recent one. */
const SIGN_IN_IS_RECENT_MS = 5 * 60_000

interface Registering {
  proof: Proof | 'first'
  /** Who registers, where the age of that session counts: not where the host itself has vouched for it. */
  session: SessionAge | undefined
}

/** What a new factor takes: beside another one, a proof by that; of a first one, what the policy says. */
export async function proofToRegister(call: Call): Promise<Registering> {
  const { service, age } = call
  const { register } = service.stepUp
  if (register === 'required' || hasFactor(call)) {
    const { proof, isOfHost } = await requireElevationProof(call, LINK_SCOPE)
    return { proof, session: register === 'required' && isOfHost ? undefined : age }
  }
  if (register === 'recent-sign-in') requireRecentSignIn(call)
  // Passkeys of before, which the server no longer takes, must not stand in the way of an app.
  return { proof: service.passkeys ? 'first' : null, session: age }
}

/** Where the host does not say when the user signed in, the credential proves nothing recent. */
function requireRecentSignIn(call: Call): void {
  const { service, authenticatedAt } = call
  if (isRecent(authenticatedAt, SIGN_IN_IS_RECENT_MS, service.now())) return
  throw refused(call, 'reauthentication_required')
}
