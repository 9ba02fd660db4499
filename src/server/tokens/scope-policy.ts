import {
  assertOptions,
  type OptionRules,
  required,
  trueOrFalse,
  wholeNumber,
} from '../../contract/options.ts'
import { isScope, LINK_SCOPE, UNLINK_SCOPE, UPDATE_SCOPE } from '../../contract/scopes.ts'

/** Whether the first use of a token with the scope consumes it, and how long it lasts. */
export interface ScopeRule {
  singleUse: boolean
  /** @default 300 for single use, 600 otherwise */
  seconds?: number
}

/**
 * What may be requested in addition to Dynamic's scopes, or by another rule than theirs; `false` takes one away. A token for
 * several scopes takes the strictest of each.
 */
export type ScopePolicy = Readonly<Record<string, ScopeRule | false>>

/** What may be asked for. */
export type ScopeRules = Readonly<Record<string, ScopeRule>>

const once = { singleUse: true }
const often = { singleUse: false }
const DYNAMICS_SCOPES: ScopeRules = {
  'wallet:export': once,
  'wallet:delete': once,
  'wallet:sign': often,
  'wallet:delegate': often,
  'wallet:restore': often,
  [LINK_SCOPE]: once,
  [UPDATE_SCOPE]: once,
  [UNLINK_SCOPE]: once,
  'user:update': often,
  'user:delete': once,
}

/** What the server itself asks for: without them, nobody could remove a device or replace recovery codes. */
export const NEEDED_SCOPES: readonly string[] = [LINK_SCOPE, UNLINK_SCOPE, UPDATE_SCOPE]

/** Dynamic's own lifetimes. */
export const SINGLE_USE_SECONDS = 5 * 60
export const MULTI_USE_SECONDS = 10 * 60

export const lifetimeOf = ({ singleUse, seconds }: ScopeRule) =>
  seconds ?? (singleUse ? SINGLE_USE_SECONDS : MULTI_USE_SECONDS)

/** A right that outlasts a day is no fresh proof: it is the session's then. */
const LONGEST_SECONDS = 24 * 3600

const ruleRules: OptionRules = { singleUse: required(trueOrFalse), seconds: wholeNumber(1, LONGEST_SECONDS) }

/** Throws at a policy that cannot be meant. */
export function rulesFrom(policy: ScopePolicy): ScopeRules {
  const rules: Record<string, ScopeRule> = { ...DYNAMICS_SCOPES }
  for (const [scope, rule] of Object.entries(policy)) {
    if (!isScope(scope)) throw new TypeError(`scopes: ${scope} does not look like invoice:pay.`)
    if (rule !== false) {
      assertOptions(rule, ruleRules, `scopes: ${scope}.`)
      rules[scope] = rule
    } else {
      if (NEEDED_SCOPES.includes(scope)) throw new TypeError(`scopes: the server needs ${scope} itself.`)
      delete rules[scope]
    }
  }
  return rules
}
