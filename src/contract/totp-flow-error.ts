import { errorTable, isErrorCode, type TotpErrorCode } from './error-codes.ts'
import { Sealed } from './sealed.ts'

const sealed = (cause: unknown) => (cause instanceof Sealed ? cause : Sealed.of(cause))

/**
 * The only error type of this package. Switch on `code`, show `message`, and wait until `retryAt` (epoch milliseconds)
 * if it is set.
 */
export class TotpFlowError extends Error {
  override readonly name = 'TotpFlowError'
  /** Switch on this: it is stable, while the wording of `message` may change. */
  readonly code: TotpErrorCode
  /**
   * When the next attempt is allowed, epoch milliseconds. Set with `rate_limited`, and with an `invalid_code` that
   * starts a wait.
   */
  readonly retryAt?: number

  /** `message` defaults to the code's English sentence. `cause` is sealed: to debug, call `error.cause.unseal()`. */
  constructor(code: TotpErrorCode, options: { message?: string; retryAt?: number; cause?: unknown } = {}) {
    // The cause is a foreign object and may quote the request.
    super(
      options.message ?? errorTable[code].message,
      options.cause !== undefined ? { cause: sealed(options.cause) } : {},
    )
    this.code = code
    if (Number.isFinite(options.retryAt)) this.retryAt = options.retryAt
  }

  /** Whether retrying can succeed: with the same call, or with the next code (after `retryAt`, if set). */
  get retryable(): boolean {
    return errorTable[this.code].retryable
  }

  /** The HTTP status for this code. */
  get status(): number {
    return errorTable[this.code].status
  }

  /** Returns a `TotpFlowError` unchanged, an abort as `aborted`, a timeout as `timeout`, and anything else as `fallback`. */
  static from(cause: unknown, fallback: TotpErrorCode = 'server'): TotpFlowError {
    try {
      if (cause instanceof TotpFlowError && isErrorCode(cause.code)) return cause
      if (cause instanceof Error && cause.name === 'AbortError')
        return new TotpFlowError('aborted', { cause })
      if (cause instanceof Error && cause.name === 'TimeoutError')
        return new TotpFlowError('timeout', { cause })
    } catch {
      // A foreign object may throw on any access, so it is ignored.
    }
    return new TotpFlowError(fallback, { cause })
  }

  /** Returns the fields that are safe to log: neither the cause nor the stack. */
  toJSON(): { name: string; code: TotpErrorCode; message: string; retryable: boolean; retryAt?: number } {
    const { name, code, message, retryable, retryAt } = this
    return { name, code, message, retryable, ...(retryAt !== undefined && { retryAt }) }
  }
}
