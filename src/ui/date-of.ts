/** The time that a backend told; `null` where that is none. */
export function dateOf(at: string): Date | null {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? null : date
}
