import { TotpFlowError } from './errors.ts'

/** Settles like the promise, unless the signal has fired or fires first: then rejects with `aborted` or `timeout`. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  const listening = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const end = () => reject(TotpFlowError.from(signal.reason, 'aborted'))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { signal: listening.signal })
  })
  return Promise.race([aborted, promise]).finally(() => listening.abort())
}
