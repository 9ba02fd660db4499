import { TotpFlowError } from './errors.ts'
import { readAs, type Shape } from './shape.ts'

/**
 * Returns a service's answer if it has the expected shape. Otherwise throws `malformed_response`, with the shape as its
 * cause.
 */
export function parseAnswer<T>(shape: Shape<T>, answer: unknown): T {
  const found = readAs(shape, answer)
  if (found === undefined) throw new TotpFlowError('malformed_response', { cause: shape.schema })
  return found
}
