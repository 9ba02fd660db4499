import * as fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  isCode,
  isRecoveryCode,
  LONGEST_TYPED,
  normalizeCode,
  normalizeRecoveryCode,
} from '../../src/contract/code.ts'

const SPACED_OR_FOREIGN: [string, string][] = [
  ['123456', '123456'],
  ['123 456', '123456'],
  [' 123-456\n', '123456'],
  ['12 34 56', '123456'],
  ['1 2 3 4 5 6', '123456'],
  ['123 - 456', '123456'],
  ['123\n456', '123456'],
  ['123\t456', '123456'],
  ['１２３４５６', '123456'],
  ['１２３ー４５６', '123456'],
  ['１２３　４５６', '123456'],
  ['١٢٣٤٥٦', '123456'],
  ['۱۲۳۴۵۶', '123456'],
  ['১২৩৪৫৬', '123456'],
  ['๑๒๓๔๕๖', '123456'],
  ['𝟙𝟚𝟛𝟜𝟝𝟞', '123456'],
  ['𝟷𝟸𝟹𝟺𝟻𝟼', '123456'],
  ['①②③④⑤⑥', '123456'],
  ['1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣', '123456'],
  ['123–456', '123456'],
  ['123−456', '123456'],
  ['123\u2011456', '123456'],
  ['123\u00ad456', '123456'],
  ['\ufeff123\u200d456\u2060', '123456'],
  ['\u2066123\u200b456\u2069', '123456'],
  ['123.456', '123456'],
  ['123·456', '123456'],
  ['123_456', '123456'],
  ['(123) 456', '123456'],
  ['«123 456»', '123456'],
  ['„123456“', '123456'],
]

const MESSAGES: [string, string][] = [
  ['Code: 123 456', '123456'],
  ['code:123456', '123456'],
  ['#123456', '123456'],
  ['№123456', '123456'],
  ['Nº 123456', '123456'],
  ['Your code is 123456', '123456'],
  ['Your code is 123-456.', '123456'],
  ['G-123456 is your Google verification code.', '123456'],
  ['123456 is your code. Don’t share it.', '123456'],
  ['123456 is your 2FA code, valid for 10 minutes', '123456'],
  ['Your code: 123456 - 5 minutes left', '123456'],
  ['<#> Your code is 123 456\nFA+9qCX9VSu', '123456'],
  ['123456 is your Example code.\n\n@example.com #123456', '123456'],
  ['【示例】您的验证码为123456，5分钟内有效。', '123456'],
  ['인증번호[123456]를 입력하세요', '123456'],
  ['رمز التحقق هو ١٢٣٤٥٦', '123456'],
  ['Ваш код — 123456. Никому не сообщайте его', '123456'],
  ['1. 123456', '123456'],
  ['• 123 456', '123456'],
  ['[123456]', '123456'],
  ['**123456**', '123456'],
  ['code=123456&lang=en', '123456'],
  ['Example\n123 456\n25', '123456'],
  ['2026-11-28 10:30, your code is 123456', '123456'],
  ['28.11.2026 123456', '123456'],
  ['11/28/26 10:30 123456', '123456'],
  ['Your code is 123456. Questions? +1 800 555 0199', '123456'],
]

/** They keep their text, so that the field shows what was wrong with it. */
const NO_CODES = [
  '',
  '12345',
  '1234567',
  '12345678',
  '12 345678',
  '123 4567',
  '12a456',
  'abcdef',
  'a123456',
  '123456a',
  'Your code is 12345',
  'Your code is 1234567.',
  'Call +49 30 123456',
  '123456 654321',
  '123456, 654321',
  '123456\n654321',
  'Either 123 456 or 654 321',
  'On 28-11-26 your code was 123456',
  '1. 12345',
  '12:34:56',
  '28.11.26',
  '1,234.56',
  'abcde-12345-fghjk',
  'abcde-123456-7hjk',
  'a1234-56bcd',
  '12345-67890',
]

it.each([...SPACED_OR_FOREIGN, ...MESSAGES])(
  'the typed or pasted %j is normalized to the code %j',
  (input, code) => {
    expect(normalizeCode(input)).toBe(code)
    expect(normalizeCode(normalizeCode(input))).toBe(code)
  },
)

it.each(NO_CODES)('the typed or pasted %j is not a code and stays unchanged', (input) => {
  expect(normalizeCode(input)).toBe(input)
})

