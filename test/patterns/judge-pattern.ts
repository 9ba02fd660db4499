import { checkSync } from 'recheck'

// The engine in JavaScript: the same on every machine, unlike the native ones, which are optional.
process.env.RECHECK_BACKEND = 'pure'
process.env.RECHECK_SYNC_BACKEND = 'pure'

/** On a machine with much else to do, a match that takes long says nothing: what counts is its steps. */
const NO_CLOCK = { timeout: null, incubationTimeout: null, attackTimeout: null }

/** What is wrong with a regular expression; `undefined` if it takes linear time at most, whatever it is matched with. */
export function judgePattern(pattern: string, flags: string): string | undefined {
  const result = checkSync(unbounded(pattern), flags, { ...NO_CLOCK, randomSeed: 0 })
  if (result.status === 'safe') return undefined
  return result.status === 'vulnerable' ? result.complexity.summary : `not judged: ${result.error.kind}`
}

/** From here on a limit counts as none. */
const MANY = 10
/** Is in no input, so that every other way to match what stands before it is tried. */
const NEVER = '\\uE000'

/**
 * The same pattern without the limits of what may repeat often. It takes at least as many steps, and unlike the other it can
 * be analysed exactly: `^(a|.){1,50}$` is never exponential in theory, and takes 2^50 steps.
 */
function unbounded(pattern: string): string {
  const parts = tokens(pattern)
  const counts = parts.flatMap((part, at) => {
    const [, least = '', comma, most = ''] = /^\{(\d+)(,?)(\d*)\}$/.exec(part) ?? []
    const isMany = comma === undefined ? false : Number(comma ? most : least) >= MANY || Number(least) >= MANY
    return isMany ? [{ at, least: Number(least) }] : []
  })
  if (counts.length === 0) return pattern
  for (const { at, least } of counts) parts[at] = `{${Math.min(least, 2)},}`
  const open = parts.map((part) => (part === '$' ? `${NEVER}$` : part)).join('')
  return counts.some(({ least }) => least >= MANY) ? `(?:${open})${NEVER}` : open
}

/** The characters, escapes, classes and counts of a pattern. */
const tokens = (pattern: string): string[] =>
  pattern.match(/\\.|\[(?:\\.|[^\]\\])*\]|\{\d+,?\d*\}|./gsu) ?? []
