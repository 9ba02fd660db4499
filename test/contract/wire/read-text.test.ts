import { describe, expect, it, vi } from 'vitest'
import { readText } from '../../../src/contract/wire/read-text.ts'

describe('the text of a body', () => {
  const streaming = (parts: Uint8Array[], cancel = () => {}) => ({
    body: new ReadableStream<Uint8Array>({
      pull(controller) {
        const part = parts.shift()
        if (part) controller.enqueue(part)
        else controller.close()
      },
      cancel,
    }),
  })

  it('a text may have as many bytes as allowed, in one part or several, and no more', async () => {
    const parts = () => [new Uint8Array(3).fill(97), new Uint8Array(2).fill(98)]
    expect(await readText(streaming(parts()), 5, 'too_large')).toBe('aaabb')
    await expect(readText(streaming(parts()), 4, 'too_large')).rejects.toMatchObject({ code: 'too_large' })
    expect(await readText({ body: null }, 0, 'too_large')).toBe('')
  })

  it('a text is joined where a part splits a character, and marked where it ends within one', async () => {
    const bytes = new TextEncoder().encode('漢é')
    const each = Array.from(bytes, (byte) => Uint8Array.of(byte))
    expect(await readText(streaming(each), 5, 'too_large')).toBe('漢é')
    expect(await readText(streaming([bytes.slice(0, 4)]), 5, 'too_large')).toBe('漢�')
  })

  it.each<[string, () => void | Promise<void>]>([
    ['at once', () => {}],
    ['never', () => new Promise<void>(() => {})],
    ['by failing', () => Promise.reject(new Error('gone'))],
  ])('a text that is too long is given up, and its sender may confirm that %s', async (_, confirm) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const cancel = vi.fn(confirm)
    const endless = streaming(
      Array.from({ length: 9 }, () => new Uint8Array(9)),
      cancel,
    )
    await expect(readText(endless, 10, 'malformed_response')).rejects.toMatchObject({
      code: 'malformed_response',
    })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(cancel).toHaveBeenCalledTimes(1)
    expect(unhandled).not.toHaveBeenCalled()
  })
})
