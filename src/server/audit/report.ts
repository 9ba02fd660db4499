import { Sealed } from '../../contract/sealed.ts'

/** What the server was doing when something failed on the host's side. */
export interface ErrorContext {
  /** The request that failed, with only the path: a query may hold secrets. */
  request?: { method: string; path: string }
  /** The method of a `backendFor` that failed. */
  call?: string
  /** The type of the event that `onEvent` failed on. */
  event?: string
}

/** Reports an error to the host. Hides `secrets` wherever the error quotes them. */
export type Report = (thrown: unknown, context?: ErrorContext, secrets?: readonly string[]) => void

/** The default of `onError`. */
export function logError(error: unknown, { request, call, event }: ErrorContext): void {
  const during = request ? `${request.method} ${request.path}` : (call ?? (event && `onEvent(${event})`))
  console.error(`totp-flow: ${during ?? 'a background task'} failed.`, error)
}

/** Reports failures to the host. An `onError` that throws or rejects fails nothing else. */
export function createReport(onError: (error: Error, context: ErrorContext) => unknown): Report {
  return (thrown, context = {}, secrets = []) => {
    const tell = async () => onError(readable(thrown, hiding(secrets)), context)
    tell().catch(() => {})
  }
}

/** How many causes are followed, since a chain may loop. */
const LONGEST_CHAIN = 5
const UNREADABLE = 'An error that cannot be read.'

/**
 * Copies only name, message, stack, code and causes, with secrets hidden: a database's error may carry the values of a
 * row, and a parser's the token that it could not parse.
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
    return new Error(UNREADABLE) // a foreign object may throw on any access
  }
}

/** Whatever looks like a secret: tokens, authenticator codes, recovery codes, keys, passwords in URLs. */
const PATTERNS: readonly RegExp[] = [
  /\beyJ[\w.-]+/g,
  /\bBearer [^\s'"]+/gi,
  /(?<![\w.:-])\d{3}[ -]?\d{3}(?![\w.:-])/g,
  /(?<![\w-])[a-z2-7]{5}-[a-z2-7]{5}-[a-z2-7]{5}(?![\w-])/gi,
  /\bsecret=[^&\s'"]+/gi,
  /:\/\/[^\s/@]*@/g,
]
const HIDDEN = '[hidden]'
/** Anything shorter would match ordinary words. */
const SHORTEST_SECRET = 4

const hiding = (secrets: readonly string[]) => {
  const told = secrets.filter(({ length }) => length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length)
  return (text: string) =>
    PATTERNS.reduce(
      (hidden, pattern) => hidden.replace(pattern, HIDDEN),
      told.reduce((hidden, secret) => hidden.replaceAll(secret, HIDDEN), text),
    )
}
