/**
 * An error in the program rather than a person's. Logs it to the console for the developer. People see the sentence of the
 * `TotpFlowError` that has it as its cause. It must not contain secrets.
 */
export function mistake(message: string): TypeError {
  const error = new TypeError(`totpMachine: ${message}`)
  console.error(error)
  return error
}

/** Names what is missing in the statechart's implementations, and how to provide it. */
export const notProvided = (what: string) => mistake(`provide ${what}, as totpActors(backend) does.`)
