import { causeCode } from '../audit/cause-code.ts'
import { withoutUrls } from './without-urls.ts'

/** A start that cannot go on, in one line that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The first words of what went wrong, from the innermost error that has some, and the cause's code. Never a URL: it holds a password. */
export function reasonOf(thrown: unknown): string {
  let reason = 'unknown reason'
  for (let error = thrown; error !== undefined; error = causeOf(error)) {
    if (error instanceof Error && (error.message || 'code' in error)) {
      const words = error.message || String('code' in error && error.code)
      reason = withoutUrls(words.split('\n')[0] ?? '').slice(0, 200) || reason
    }
  }
  const code = causeCode(thrown)
  return code === undefined || reason.includes(code) ? reason : `${reason} (${code})`
}

const causeOf = (error: unknown): unknown => {
  const cause = error instanceof Error ? error.cause : undefined
  const isSealed = typeof cause === 'object' && cause !== null && 'unseal' in cause
  return isSealed && typeof cause.unseal === 'function' ? cause.unseal() : cause
}
