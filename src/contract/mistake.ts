/**
 * An error of the program, not of a person: the console names it to the developer, while people are shown the sentence of
 * the `TotpFlowError` that it becomes the cause of. No secret may be in it.
 */
export function mistake(message: string): TypeError {
  const error = new TypeError(`totpMachine: ${message}`)
  console.error(error)
  return error
}

/** What the chart lacks, and what gives it. */
export const notProvided = (what: string) => mistake(`provide ${what}, as totpActors(backend) does.`)
