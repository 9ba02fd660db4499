import type { OptionRule } from './options.ts'

/** How a service wants the person to prove who is there (RFC 9470 §3). */
export interface Challenge {
  /** The contexts of authentication that would do, the best first (`acr_values`). */
  acrValues?: readonly string[]
  /** How old the verification may be, seconds (`max_age`). */
  maxAge?: number
}

const ACR = /^[!#-[\]-~]+$/
export const isAcr = (value: unknown): value is string => typeof value === 'string' && ACR.test(value)
/** As a header can say it, among others that spaces separate (RFC 9470 §3). */
export const acrOption: OptionRule = {
  takes: 'a name such as https://refeds.org/profile/mfa, without spaces',
  fits: isAcr,
}
