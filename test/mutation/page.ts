export interface Result {
  kind: string
  /** What is changed, in words that name it among all. */
  says: string
  /** The test that failed; `null` for a mutant that none told from the real chart. */
  killer: string | null
}

/** Mutants that no test kills, and why that is no gap. One that is killed after all, or is gone, must leave this list. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'anywhere: begins in elevated':
    'A machine that begins in `elevated` finds no elevation, and moves to `idle` before it can be observed.',
}

const percent = (part: number, all: number) => ((100 * part) / all).toFixed(1)
const isKilled = ({ killer }: Result) => killer !== null

/** What is wrong with a run: survivors that nobody has looked at, and explanations of what is no survivor. */
export function complaintsOf(results: readonly Result[]): string[] {
  const survivors = results.filter((result) => !isKilled(result)).map(({ says }) => says)
  return [
    ...survivors.filter((says) => !(says in EXPLAINED)).map((says) => `not explained: ${says}`),
    ...Object.keys(EXPLAINED)
      .filter((says) => !survivors.includes(says))
      .map((says) => `explained, but no survivor: ${says}`),
  ]
}

function tableOfKinds(results: readonly Result[]): string {
  const rows = Object.entries(Object.groupBy(results, ({ kind }) => kind))
    .map(([kind, some = []]) => [kind, some.length, some.filter(isKilled).length] as const)
    .toSorted(([a], [b]) => a.localeCompare(b))
  const total = ['all', results.length, results.filter(isKilled).length] as const
  const lines = [...rows, total].map(([kind, all, killed]) => `| ${kind} | ${all} | ${killed} |`)
  return ['| kind | mutants | killed |', '|---|--:|--:|', ...lines].join('\n')
}

/** Who found how many: the name of a test is too much to ask for, that of its kind is not. */
function killerOf({ killer }: Result): string {
  if (killer?.startsWith('the rules, on the first steps')) return 'the rules, on the first steps of one tab'
  if (killer?.startsWith('one tab')) return 'the rules, on every step of one tab'
  if (killer?.startsWith('tabs and the server')) return 'the rules, on tabs and the server they share'
  if (killer?.startsWith('time')) return 'the clock: the tests hang or exhaust the memory'
  return 'the tests of the flow'
}

function tableOfKillers(results: readonly Result[]): string {
  const rows = Object.entries(Object.groupBy(results.filter(isKilled), killerOf))
    .map(([name, some = []]) => [name, some.length] as const)
    .toSorted(([, a], [, b]) => b - a)
  const lines = rows.map(([name, count]) => `| ${name} | ${count} |`)
  return ['| killed by | mutants |', '|---|--:|', ...lines].join('\n')
}

function survivorsOf(results: readonly Result[]): string {
  const survivors = results.filter((result) => !isKilled(result))
  if (survivors.length === 0) return 'None.'
  return survivors.map(({ says }) => `- \`${says}\`. ${EXPLAINED[says] ?? 'Not explained.'}`).join('\n')
}

/** `docs/mutation.md`, from the results of a run. */
export const pageOf = (results: readonly Result[], minutes: string) => `# Mutations of the chart

\`npm run mutation\` writes this page. It changes one thing in the chart at a time: a guard is negated, a transition leads
elsewhere, an action is left out. Then it runs the tests of the machine and the flow. A mutant on which no test fails has
survived: either the tests have a gap, or that part of the chart makes no difference.

**${percent(results.filter(isKilled).length, results.length)} % of ${results.length} mutants are killed.** The run of ${new Date().toISOString().slice(0, 10)} took ${minutes} minutes on two cores.

- Mutants are made from the object passed to XState, and from the guards, actions and delays that it names
  (\`test/mutation\`).
- The cheapest tests come first: the rules on the first steps, the fast tests of \`test/flow\`, the random and interleaved
  tests, the walk of every state, all simple paths. The random tests are cut short, and the product of two tabs is left out.
- A mutant on which the tests hang counts as killed. The limit is four times their duration on the unchanged chart.

## By kind

${tableOfKinds(results)}

## By test

${tableOfKillers(results)}

## Survivors

${survivorsOf(results)}
`
