import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalizeCode } from '../../src/contract/code.ts'
import { errorCodes, fromErrorBody, TotpFlowError, toErrorBody } from '../../src/contract/errors.ts'

describe('a code as people type it', () => {
  const typed: [string, string][] = [
    ['123456', '123456'],
    ['123 456', '123456'],
    [' 123-456\n', '123456'],
    ['１２３４５６', '123456'],
    ['١٢٣٤٥٦', '123456'],
    ['۱۲۳۴۵۶', '123456'],
    ['১২৩৪৫৬', '123456'],
    ['๑๒๓๔๕๖', '123456'],
    ['𝟙𝟚𝟛𝟜𝟝𝟞', '123456'],
    ['𝟷𝟸𝟹𝟺𝟻𝟼', '123456'],
    ['123–456', '123456'],
    ['\u2066123\u200b456\u2069', '123456'],
    ['12a456', '12a456'],
    ['', ''],
  ]
  it.each(typed)('%j reads as %j', (input, code) => {
    expect(normalizeCode(input)).toBe(code)
  })
})

it('any six digits, in any script and however spaced, read as themselves; letters never become digits', () => {
  const scripts = ['0', '٠', '۰', '०', '０', '০', '௦', '๐', '០', '၀'].map((zero) => zero.codePointAt(0) ?? 0)
  const digit = fc.record({
    value: fc.nat(9),
    zero: fc.constantFrom(...scripts),
    gap: fc.constantFrom('', ' ', '-', '\u00a0'),
  })
  fc.assert(
    fc.property(fc.array(digit, { minLength: 6, maxLength: 6 }), (digits) => {
      const typed = digits.map(({ value, zero, gap }) => String.fromCodePoint(zero + value) + gap).join('')
      expect(normalizeCode(typed)).toBe(digits.map(({ value }) => value).join(''))
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (typed) => {
      const digits = [...typed].filter((character) => /\p{Nd}/u.test(character)).length
      expect([...normalizeCode(typed)].filter((character) => /\p{Nd}/u.test(character))).toHaveLength(digits)
    }),
  )
})

describe('an error on the wire', () => {
  it.each(errorCodes)('%s survives the journey', (code) => {
    const error = new TotpFlowError(code)
    expect(error.message).toMatch(/[.]$/)
    expect(fromErrorBody(error.status, toErrorBody(error)).code).toBe(code)
  })
  it('is understood in the words of Dynamic’s service alone', () => {
    expect(fromErrorBody(400, { code: 'mfa_invalid_code' }).code).toBe('invalid_code')
    expect(fromErrorBody(429, { code: 'mfa_rate_limited' }, 5).retryAt).toBe(5)
    expect(fromErrorBody(503, {}).code).toBe('server')
    expect(fromErrorBody(401, { code: 'something_new' }).code).toBe('unauthenticated')
  })
})
