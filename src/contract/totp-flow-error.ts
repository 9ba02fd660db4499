import { errorTable, isErrorCode, type TotpErrorCode } from './error-codes.ts'
import { Sealed } from './sealed.ts'

const sealed = (cause: unknown) => (cause instanceof Sealed ? cause : Sealed.of(cause))

/** The one error of this package. Switch on `code`; show `message`; wait until `retryAt` (epoch milliseconds) if set. */
export class TotpFlowError extends Error {
  override readonly name = 'TotpFlowError'
  /** What to switch on: it stays, while the words of `message` may change. */
  readonly code: TotpErrorCode
  /** When the next try is allowed, epoch milliseconds: with `rate_limited`, and with the `invalid_code` that starts a wait. */
  readonly retryAt?: number

  /** `message` is the code's sentence in English unless given; `cause` is sealed: `error.cause.unseal()` to debug. */
  constructor(code: TotpErrorCode, options: { message?: string; retryAt?: number; cause?: unknown } = {}) {
    // The cause is a stranger's object and may quote the request.
    super(
      options.message ?? errorTable[code].message,
      options.cause !== undefined ? { cause: sealed(options.cause) } : {},
    )
    this.code = code
    if (Number.isFinite(options.retryAt)) this.retryAt = options.retryAt
  }

  /** Whether trying again can succeed: the same call, or the next code (after `retryAt`, if set). */
  get retryable(): boolean {
    return errorTable[this.code].retryable
  }

  /** The HTTP status that says this. */
  get status(): number {
    return errorTable[this.code].status
  }

  /** Ours as it is; an abort as `aborted`, a time-out as `timeout`; anything else under `fallback`. */
  static from(cause: unknown, fallback: TotpErrorCode = 'server'): TotpFlowError {
    try {
      if (cause instanceof TotpFlowError && isErrorCode(cause.code)) return cause
      if (cause instanceof Error && cause.name === 'AbortError')
        return new TotpFlowError('aborted', { cause })
      if (cause instanceof Error && cause.name === 'TimeoutError')
        return new TotpFlowError('timeout', { cause })
    } catch {
      // A stranger's object may throw at any touch: then it says nothing.
    }
    return new TotpFlowError(fallback, { cause })
  }

  /** What a log may show: neither the cause nor the stack. */
  toJSON(): { name: string; code: TotpErrorCode; message: string; retryable: boolean; retryAt?: number } {
    const { name, code, message, retryable, retryAt } = this
    return { name, code, message, retryable, ...(retryAt !== undefined && { retryAt }) }
  }
}
