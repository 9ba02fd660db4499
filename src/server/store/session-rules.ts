import type { SessionAge, SessionRules } from './store.ts'

/** Of a user none of whose sessions was ended, and who removed no device. */
export const FIRST_RULES: SessionRules = {
  generation: 0,
  liveFrom: 0,
  registersFrom: 0,
  spared: null,
  begunFrom: 0,
}

/** Longer than any session lasts: by then the rules judge none that there is. */
export const SESSION_RULES_KEPT_MS = 31 * 24 * 3_600_000

/** What comes after a generation, also when the clock was set back, or the rules were forgotten in between. */
export const generationAfter = (generation: number, now: number): number => Math.max(generation + 1, now)

/** Whether a session that nobody ended by itself is over all the same. `begunAt` in epoch milliseconds. */
export const isOver = (session: SessionAge & { begunAt: number | null }, rules: SessionRules): boolean =>
  isOlder(session, rules.liveFrom, rules) || (session.begunAt !== null && session.begunAt < rules.begunFrom)

/** Whether a session may register a device: not if it was there already when the last one was removed. */
export const mayRegister = (session: SessionAge | undefined, rules: SessionRules): boolean =>
  session === undefined || !isOlder(session, rules.registersFrom, rules)

/** What is not known of a session of the host is for the host to hold against it. */
const isOlder = ({ id, generation }: SessionAge, than: number, { spared }: SessionRules) =>
  generation !== null && generation < than && (id === null || id !== spared)