describe('a typed or pasted recovery code', () => {
  const CODE = 'abcde12345fgh0k'
  const OLD = 'abcde12345'
  const forms = [
    'abcde-12345-fgh0k',
    'ABCDE-12345-FGH0K',
    'abcde 12345 fgh0k',
    'abcde12345fgh0k',
    'abcde-l2345-fghok',
    'ABCDE-I2345-FGHOK',
    'abcde-ı2345-fgh0k',
    'abcde-İ2345-fgh0k',
    'ａｂｃｄｅ－１２３４５－ｆｇｈ０ｋ',
    'ａｂｃｄｅー１２３４５ーｆｇｈ０ｋ',
    'abcde-١٢٣٤٥-fgh٠k',
    ...[
      '\u2010',
      '\u2011',
      '\u2013',
      '\u2014',
      '\u2212',
      '\u00ad',
      '\u02d7',
      '\ufe63',
      '\u30fb',
      '_',
      '.',
      '~',
    ].map((dash) => ['abcde', '12345', 'fgh0k'].join(dash)),
    ...['\u00a0', '\u202f', '\u3000', '\t', '\n', '\r\n', ' - ', '\u2800', '\u3164'].map((space) =>
      ['abcde', '12345', 'fgh0k'].join(space),
    ),
    ...[
      '\u200b',
      '\u200c',
      '\u200d',
      '\u2060',
      '\ufeff',
      '\u200e',
      '\u200f',
      '\u061c',
      '\u2066',
      '\u034f',
    ].map((mark) => `${mark}abc${mark}de-12345-fgh0k${mark}`),
    ...[
      '1. ',
      '10. ',
      '1) ',
      '(3) ',
      '3: ',
      '3 ',
      '#4 ',
      '① ',
      '⑩',
      '⒈',
      'iv. ',
      '一、',
      '十、',
      '㈢ ',
      '1️⃣ ',
      'a) ',
      '• ',
      '- ',
      '– ',
      '* ',
      '‣ ',
      '☐ ',
      '- [x] ',
      '> ',
    ].map((mark) => `${mark}abcde-12345-fgh0k`),
    ...['""', '“”', '„“', '«»', '‹›', '「」', "''", '‘’', '``', '()', '[]', '<>', '【】', '**', 'ʻʼ'].map(
      ([open, close]) => `${open}abcde-12345-fgh0k${close}`,
    ),
    ...['.', ',', ';', '…', '。', '،', '!'].map((end) => `abcde-12345-fgh0k${end}`),
    'Recovery code: abcde-12345-fgh0k',
    'Wiederherstellungscode： abcde-12345-fgh0k',
    'My code = abcde-12345-fgh0k',
    'Code 1: abcde-12345-fgh0k',
    'Backup code 10: abcde-12345-fgh0k',
    'No. 3: abcde-12345-fgh0k',
    'Recovery #4: 2. abcde-12345-fgh0k',
    '恢复代码：abcde-12345-fgh0k',
    '恢复代码 2：abcde-12345-fgh0k',
  ]
  it.each(forms)('the typed or pasted %j is read as a recovery code', (typed) => {
    expect(normalizeRecoveryCode(typed)).toBe(CODE)
  })

  it.each([
    'abcde-12345',
    'ABCDE 12345',
    '1. abcde-12345',
    '“abcde‑12345”',
    'codes: abcde-12345',
    'Code 1: abcde-12345',
  ])('the typed or pasted %j is read as a recovery code of the former ten characters', (typed) => {
    expect(normalizeRecoveryCode(typed)).toBe(OLD)
  })

  it('the u of a recovery code from another system is read as a v', () => {
    expect(normalizeRecoveryCode('abcdU-12345')).toBe('abcdv12345')
    expect(normalizeRecoveryCode('abcdv-12345')).toBe('abcdv12345')
  })

  it.each([
    '',
    '123456',
    '123 456',
    'Code 123456',
    'Code: 123456',
    'abcde',
    'abcde-1234',
    'abcde-12345-fgh',
    'abcde-12345-fgh0k-mnpqr',
    'abcde-12345 fghjk-mnpqr',
    'äbcde-12345-fgh0k',
    'абвгд-12345-fgh0k',
    'abcde-12345-fgh0k (used)',
  ])('the typed or pasted %j is not a recovery code and stays unchanged', (typed) => {
    expect(isRecoveryCode(normalizeRecoveryCode(typed))).toBe(false)
    expect(normalizeRecoveryCode(typed)).toBe(typed)
  })
})

