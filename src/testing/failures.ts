import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { toErrorBody } from '../contract/wire/error-body.ts'

/** `hang` never answers; `network` cuts the connection; any other is answered as the server itself says it. */
export type FailureKind = TotpErrorCode | 'hang'

/** Which calls fail, and how often. */
export interface FailureOptions {
  /** The end of the path of the calls that fail, such as `/users/mfa/auth/totp`. @default any call */
  path?: string
  /** How many calls fail. @default 1 */
  times?: number
  /** For `rate_limited`: when the next try is allowed. @default 30 */
  retryAfterSeconds?: number
}

interface Failure {
  kind: FailureKind
  path: string
  left: number
  retryAfterSeconds: number
}

/** What goes wrong next, in the order in which it was asked for. */
export class Failures {
  #waiting: Failure[] = []
  readonly #hung = new Set<() => void>()

  add(kind: FailureKind, { path = '', times = 1, retryAfterSeconds = 30 }: FailureOptions = {}): void {
    this.#waiting.push({ kind, path, left: times, retryAfterSeconds })
  }

  /** Ends all failures, and answers the calls that hang. */
  clear(): void {
    this.#waiting = []
    for (const release of this.#hung) release()
    this.#hung.clear()
  }

  /** The answer that a request gets instead of the server's, if one is due. `cut` closes its connection. */
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
