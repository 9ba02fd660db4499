import { errorCodes, TotpFlowError } from 'totp-flow'
import * as z from 'zod/mini'

const Refusal = z.object({ error: z.string(), code: z.string() })

/** Posts JSON and reads the answer. Rejects with a `TotpFlowError` with a readable message, whatever came back. */
export async function post<Shape extends z.core.$ZodType>(
  path: string,
  shape: Shape,
  given: { body?: unknown; fetch?: typeof fetch } = {},
): Promise<z.infer<Shape>> {
  const response = await (given.fetch ?? fetch)(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...(given.body !== undefined && { body: JSON.stringify(given.body) }),
  }).catch((cause: unknown) => {
    throw TotpFlowError.from(cause, 'network')
  })
  const answer: unknown = await response.json().catch(() => null)
  const { data } = z.safeParse(shape, answer)
  if (response.ok && data !== undefined) return data
  const refusal = Refusal.safeParse(answer).data
  if (response.ok || !refusal) throw new TotpFlowError('malformed_response')
  const code = errorCodes.find((known) => known === refusal.code) ?? 'bad_request'
  throw new TotpFlowError(code, { message: refusal.error })
}
