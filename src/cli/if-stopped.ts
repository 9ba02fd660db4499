const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs `work`; if a signal ends the process meanwhile, runs `last` first. */
export async function ifStopped<Result>(last: () => void, work: () => Promise<Result>): Promise<Result> {
  function stop(signal: NodeJS.Signals) {
    last() // completes even if the key is pressed twice
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
