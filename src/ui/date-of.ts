/** Parses a backend's time; `null` if it is invalid. */
export function dateOf(at: string): Date | null {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? null : date
}
