const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Does `work`; if the process is told to end meanwhile, does `last` before it ends by that signal. */
export async function ifStopped<Result>(last: () => void, work: () => Promise<Result>): Promise<Result> {
  function stop(signal: NodeJS.Signals) {
    last() // whole, also when the key is pressed twice
    for (const one of SIGNALS) process.removeListener(one, stop)
    process.kill(process.pid, signal)
  }
  for (const one of SIGNALS) process.on(one, stop)
  try {
    return await work()
  } finally {
    for (const one of SIGNALS) process.removeListener(one, stop)
  }
}
