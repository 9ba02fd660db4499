/** Six ASCII digits (RFC 6238 with the defaults that every authenticator app knows). */
export const CODE = /^[0-9]{6}$/

export const isCode = (value: unknown): value is string => typeof value === 'string' && CODE.test(value)

const isDigit = (point: number) => /\p{Nd}/u.test(String.fromCodePoint(point))

/**
 * What a person typed or pasted, as six plain digits if it is that: spaces, dashes and invisible marks go, the digits of
 * any script become ASCII.
 */
export function normalizeCode(input: string): string {
  const bare = input.replace(/[\s\p{Pd}\p{Cf}]/gu, '')
  return bare.replace(/\p{Nd}/gu, (digit) => {
    const point = digit.codePointAt(0) ?? 0
    let before = 0 // Unicode has each script's ten digits in a row, and some rows behind one another
    while (isDigit(point - before - 1)) before += 1
    return String(before % 10)
  })
}