describe('a code within other text', () => {
  const scripts = ['0', '٠', '۰', '०', '০', '௦', '๐', '០', '၀', '０'].map((zero) => zero.codePointAt(0) ?? 0)
  const invisible = fc.constantFrom('', '', '\u200b', '\u00ad', '\ufeff', '\u2066', '\u200f')
  const before = fc.constantFrom(
    '',
    '1. ',
    '10) ',
    '• ',
    '- ',
    '– ',
    '“',
    '(',
    '[ ] ',
    '\t',
    '\u00a0',
    'Code: ',
  )
  const after = fc.constantFrom('', '.', ',', '”', ')', ' ', '\n', '…')
  const gap = fc.constantFrom('', ' ', '-', '–', '‑', '−', '\u00a0', '\u3000', 'ー')
  const dressed = (
    groups: string[],
    [open, close, between, mark]: readonly [string, string, string, string],
  ) => open + groups.map((group) => group + mark).join(between) + close
  const dress = fc.tuple(before, after, gap, invisible)
  const crockford = fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyz')
  const recoveryCode = fc
    .constantFrom(10, 15)
    .chain((length) => fc.array(crockford, { minLength: length, maxLength: length }))
    .map((letters) => letters.join(''))
  const sixDigits = fc.array(fc.nat(9), { minLength: 6, maxLength: 6 })
  const inFives = (code: string) => code.match(/.{5}/g) ?? []

  it('six digits of any script are recognized, whatever surrounds them', () => {
    const written = fc.tuple(sixDigits, fc.constantFrom(...scripts), dress)
    fc.assert(
      fc.property(written, ([digits, zero, given]) => {
        const shown = digits.map((value) => String.fromCodePoint(zero + value))
        const groups = [shown.slice(0, 3).join(''), shown.slice(3).join('')]
        expect(normalizeCode(dressed(groups, given))).toBe(digits.join(''))
      }),
    )
  })

  it('a recovery code of either length is recognized, in capitals and full-width letters too, whatever surrounds it', () => {
    const hand = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => text.toUpperCase(),
      (text) => text.replaceAll('0', 'O').replaceAll('1', 'l'),
      (text) => text.replace(/[!-~]/g, (plain) => String.fromCodePoint((plain.codePointAt(0) ?? 0) + 0xfee0)),
    )
    fc.assert(
      fc.property(recoveryCode, hand, dress, (code, written, given) => {
        expect(normalizeRecoveryCode(dressed(inFives(code).map(written), given))).toBe(code)
      }),
    )
  })

  it('two codes in one text are never read as one code', () => {
    fc.assert(
      fc.property(
        sixDigits,
        sixDigits,
        dress,
        fc.constantFrom(' ', '\n', ', ', ' or '),
        (one, other, given, or) => {
          fc.pre(one.join('') !== other.join(''))
          const both = [one, other].map((digits) => digits.join('')).join(or)
          expect(isCode(normalizeCode(dressed([both], given)))).toBe(false)
        },
      ),
    )
    fc.assert(
      fc.property(
        recoveryCode,
        recoveryCode,
        dress,
        fc.constantFrom(' ', '\n', ', ', ' or '),
        (one, other, given, or) => {
          const both = [one, other].map((code) => inFives(code).join('-')).join(or)
          expect(isRecoveryCode(normalizeRecoveryCode(dressed([both], given)))).toBe(false)
        },
      ),
    )
  })

  it('no recovery code is read as six digits, and no six digits as a recovery code', () => {
    fc.assert(
      fc.property(recoveryCode, dress, (code, given) => {
        expect(isCode(normalizeCode(dressed(inFives(code), given)))).toBe(false)
      }),
      {
        examples: [
          ['0000000000', ['', '', '-', '']],
          ['a00000000000000', ['1. ', '', '-', '']],
        ],
      },
    )
    fc.assert(
      fc.property(sixDigits, dress, (digits, given) => {
        expect(isRecoveryCode(normalizeRecoveryCode(dressed([digits.join('')], given)))).toBe(false)
      }),
    )
  })

  it('normalizing is idempotent for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (typed) => {
        for (const normalize of [normalizeCode, normalizeRecoveryCode])
          expect(normalize(normalize(typed))).toBe(normalize(typed))
      }),
    )
  })
})

it('a text longer than any message with a code is not a code, and is not read', () => {
  const long = `${'x '.repeat(LONGEST_TYPED)}123456`
  const normalize = vi.spyOn(String.prototype, 'normalize')
  onTestFinished(() => normalize.mockRestore())
  expect([normalizeCode(long), normalizeRecoveryCode(long)]).toEqual([long, long])
  expect(Math.max(...normalize.mock.contexts.map(String).map(({ length }) => length))).toBe(0)
  expect(normalizeCode(long.slice(-LONGEST_TYPED))).toBe('123456')
})
