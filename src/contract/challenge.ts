import type { OptionRule } from './options.ts'

/** The authentication that a service requires (RFC 9470 §3). */
export interface Challenge {
  /** The accepted authentication contexts, the preferred one first (`acr_values`). */
  acrValues?: readonly string[]
  /** The maximum age of the verification, seconds (`max_age`). */
  maxAge?: number
}

const ACR = /^[!#-[\]-~]+$/
export const isAcr = (value: unknown): value is string => typeof value === 'string' && ACR.test(value)
/** Valid in a header, where spaces separate the values (RFC 9470 §3). */
export const acrOption: OptionRule = {
  takes: 'a name such as https://refeds.org/profile/mfa, without spaces',
  fits: isAcr,
}
