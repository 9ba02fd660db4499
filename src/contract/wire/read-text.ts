import { type TotpErrorCode, TotpFlowError } from '../errors.ts'

/**
 * The text of a request or an answer; rejects with `tooLong` beyond `maxBytes`, so that nobody can send without end.
 * By a reader, since not every browser can iterate over a body.
 */
export async function readText(
  { body }: { readonly body: ReadableStream<Uint8Array> | null },
  maxBytes: number,
  tooLong: TotpErrorCode,
): Promise<string> {
  const decoder = new TextDecoder()
  const reader = body?.getReader()
  let text = ''
  let size = 0
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.length
    if (size > maxBytes) {
      reader?.cancel().catch(() => {}) // not awaited: who sends without end may never confirm either
      throw new TotpFlowError(tooLong)
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}
