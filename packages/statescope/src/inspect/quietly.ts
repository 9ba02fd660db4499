let hasComplained = false
/** An app goes on, whatever becomes of its watching; the first time, its developer hears why. */
export function quietly(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (hasComplained) return
    hasComplained = true
    console.error('statescope could not show something:', error)
  }
}
