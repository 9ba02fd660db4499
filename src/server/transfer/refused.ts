/** Why a user is refused, in words that quote no secret, for a sentence that begins with the line. */
export class Refused extends Error {}

/** Clocks differ. */
export const FUTURE_MS = 5 * 60_000

/** The members that have a value, each of them known. `words` begin the reason where one is not. */
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

/** A name that may be a secret is not repeated. */
const unknownMember = (name: string) =>
  /^\w{1,24}$/.test(name) && !/^[A-Z2-7]{10,}$/.test(name)
    ? `the unknown member ${name}`
    : 'an unknown member'

/** Epoch milliseconds. `words` begin the reason where it is none. */
export function momentOf(value: unknown, now: number, words: string): number | undefined {
  if (value === undefined) return undefined
  const isZoned =
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value)
  const time = isZoned ? Date.parse(value) : Number.NaN
  if (!(time >= 0)) throw new Refused(`${words} that is no time as 2024-05-01T12:00:00Z`)
  if (time > now + FUTURE_MS) throw new Refused(`${words} in the future`)
  return time
}
