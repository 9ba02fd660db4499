/** Mutants that no test kills, and why that is no gap. One that is killed after all, or is gone, must leave this list. */
export const explanations: readonly { reason: string; mutants: readonly string[] }[] = []
