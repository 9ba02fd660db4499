import type { Exception } from './check-patterns.ts'

/** The regular expressions that may take more than linear time, or that are put together at run time, and why they may. */
export const bounded: readonly Exception[] = []
