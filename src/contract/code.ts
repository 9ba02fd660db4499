/** Six ASCII digits (RFC 6238 with the defaults that every authenticator app knows). */
export const CODE = /^[0-9]{6}$/

export const isCode = (value: unknown): value is string => typeof value === 'string' && CODE.test(value)

/** Wherever the world's keyboards and authenticator apps put a digit zero. */
const digitZeros = [0x0660, 0x06f0, 0x0966, 0xff10]

/** What a person typed or pasted, as six plain digits if it is that: spaces and hyphens go, other scripts' digits become ASCII. */
export function normalizeCode(input: string): string {
  return input.replace(/[\s\u200e\u200f-]/g, '').replace(/\p{Nd}/gu, (digit) => {
    const point = digit.codePointAt(0) ?? 0
    const zero = digitZeros.find((start) => point >= start && point < start + 10)
    return zero === undefined ? digit : String(point - zero)
  })
}
