/** What a session still owes before the app may be used. */
export interface Gate {
  /** Nothing, a code from the user's authenticator app, or the enrollment of one. */
  state: 'open' | 'codeOwed' | 'enrollmentOwed'
  /** The end of the grace period for an enrollment, epoch milliseconds. Without it, or after it, the enrollment is due now. */
  enrollBy?: number
}

const STATES: readonly unknown[] = ['open', 'codeOwed', 'enrollmentOwed'] satisfies Gate['state'][]
/** Checks a value from a store or a port. Not a `Shape`, which would add all of them to a page with the chart alone. */
export const isGate = (value: unknown): value is Gate => {
  const { state, enrollBy = 0 } = Object(value)
  return STATES.includes(state) && Number.isFinite(enrollBy)
}

/** Reads the gate from a session's scope, where services such as Dynamic say whether a factor is owed. */
export function gateOfScope(scope: string | undefined, hasDevice: boolean): Gate {
  const isOwed = scope?.split(' ').includes(MFA_OWED) === true
  return { state: !isOwed ? 'open' : hasDevice ? 'codeOwed' : 'enrollmentOwed' }
}

/** Stands in a session's scope while a second factor is owed. The word is Dynamic's. */
export const MFA_OWED = 'requiresAdditionalAuth'
