import { causeCode } from '../audit/cause-code.ts'
import { withoutUrls } from './without-urls.ts'

/** The server cannot start. The message is one line that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The first line of the innermost error that has a message, and the cause's code. Never a URL: it may hold a password. */
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
