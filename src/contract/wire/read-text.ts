import { type TotpErrorCode, TotpFlowError } from '../errors.ts'

/**
 * Reads the text of a request or a response. Rejects with `tooLong` beyond `maxBytes`, so that nobody can send forever.
 * Uses a reader, since not every browser can iterate over a body.
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
      reader?.cancel().catch(() => {}) // not awaited: a sender that never ends may never confirm either
      throw new TotpFlowError(tooLong)
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}
