let hasComplained = false
/** Keeps errors of the inspector from the app. Reports only the first to the developer. */
export function quietly(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (hasComplained) return
    hasComplained = true
    console.error('statescope could not show something:', error)
  }
}
