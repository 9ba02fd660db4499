/** What a session still owes before the app may be used. A backend that never owes anything tells of none. */
export interface Gate {
  /** Nothing; a code of the app that is set up; or to set one up. */
  state: 'open' | 'codeOwed' | 'enrollmentOwed'
  /** Until when an enrollment may be put off, epoch milliseconds. Without, or once it is over, it is owed now. */
  enrollBy?: number
}

const STATES: readonly unknown[] = ['open', 'codeOwed', 'enrollmentOwed'] satisfies Gate['state'][]
/** Of a store or a port, which may say anything. No `Shape` says so, since a page with the chart alone would load all of them. */
export const isGate = (value: unknown): value is Gate => {
  const { state, enrollBy = 0 } = Object(value)
  return STATES.includes(state) && Number.isFinite(enrollBy)
}

/** Of a service that tells in a session's scope whether a factor is owed, as Dynamic's does. */
export function gateOfScope(scope: string | undefined, hasDevice: boolean): Gate {
  const isOwed = scope?.split(' ').includes(MFA_OWED) === true
  return { state: !isOwed ? 'open' : hasDevice ? 'codeOwed' : 'enrollmentOwed' }
}

/** In a session's scope while a second factor is still owed, in the words of Dynamic's SDK. */
export const MFA_OWED = 'requiresAdditionalAuth'
