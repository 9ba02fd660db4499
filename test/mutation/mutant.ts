/** One small lie told to the tests. */
export interface Mutant {
  kind: string
  file: string
  /** What is changed, in words that name it among all and outlive a change of line numbers. */
  says: string
  /** In the file's text. */
  edit?: { start: number; end: number; text: string }
  /** In the chart as XState has it: its place in the list of `chartMutants`. */
  chart?: number
}

/** What a worker says: that it begins with a stage of the tests, or what killed the mutant, `null` if nothing did. */
export type Said = { stage: number } | { killer: string | null }

/** A mutant that changes nothing, to see how long the tests take when they have nothing to find. */
export const NOTHING: Mutant = {
  kind: '',
  file: 'machines/intent.ts',
  says: '',
  edit: { start: 0, end: 0, text: '' },
}
