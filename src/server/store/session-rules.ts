import type { SessionAge, SessionRules } from './store.ts'

/** The rules of a user whose sessions were never ended, and who never removed a device. */
export const FIRST_RULES: SessionRules = {
  generation: 0,
  liveFrom: 0,
  registersFrom: 0,
  spared: null,
  begunFrom: 0,
}

/** Longer than any session lasts, so the rules affect no session any more. */
export const SESSION_RULES_KEPT_MS = 31 * 24 * 3_600_000

/** The next generation, even if the clock was set back or the rules were forgotten in between. */
export const generationAfter = (generation: number, now: number): number => Math.max(generation + 1, now)

/** Whether a session has ended by these rules, even if it was never ended itself. `begunAt` is in epoch milliseconds. */
export const isOver = (session: SessionAge & { begunAt: number | null }, rules: SessionRules): boolean =>
  isOlder(session, rules.liveFrom, rules) || (session.begunAt !== null && session.begunAt < rules.begunFrom)

/** Whether a session may register a device: not if it already existed when the last one was removed. */
export const mayRegister = (session: SessionAge | undefined, rules: SessionRules): boolean =>
  session === undefined || !isOlder(session, rules.registersFrom, rules)

/** If a host session's age is unknown, it is up to the host to reject it. */
const isOlder = ({ id, generation }: SessionAge, than: number, { spared }: SessionRules) =>
  generation !== null && generation < than && (id === null || id !== spared)
