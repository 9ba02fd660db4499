import { isScope } from '../contract/scopes.ts'
import { NEEDED_SCOPES, type ScopePolicy } from '../server/tokens/scope-policy.ts'
import { given, UsageError } from './command.ts'

/** The longest that a code counts as a fresh proof. */
const LONGEST_SECONDS = 3600

/** Parses the values of `--scope`, such as `wallet:sign=often/120`. */
export const scopesOf = (rules: readonly string[]): ScopePolicy => Object.fromEntries(rules.map(ruleOf))

function ruleOf(text: string): [string, ScopePolicy[string]] {
  const [, name = '', rule, seconds] = /^([^=]+)=(once|often|off)(?:\/(\d{1,4}))?$/.exec(text) ?? []
  const isLifetime = seconds === undefined || (Number(seconds) >= 1 && Number(seconds) <= LONGEST_SECONDS)
  if (!isScope(name) || !isLifetime || (rule === 'off' && seconds !== undefined)) {
    throw new UsageError(
      `--scope must look like wallet:sign=often, wallet:export=once/120 (seconds, ${LONGEST_SECONDS} at most) or user:delete=off. Correct ${given(text)}.`,
    )
  }
  if (rule !== 'off')
    return [name, { singleUse: rule === 'once', ...(seconds && { seconds: Number(seconds) }) }]
  if (NEEDED_SCOPES.includes(name))
    throw new UsageError(`--scope: the server needs ${name} itself. Leave it on.`)
  return [name, false]
}
