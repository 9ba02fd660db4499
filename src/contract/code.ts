/** Six ASCII digits (RFC 6238 with the defaults that every authenticator app knows). */
const CODE = /^[0-9]{6}$/
/** In Crockford's base 32: fifteen characters, or the ten that codes had before. */
const RECOVERY_CODE = /^(?:[0-9a-hjkmnp-tv-z]{5}){2,3}$/

export const isCode = (value: unknown): value is string => typeof value === 'string' && CODE.test(value)

/** Whether it is what {@link normalizeRecoveryCode} makes of a recovery code. */
export const isRecoveryCode = (value: string): boolean => RECOVERY_CODE.test(value)

/** As long as a message with a code in it may be, in UTF-16 units. What is longer is no code. */
export const LONGEST_TYPED = 1000

/** The digits of each script stand in a row in Unicode, and some rows behind one another. */
function asciiDigit(digit: string): string {
  let point = digit.codePointAt(0) ?? 0
  let value = 0
  while (/\p{Nd}/u.test(String.fromCodePoint(--point))) value += 1
  return String(value % 10)
}

/**
 * In lower case and ASCII digits, each dash a hyphen, without the marks that nobody sees; nothing of what is too long. NFKC
 * makes letters and digits of № and ①, which must not touch what follows.
 */
const plain = (typed: string) =>
  (typed.length > LONGEST_TYPED ? '' : typed)
    .replace(/[\p{So}\p{No}]/gu, ' $& ')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{Cf}\p{M}\p{DI}]/gu, '')
    .replace(/[\p{Pd}\p{Lm}\u2212]/gu, '-')
    .replace(/\p{Nd}/gu, asciiDigit)

/** Letters on its digits, or a date or a time: words of a message that are no code. */
const NO_DIGITS = /[a-z]\d|\d(?:[a-z]|[./:]\d)/

/**
 * The six digits in what a person typed or pasted; what holds none, or two different codes, as it is. Spaces, dashes,
 * invisible marks and a message around the code do not matter, and the digits of any script become ASCII.
 */
export function normalizeCode(input: string): string {
  const typed = input.trim()
  if (isCode(typed)) return typed
  const [code = typed, ...others] = new Set(
    plain(typed)
      .replace(/^\W*(\d{3})\W{1,3}(\d{3})\W*$/, '$1$2')
      .replace(/[a-z\d./:-]+/g, (word) => (NO_DIGITS.test(word) ? '.' : word))
      .split(/[^\d\s-]+/)
      // A run of digits, spaces and hyphens, or one line of it, or what stands next to the dash of a sentence.
      .flatMap((run) => [run, ...run.split(/[\n\r]|\s-+\s/)])
      .map((run) => run.replace(/\D/g, ''))
      .filter(isCode),
  )
  return others.length > 0 ? typed : code
}

/**
 * The recovery code that a person typed or pasted, in lower case and without hyphens; what is none, as it is. A mark of a
 * list, a label with a colon, quotes, spaces and dashes do not matter; `o` is 0, `i` and `l` are 1.
 */
export function normalizeRecoveryCode(input: string): string {
  const typed = input.trim()
  if (isCode(normalizeCode(typed))) return typed // `Code 123456` has ten letters, too
  const text = plain(typed.replaceAll('：', ': ')).replace(/^[\p{L}\d\s#.-]+[:=]\s/u, '')
  const unlisted = text.replace(/^[^\p{L}\d]*(?:\d{1,2}|[a-z])[^\p{L}\d]+/u, '')
  return [text, unlisted].map(lettersOf).find(isRecoveryCode) ?? typed
}

/**
 * As Crockford reads them; `ı` is the small letter of a Turkish `I`. Codes of other systems may have a `u`, which his alphabet
 * leaves out: it is a `v`.
 */
const lettersOf = (text: string) =>
  text
    .replace(/[^\p{L}\d]/gu, '')
    .replaceAll('o', '0')
    .replaceAll('u', 'v')
    .replace(/[ilı]/g, '1')
