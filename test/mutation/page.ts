import { explanations } from './explanations.ts'
import type { Mutant } from './mutant.ts'

export interface Result {
  mutant: Mutant
  /** The test that failed; `null` for a mutant that none told from the real thing. */
  killer: string | null
}

/** The share of killed mutants that is promised, in percent. */
const PROMISED = 90

const nameOf = ({ file, says }: Mutant) => `${file}: ${says}`
const reasonFor = (mutant: Mutant) =>
  explanations.find(({ mutants }) => mutants.includes(nameOf(mutant)))?.reason ?? null
const percent = (part: number, all: number) => ((100 * part) / all).toFixed(1)
const isKilled = ({ killer }: Result) => killer !== null
const code = (text: string) => `\`\` ${text} \`\``

/** What is wrong with a run: too many survivors, some that nobody has looked at, or mutants that it did not reach. */
export function complaintsOf(results: readonly Result[], notReached: readonly Mutant[]): string[] {
  const survivors = results.filter((result) => !isKilled(result)).map(({ mutant }) => mutant)
  const score = percent(results.length - survivors.length, results.length)
  const open = [...survivors, ...notReached].map(nameOf)
  const known = explanations.flatMap(({ mutants }) => mutants)
  return [
    ...(Number(score) < PROMISED ? [`${score} % killed; ${PROMISED} % are promised`] : []),
    ...(notReached.length > 0 ? [`${notReached.length} mutants were not reached`] : []),
    ...survivors.filter((one) => reasonFor(one) === null).map((one) => `not explained: ${nameOf(one)}`),
    ...known.filter((name) => !open.includes(name)).map((name) => `explained, but no survivor: ${name}`),
  ]
}

function table(results: readonly Result[], title: string, columnOf: (mutant: Mutant) => string): string {
  const rows = Object.entries(Object.groupBy(results, ({ mutant }) => columnOf(mutant)))
    .map(([name, some = []]): [string, number, number] => [name, some.length, some.filter(isKilled).length])
    .toSorted(([a], [b]) => a.localeCompare(b))
  const lines = [...rows, ['all', results.length, results.filter(isKilled).length] as const].map(
    ([name, all, killed]) => `| ${name} | ${all} | ${killed} | ${all - killed} | ${percent(killed, all)} % |`,
  )
  return [`| ${title} | mutants | killed | survived | score |`, '|---|--:|--:|--:|--:|', ...lines].join('\n')
}

/** Who found how many: the name of a test is too much to ask for, that of its kind is not. */
function killerOf({ killer }: Result): string {
  if (killer?.startsWith('the rules, on the first steps')) return 'the rules, on the first steps of one tab'
  if (killer?.startsWith('one tab')) return 'the rules, on every step of one tab'
  if (killer?.startsWith('tabs and the server')) return 'the rules, on tabs and the server they share'
  if (killer?.startsWith('tsc')) return 'the compiler, after the fast tests had let it pass'
  if (killer?.startsWith('time')) return 'the clock: the tests hang, or take all memory'
  return killer?.split(' > ')[0] ?? 'nobody'
}

function killers(results: readonly Result[]): string {
  const counts = Object.entries(Object.groupBy(results.filter(isKilled), killerOf))
    .map(([name, some = []]): [string, number] => [name, some.length])
    .toSorted(([, a], [, b]) => b - a)
  const shown = counts.slice(0, 6)
  const rest = counts.slice(6).reduce((sum, [, count]) => sum + count, 0)
  return [
    '| killed by | mutants |',
    '|---|--:|',
    ...[...shown, ['other tests', rest] as const].map(([name, count]) => `| ${name} | ${count} |`),
  ].join('\n')
}

const survivorsOf = (results: readonly Result[]) =>
  explanations
    .map(({ reason, mutants }) => ({
      reason,
      left: results.filter((result) => !isKilled(result) && mutants.includes(nameOf(result.mutant))),
    }))
    .filter(({ left }) => left.length > 0)
    .map(({ reason, left }) =>
      [reason, '', ...left.map(({ mutant }) => `- ${code(nameOf(mutant))}`)].join('\n'),
    )
    .join('\n\n')

/** What a run had no time for, by file. */
function notReachedOf(mutants: readonly Mutant[]): string {
  if (mutants.length === 0) return ''
  const rows = Object.entries(Object.groupBy(mutants, ({ file }) => file))
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([file, some = []]) => `| \`${file}\` | ${some.length} |`)
  return [
    `\n\n**It ended before it was whole: ${mutants.length} mutants were not reached**, and are counted nowhere else.\n`,
    '| file | not reached |',
    '|---|--:|',
    ...rows,
  ].join('\n')
}

/** `docs/mutation.md`, from the results of a run, and what it did not reach. */
export const pageOf = (
  results: readonly Result[],
  notReached: readonly Mutant[],
  minutes: string,
) => `# Mutations

Written by \`npm run mutation\`. It tells the tests one small lie about the machine or the flow at a time (a guard is
negated, a transition leads elsewhere, an action, a part of an object or the abort of a call is left out, an operator is
swapped) and looks whether a test fails. A lie that no test finds has survived: it is either a gap in the tests, or code
that makes no difference.

**${percent(results.filter(isKilled).length, results.length)} % of ${results.length} mutants are killed.** Every survivor is counted, those that change nothing too, and
each is explained below. The run took ${minutes} minutes on two cores.${notReachedOf(notReached)}

- The chart's mutants (\`chart: …\`) are made on the object that XState is given, and on what its names stand for;
  those of the sources on the syntax tree (\`test/mutation\`).
- A mutant is shown to the cheapest tests first: the walk of the first states of one tab and of a tab with its server, the
  fast tests of \`test/flow\`, the compiler, the random and interleaved tests, the walk of every state, all simple paths.
  The random tests are cut short by time, and the product of two tabs is left out, so that a run takes minutes. What
  compares the chart with a page about it is not asked at all: it would find every change, and say nothing of it.
- One that makes the tests hang counts as killed; the limit is four times what they take when there is nothing to find.
- Why not Stryker: 10.1.1 instruments these sources (with \`tsconfigFile\` pointing nowhere, as TypeScript 7 has no
  JavaScript interface), but with Vitest 5.1.1 it calls mutants survivors that the very tests it ran kill, such as
  \`oneDevicePerUser\` answering \`false\`.

## By kind

${table(results, 'kind', ({ kind, chart }) => (chart === undefined ? kind : `chart: ${kind}`))}

## By file

${table(results, 'file', ({ file }) => `\`${file}\``)}

## By whom

${killers(results)}

## Survivors

${survivorsOf(results)}
`
