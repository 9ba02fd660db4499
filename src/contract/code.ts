/** Six ASCII digits (RFC 6238 with the defaults that every authenticator app knows). */
const CODE = /^[0-9]{6}$/
/** In Crockford's base 32: fifteen characters, or ten for older codes. */
const RECOVERY_CODE = /^(?:[0-9a-hjkmnp-tv-z]{5}){2,3}$/

export const isCode = (value: unknown): value is string => typeof value === 'string' && CODE.test(value)

/** Whether it is a recovery code in the form of {@link normalizeRecoveryCode}. */
export const isRecoveryCode = (value: string): boolean => RECOVERY_CODE.test(value)

/** The maximum length of a message with a code in it, in UTF-16 units. Anything longer is not a code. */
export const LONGEST_TYPED = 1000

/** Unicode has the digits of each script in a row, and some rows are adjacent. */
function asciiDigit(digit: string): string {
  let point = digit.codePointAt(0) ?? 0
  let value = 0
  while (/\p{Nd}/u.test(String.fromCodePoint(--point))) value += 1
  return String(value % 10)
}

/**
 * Lower case, with ASCII digits and hyphens for dashes, without invisible characters. Empty if the text is too long.
 * NFKC turns № and ① into letters and digits, which must not touch their neighbors.
 */
const plain = (typed: string) =>
  (typed.length > LONGEST_TYPED ? '' : typed)
    .replace(/[\p{So}\p{No}]/gu, ' $& ')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{Cf}\p{M}\p{DI}]/gu, '')
    .replace(/[\p{Pd}\p{Lm}\u2212]/gu, '-')
    .replace(/\p{Nd}/gu, asciiDigit)

/** Letters next to digits, a date or a time: words of a message that cannot be a code. */
const NO_DIGITS = /[a-z]\d|\d(?:[a-z]|[./:]\d)/

/**
 * Returns the six digits in what a person typed or pasted. If there is no code, or two different ones, returns the
 * text, trimmed. Ignores spaces, dashes, invisible characters and a message around the code, and converts the digits of
 * any script to ASCII.
 */
export function normalizeCode(input: string): string {
  const typed = input.trim()
  if (isCode(typed)) return typed
  const [code = typed, ...others] = new Set(
    plain(typed)
      .replace(/^\W*(\d{3})[\W_]{1,3}(\d{3})\W*$/, '$1$2')
      .replace(/[a-z\d./:-]+/g, (word) => (NO_DIGITS.test(word) ? '.' : word))
      .split(/[^\d\s-]+/)
      // A run of digits, spaces and hyphens; or one line of it; or a part next to a dash between words.
      .flatMap((run) => [run, ...run.split(/[\n\r]|\s-+\s/)])
      .map((run) => run.replace(/\D/g, ''))
      .filter(isCode),
  )
  return others.length > 0 ? typed : code
}

/**
 * Returns the recovery code that a person typed or pasted, in lower case and without hyphens. If there is none, returns
 * the text, trimmed. Ignores list markers, a label with a colon, quotes, spaces and dashes. Reads `o` as 0, and `i` and
 * `l` as 1.
 */
export function normalizeRecoveryCode(input: string): string {
  const typed = input.trim()
  if (isCode(normalizeCode(typed))) return typed // `Code 123456` also has ten characters
  const text = plain(typed.replaceAll('：', ': ')).replace(/^[\p{L}\d\s#.-]+[:=]\s/u, '')
  const unlisted = text.replace(
    /^[^\p{L}\d]*(?:\d{1,2}|[a-z]|[ivx]{2,4}|[一二三四五六七八九十]{1,2})[^\p{L}\d]+/u,
    '',
  )
  return [text, unlisted].map(lettersOf).find(isRecoveryCode) ?? typed
}

/**
 * Crockford's reading of similar letters. `ı` is the lower case of a Turkish `I`. Codes of other systems may have a
 * `u`, which Crockford's alphabet lacks: it becomes a `v`.
 */
const lettersOf = (text: string) =>
  text
    .replace(/[^\p{L}\d]/gu, '')
    .replaceAll('o', '0')
    .replaceAll('u', 'v')
    .replace(/[ilı]/g, '1')
