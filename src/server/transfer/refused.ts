/** Says why a user is refused, without quoting a secret. Continues a sentence that begins with the line. */
export class Refused extends Error {}

/** Tolerance for clocks that differ. */
export const FUTURE_MS = 5 * 60_000

/** Returns the members that have a value. Throws for an unknown member, with a reason that begins with `words`. */
export function membersOf(
  given: object,
  known: Readonly<Record<string, true>>,
  words: string,
): Record<string, unknown> {
  const members: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, name)) throw new Refused(`${words} ${unknownMember(name)}`)
    if (value !== null) members[name] = value
  }
  return members
}

/** Does not repeat a name that may be a secret. */
const unknownMember = (name: string) =>
  /^\w{1,24}$/.test(name) && !/^[A-Z2-7]{10,}$/.test(name)
    ? `the unknown member ${name}`
    : 'an unknown member'

/** Parses a time to epoch milliseconds. Throws if it is invalid, with a reason that begins with `words`. */
export function momentOf(value: unknown, now: number, words: string): number | undefined {
  if (value === undefined) return undefined
  const isZoned =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value)
  const time = isZoned ? Date.parse(value) : Number.NaN
  if (!(time >= 0)) throw new Refused(`${words} that is not a time such as 2024-05-01T12:00:00Z`)
  if (time > now + FUTURE_MS) throw new Refused(`${words} in the future`)
  return time
}
