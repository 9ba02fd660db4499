import { TotpFlowError } from './errors.ts'
import { readAs, type Shape } from './shape.ts'

/** What a service answered, if it has the shape it should have; otherwise `malformed_response`, whose cause is the shape. */
export function parseAnswer<T>(shape: Shape<T>, answer: unknown): T {
  const found = readAs(shape, answer)
  if (found === undefined) throw new TotpFlowError('malformed_response', { cause: shape.schema })
  return found
}
