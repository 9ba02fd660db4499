import { Sealed } from '../../contract/sealed.ts'

/** What was going on when something of the host's failed. */
export interface ErrorContext {
  /** The request that it failed for, with the path alone: a query may hold what is secret. */
  request?: { method: string; path: string }
  /** The event that `onEvent` failed on. */
  event?: string
}

/** Hands an error to the host. `secrets` are hidden wherever the error quotes them. */
export type Report = (thrown: unknown, context?: ErrorContext, secrets?: readonly string[]) => void

/** The default of `onError`. */
export function logError(error: unknown, { request, event }: ErrorContext): void {
  const during = request ? `${request.method} ${request.path}` : event && `onEvent(${event})`
  console.error(`totp-flow: ${during ?? 'a background task'} failed.`, error)
}

/** Tells the host what failed and why. One that throws or rejects fails nothing else. */
export function createReport(onError: (error: Error, context: ErrorContext) => unknown): Report {
  return (thrown, context = {}, secrets = []) => {
    const tell = async () => onError(readable(thrown, hiding(secrets)), context)
    tell().catch(() => {})
  }
}

/** The longest chain of causes that is followed: one may lead back to itself. */
const LONGEST_CHAIN = 5
const UNREADABLE = 'An error that cannot be read.'

/**
 * A copy with the name, message, stack, code and causes alone, and no secret in them: a database's error may carry the values
 * of a row, and a parser's the token that it could not parse.
 */
function readable(thrown: unknown, hide: (text: string) => string, left = LONGEST_CHAIN): Error {
  try {
    if (thrown instanceof Sealed) return readable(thrown.unseal(), hide, left)
    if (!(thrown instanceof Error)) return new Error(hide(`Thrown: ${String(thrown)}`))
    const { name, message, stack = '', cause } = thrown
    const causes = thrown instanceof AggregateError ? thrown.errors : []
    const copied = (one: unknown) => readable(one, hide, left - 1)
    const options = cause !== undefined && left > 0 ? { cause: copied(cause) } : {}
    const isTold = causes.length > 0 && left > 0
    const copy = isTold
      ? new AggregateError(causes.map(copied), hide(message), options)
      : new Error(hide(message), options)
    copy.name = hide(name)
    copy.stack = hide(stack)
    if ('code' in thrown && typeof thrown.code === 'string') Object.assign(copy, { code: hide(thrown.code) })
    return copy
  } catch {
    return new Error(UNREADABLE) // a stranger's object may throw at any touch
  }
}

/** What looks like a secret, no matter who said it: tokens, codes of an app, recovery codes, keys, passwords in URLs. */
const PATTERNS: readonly RegExp[] = [
  /\beyJ[\w.-]+/g,
  /\bBearer [^\s'"]+/gi,
  /(?<![\w.:-])\d{3}[ -]?\d{3}(?![\w.:-])/g,
  /(?<![\w-])[a-z2-7]{5}-[a-z2-7]{5}-[a-z2-7]{5}(?![\w-])/gi,
  /\bsecret=[^&\s'"]+/gi,
  /:\/\/[^\s/@]*@/g,
]
const HIDDEN = '[hidden]'
/** Shorter, it would be found in words that say nothing. */
const SHORTEST_SECRET = 4

const hiding = (secrets: readonly string[]) => {
  const told = secrets.filter(({ length }) => length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length)
  return (text: string) =>
    PATTERNS.reduce(
      (hidden, pattern) => hidden.replace(pattern, HIDDEN),
      told.reduce((hidden, secret) => hidden.replaceAll(secret, HIDDEN), text),
    )
}
