import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { toErrorBody } from '../contract/wire/error-body.ts'

/** `hang` never answers. `network` closes the connection. Any other kind is answered like the server's own error. */
export type FailureKind = TotpErrorCode | 'hang'

/** Which calls fail, and how often. */
export interface FailureOptions {
  /** The end of the path of the calls that should fail, such as `/users/mfa/auth/totp`. @default any call */
  path?: string
  /** How many calls fail. @default 1 */
  times?: number
  /** For `rate_limited`: when the next attempt is allowed, in seconds from now. @default 30 */
  retryAfterSeconds?: number
}

interface Failure {
  kind: FailureKind
  path: string
  left: number
  retryAfterSeconds: number
}

/** The failures to come, in the order in which they were requested. */
export class Failures {
  #waiting: Failure[] = []
  readonly #hung = new Set<() => void>()

  add(kind: FailureKind, { path = '', times = 1, retryAfterSeconds = 30 }: FailureOptions = {}): void {
    this.#waiting.push({ kind, path, left: times, retryAfterSeconds })
  }

  /** Cancels all failures, and answers the hanging calls. */
  clear(): void {
    this.#waiting = []
    for (const release of this.#hung) release()
    this.#hung.clear()
  }

  /** Returns the answer that a request gets instead of the server's, if a failure is due. `cut` closes its connection. */
  async answer(request: Request, cut: () => void): Promise<Response | undefined> {
    const { pathname } = new URL(request.url)
    const failure = this.#waiting.find(({ path }) => pathname.endsWith(path))
    if (!failure || request.method === 'OPTIONS') return undefined
    failure.left -= 1
    if (failure.left <= 0) this.#waiting = this.#waiting.filter((other) => other !== failure)
    if (failure.kind === 'hang') await new Promise<void>((release) => this.#hung.add(release))
    if (failure.kind === 'network') cut()
    return errorAnswer(failure)
  }
}

function errorAnswer({ kind, retryAfterSeconds }: Failure): Response {
  const error = new TotpFlowError(kind === 'hang' ? 'timeout' : kind)
  const seconds = error.code === 'rate_limited' ? retryAfterSeconds : undefined
  return Response.json(toErrorBody(error, seconds), {
    status: error.status,
    headers: { ...(seconds !== undefined && { 'retry-after': String(seconds) }) },
  })
}
