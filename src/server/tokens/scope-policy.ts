import {
  assertOptions,
  type OptionRules,
  required,
  trueOrFalse,
  wholeNumber,
} from '../../contract/options.ts'
import { isScope, LINK_SCOPE, UNLINK_SCOPE, UPDATE_SCOPE } from '../../contract/scopes.ts'

/** The lifetime of an elevation with this scope, and whether its first use consumes it. */
export interface ScopeRule {
  singleUse: boolean
  /** The lifetime, 1 to 86,400 seconds. @default 300 if single-use, otherwise 600 */
  seconds?: number
}

/**
 * Scopes to allow in addition to Dynamic's, or rules that replace theirs. `false` disallows a scope. A token for several
 * scopes gets the strictest rule of each.
 */
export type ScopePolicy = Readonly<Record<string, ScopeRule | false>>

/** The scopes that may be requested. */
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

/** The scopes that the server itself requires: without them, nobody could remove a device or replace recovery codes. */
export const NEEDED_SCOPES: readonly string[] = [LINK_SCOPE, UNLINK_SCOPE, UPDATE_SCOPE]

/** Dynamic's own lifetimes. */
export const SINGLE_USE_SECONDS = 5 * 60
export const MULTI_USE_SECONDS = 10 * 60

export const lifetimeOf = ({ singleUse, seconds }: ScopeRule) =>
  seconds ?? (singleUse ? SINGLE_USE_SECONDS : MULTI_USE_SECONDS)

/** An elevation that lasts longer than a day is not a fresh proof. */
const LONGEST_SECONDS = 24 * 3600

const ruleRules: OptionRules = { singleUse: required(trueOrFalse), seconds: wholeNumber(1, LONGEST_SECONDS) }

/** Merges a policy into Dynamic's rules. Throws a `TypeError` if it is invalid. */
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
