/** How a service wants the person to prove who is there (RFC 9470 §3). */
export interface Challenge {
  /** The contexts of authentication that would do, the best first (`acr_values`). */
  acrValues?: readonly string[]
  /** How old the verification may be, seconds (`max_age`). */
  maxAge?: number
}
