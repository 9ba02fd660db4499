import { isScope, LINK_SCOPE, UNLINK_SCOPE, UPDATE_SCOPE } from '../contract/scopes.ts'
import { DEFAULT_SCOPES, type ScopePolicy } from '../server/tokens.ts'
import { UsageError } from './command.ts'

/** Longer than this after a code, nothing is a fresh proof. */
const LONGEST_SECONDS = 3600

/** What the server itself asks for: off, nobody could remove a device or make recovery codes anew. */
const OURS: readonly string[] = [LINK_SCOPE, UNLINK_SCOPE, UPDATE_SCOPE]

/** Dynamic's scopes, with the rules of `given` (such as `wallet:sign=often/120`) added or put in the place of theirs. */
export function scopesOf(given: readonly string[]): ScopePolicy {
  const policy: Record<string, ScopePolicy[string]> = { ...DEFAULT_SCOPES }
  for (const text of given) {
    const [, name = '', rule, seconds] = /^([^=]+)=(once|often|off)(?:\/(\d{1,4}))?$/.exec(text) ?? []
    const isLifetime = seconds === undefined || (Number(seconds) >= 1 && Number(seconds) <= LONGEST_SECONDS)
    if (!isScope(name) || !isLifetime || (rule === 'off' && seconds !== undefined)) {
      throw new UsageError(
        `--scope must look like wallet:sign=often, wallet:export=once/120 (seconds, ${LONGEST_SECONDS} at most) or user:delete=off. Correct ${text}.`,
      )
    }
    if (rule === 'off') {
      if (OURS.includes(name)) throw new UsageError(`--scope: the server needs ${name} itself. Leave it on.`)
      delete policy[name]
    } else {
      policy[name] = {
        singleUse: rule === 'once',
        ...(seconds !== undefined && { seconds: Number(seconds) }),
      }
    }
  }
  return policy
}
