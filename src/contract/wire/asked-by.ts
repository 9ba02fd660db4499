import type { Challenge } from '../challenge.ts'
import { isScope, type Scope } from '../scopes.ts'

/** Longer than any honest server's header. */
const LONGEST_CHALLENGE = 8192

/** RFC 9110 §11.6.1: a scheme, or a name with a quoted string or a token. Visits each character only a few times. */
const PART = /[\s,]*([^\s,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/gy

/** The fresh proof that a server requires (RFC 9470 §3): scopes, or a recent verification, or one of another kind. */
export interface Asked extends Challenge {
  /** All scopes that it names. A flow understands those of the form `noun:verb`. */
  named: readonly string[]
  scopes: readonly Scope[]
}

/** Finds the challenge for a fresh proof in a header, which may hold others too. Returns `null` if it has none. */
export function askedBy(header: string): Asked | null {
  if (header.length > LONGEST_CHALLENGE) return null
  const challenges: Map<string, string>[] = []
  for (const [, name = '', quoted, token] of header.matchAll(PART)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? token
    const challenge = challenges.at(-1)
    if (value === undefined) challenges.push(new Map())
    else if (!challenge?.has(name.toLowerCase())) challenge?.set(name.toLowerCase(), value)
  }
  const asked = challenges.find((one) => one.get('error') === 'insufficient_user_authentication')
  const list = (name: string) => asked?.get(name)?.split(' ').filter(Boolean) ?? []
  const named = list('scope')
  const scopes = named.filter(isScope)
  const acrValues = list('acr_values')
  const [maxAge] = asked?.get('max_age')?.match(/^\d{1,9}$/) ?? []
  if (named.length === 0 && acrValues.length === 0 && maxAge === undefined) return null
  return {
    named,
    scopes,
    ...(acrValues.length > 0 && { acrValues }),
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
  }
}
