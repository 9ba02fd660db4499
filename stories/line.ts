import { type FlowClock, type TotpBackend, type TotpErrorCode, TotpFlowError } from 'totp-flow'

/** The connection between a story and its backend. */
export interface Line {
  /** The delay of each answer, milliseconds. */
  latency: number
  failure: 'none' | 'no answer' | TotpErrorCode
  /** Which calls fail. */
  failing: 'all' | keyof TotpBackend
}

export const clearLine: Line = { latency: 0, failure: 'none', failing: 'all' }

/** The wait after `rate_limited`. */
const WAIT_MS = 300_000

/** The backend behind a connection that can be slowed or cut at any time. Hanging calls are answered once it works again. */
export function overLine(real: TotpBackend, clock: FlowClock, line: Line) {
  let isUp = true
  const hanging = new Set<() => void>()

  async function cross(call: PropertyKey): Promise<void> {
    const { latency } = line
    if (latency > 0) await new Promise<void>((arrive) => clock.setTimeout(() => arrive(), latency))
    if (!isUp) throw new TotpFlowError('network')
    const { failure, failing } = line
    if (failure === 'none' || (failing !== 'all' && failing !== call)) return
    if (failure === 'rate_limited') throw new TotpFlowError(failure, { retryAt: clock.now() + WAIT_MS })
    if (failure !== 'no answer') throw new TotpFlowError(failure)
    await new Promise<void>((answer) => hanging.add(answer))
  }

  return {
    isUp: () => isUp,
    /** Turns the network on or off. */
    turn(up: boolean) {
      isUp = up
    },
    backend: new Proxy(real, {
      get(target, call) {
        const method: unknown = Reflect.get(target, call)
        if (typeof method !== 'function') return method
        return async (...given: unknown[]) => {
          await cross(call)
          return Reflect.apply(method, target, given)
        }
      },
    }),
    set(next: Line) {
      line = next
      if (line.failure === 'no answer') return
      for (const answer of hanging) answer()
      hanging.clear()
    },
  }
}
