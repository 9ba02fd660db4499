import { acrOption } from '../../contract/challenge.ts'
import {
  assertOptions,
  clockOption,
  type OptionRules,
  required,
  wholeNumber,
} from '../../contract/options.ts'
import { isRecent } from '../tokens/recency.ts'

/** How and how recently a user must have authenticated at a provider. */
export interface WantedAuthentication {
  /** The maximum age of the authentication, 1 to 86,400 seconds. */
  maxAge: number
  /**
   * The accepted methods (`amr`, RFC 8176), such as `['otp', 'mfa']`; Supabase says `totp`. One must have been used.
   * @default any
   */
  amr?: readonly string[]
  /** The accepted authentication contexts (`acr`). @default any */
  acrValues?: readonly string[]
  /** Returns epoch milliseconds. @default Date.now */
  clock?: () => number
}

/** One authentication at a provider, identified. It obtains one elevation: `mintElevation(user, scopes, proof)`. */
export interface RelayedProof {
  /** Unique for each authentication of a user. */
  proofId: string
  /** The authentication context, if the provider names one. */
  acr?: string
}

const rules: OptionRules = {
  maxAge: required(wholeNumber(1, 86_400)),
  amr: { takes: "a list of names such as ['otp', 'mfa']", fits: isListOfNames },
  acrValues: {
    takes: 'a list of names such as https://refeds.org/profile/mfa',
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every(acrOption.fits),
  },
  clock: clockOption,
}

/**
 * Reads from the claims of a provider's ID or access token (OpenID Connect Core §2, RFC 9470 §6.2) whether its user
 * authenticated as `wanted`. Returns the proof, or `null` if the claims do not say so. Verify the token's signature,
 * issuer, audience and expiry first. What counts is the time of the authentication, not of the token: `auth_time`, or
 * the time of the method itself (Supabase). Without either, nothing is recent. Throws a `TypeError` for an invalid
 * option.
 */
export function recentAuthentication(claims: unknown, wanted: WantedAuthentication): RelayedProof | null {
  assertOptions(wanted, rules)
  const { maxAge, amr, acrValues, clock = Date.now } = wanted
  const { iss = '', sub, acr, ...told }: Claims = Object(claims)
  if (typeof sub !== 'string' || sub === '') return null
  if (acrValues && !acrValues.some((one) => one === acr)) return null
  const at = timeOf(told, amr)
  if (typeof at !== 'number' || !isRecent(at * 1000, maxAge * 1000, clock())) return null
  return { proofId: JSON.stringify([iss, sub, at]), ...(acrOption.fits(acr) && { acr: String(acr) }) }
}

/** The claims of a token with a valid signature; the provider may have put anything in them. */
interface Claims {
  iss?: unknown
  sub?: unknown
  auth_time?: unknown
  acr?: unknown
  /** A list of names in OpenID Connect, and of `{ method, timestamp }` at Supabase. */
  amr?: unknown
}

/** When one of the methods was last used, epoch seconds. */
function timeOf({ auth_time, amr }: Claims, wanted: readonly string[] | undefined): unknown {
  const fits = (method: unknown) => wanted === undefined || wanted.some((one) => one === method)
  const used: unknown[] = Array.isArray(amr) ? amr : []
  const times = used.flatMap((one) => {
    const { method, timestamp } = Object(one)
    return typeof timestamp === 'number' && fits(method) ? [timestamp] : []
  })
  if (times.length > 0) return Math.max(...times)
  return wanted === undefined || used.some(fits) ? auth_time : undefined
}

function isListOfNames(value: unknown) {
  return (
    Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== '')
  )
}
