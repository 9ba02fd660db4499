import { describe, expect, it, vi } from 'vitest'
import { errorCodes, TotpFlowError } from '../../src/contract/errors.ts'
import { ar, de, en, es, fr, ja, type Messages, ptBR, sentenceOf } from '../../src/messages/index.ts'
import { around } from '../../src/messages/sentence.ts'

/** Every string of a catalog by its path; functions are called with something that can be found again. */
function words(messages: object, path = ''): [string, string][] {
  return Object.entries(messages).flatMap(([key, value]): [string, string][] => {
    const at = `${path}${key}`
    if (typeof value === 'string') return [[at, value]]
    if (typeof value === 'object') return words(value, `${at}.`)
    const given = { time: new Date('2026-11-24T21:00:00Z'), wait: 7, left: 8 }[key] ?? '‹piece›'
    return [[at, String(value(given))]]
  })
}

const pathsOf = (messages: Messages) =>
  words(messages)
    .map(([path]) => path)
    .sort()

describe.each([
  ['German', de],
  ['Arabic', ar],
  ['Spanish', es],
  ['French', fr],
  ['Japanese', ja],
  ['Brazilian Portuguese', ptBR],
])('%s', (_name, messages) => {
  it('the translation has every message that English has, and none in English', () => {
    expect(pathsOf(messages)).toEqual(pathsOf(en))
    const english = new Map(words(en))
    const same = words(messages).filter(([path, text]) => text === '' || english.get(path) === text)
    expect(same.map(([path]) => path).filter((path) => !['dir', 'recovery.file'].includes(path))).toEqual([])
  })
})

describe.each([
  ['en', en],
  ['de', de],
  ['ar', ar],
  ['es', es],
  ['fr', fr],
  ['ja', ja],
  ['pt-BR', ptBR],
])('%s', (_name, messages) => {
  it('the messages have a sentence for every error code', () => {
    for (const code of errorCodes) expect(sentenceOf(messages, new TotpFlowError(code))).toMatch(/\S.*[.。]$/)
  })

  it('the messages keep the placeholders that become elements', () => {
    expect(messages.device.since('‹piece›')).toContain('‹piece›')
    expect(messages.enrollment.resumed('‹piece›')).toContain('‹piece›')
  })

  it('the messages have ASCII digits in every engine, which a catalog must ask for by name', () => {
    const { DateTimeFormat, NumberFormat } = Intl
    // Engines differ in the digits of a language by itself: these know its own alone.
    const own = (lang: string) => (/^ar$/.test(lang) ? 'ar-u-nu-arab' : lang)
    vi.stubGlobal('Intl', {
      DateTimeFormat: new Proxy(DateTimeFormat, {
        construct: (Format, [lang, options]) => new Format(own(lang), options),
      }),
      NumberFormat: new Proxy(NumberFormat, {
        construct: (Format, [lang, options]) => new Format(own(lang), options),
      }),
      PluralRules: Intl.PluralRules,
    })
    const digits = words(messages).flatMap(([, text]) => text.match(/\p{Nd}/gu) ?? [])
    vi.unstubAllGlobals()
    expect(digits.join('')).toMatch(/^[0-9]{20,}$/)
  })

  it('the messages are written in the direction of their script', () => {
    const arabic = words(messages).filter(([, text]) => /\p{Script=Arabic}/u.test(text)).length
    expect(arabic > 0).toBe(messages.dir === 'rtl')
  })
})

it('every language has its plurals', () => {
  const waits = (messages: Messages) => [1, 2, 11, 60, 300].map((seconds) => messages.code.wait(seconds))
  expect(waits(en)).toEqual([
    '1 second left.',
    '2 seconds left.',
    '11 seconds left.',
    '60 seconds left.',
    '5 minutes left.',
  ])
  expect(waits(de)).toEqual([
    'Noch 1 Sekunde.',
    'Noch 2 Sekunden.',
    'Noch 11 Sekunden.',
    'Noch 60 Sekunden.',
    'Noch 5 Minuten.',
  ])
  // No verb, which would have to agree with the number.
  expect(es.code.wait(1)).toBe('Tiempo restante: 1 segundo.')
  expect(ptBR.code.wait(1)).toBe('Tempo restante: 1 segundo.')
  expect(new Set(waits(ar).map((text) => text.replace(/[\d٠-٩]/g, ''))).size).toBeGreaterThan(3)
})

it('words a wrong recovery code for what it is', () => {
  const wrong = new TotpFlowError('invalid_code')
  expect(sentenceOf(en, wrong)).toBe(wrong.message)
  expect(sentenceOf(en, wrong, true)).toBe('That recovery code didn’t match. Check it, or use another one.')
  expect(sentenceOf(en, new TotpFlowError('network'), true)).toBe(new TotpFlowError('network').message)
})

it('finds what stands around a piece', () => {
  expect(around((piece) => `a ${piece} b`, 'x')).toEqual(['a ', ' b'])
  expect(around(() => 'without it', 'x')).toEqual(['without it', ''])
})
