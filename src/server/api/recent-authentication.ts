import { acrOption } from '../../contract/challenge.ts'
import {
  assertOptions,
  clockOption,
  type OptionRules,
  required,
  wholeNumber,
} from '../../contract/options.ts'
import { isRecent } from '../tokens/recency.ts'

/** How somebody has to have signed in at a provider. */
export interface WantedAuthentication {
  /** How long ago, seconds. */
  maxAge: number
  /** Methods of which one was used (`amr`, RFC 8176), such as `['otp', 'mfa']`; Supabase calls it `totp`. @default any */
  amr?: readonly string[]
  /** Contexts of which it was one (`acr`). @default any */
  acrValues?: readonly string[]
  /** Epoch milliseconds. @default Date.now */
  clock?: () => number
}

/** An authentication at a provider, as it can be told from others. It wins one elevation: `mintElevation(user, scopes, proof)`. */
export interface RelayedProof {
  /** One for each authentication of a user. */
  proofId: string
  /** The context of authentication, where the provider names one. */
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
 * The proof in the claims of a provider's ID or access token (OpenID Connect Core §2, RFC 9470 §6.2) that its user has just
 * authenticated in the way that is wanted; `null` where they say no such thing. Verify the token before: its signature, issuer,
 * audience and expiry. It is the sign-in that `auth_time` dates, and not when the token was made: without it, or a time of the
 * method itself as Supabase tells it, nothing is recent.
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

/** Of a token whose signature is good: whatever its provider has put there. */
interface Claims {
  iss?: unknown
  sub?: unknown
  auth_time?: unknown
  acr?: unknown
  /** OpenID Connect has names here; Supabase has `{ method, timestamp }`. */
  amr?: unknown
}

/** When one of the methods was used, epoch seconds. */
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
