import type { Heard } from './visit.ts'

/** What differs from run to run, by the name that stands for it. */
const DIFFERS: [RegExp, string][] = [
  [/\b\d{6}\b/g, '(code)'],
  [/0x[0-9a-f]{64}/g, '(key)'],
  [/\S+@\S+\.com/g, '(address)'],
  [/Since .* (?:AM|PM)/g, 'Since (time)'],
  [/\b[a-z0-9]{5}(?:-[a-z0-9]{5}){2}\b/g, '(recovery code)'],
  [/\bin \d+ seconds\./g, 'in (some) seconds.'],
]

/** What a browser or Orca says of itself, at one time and not at another. */
const NOISE =
  /^(?:Text unselected\.|selected|\(code\)|clickable\.?|Loading\. .*|Finished loading .*|Page has .*|.* document web\.)$/

/** The card has the focus for a moment, which Orca mentions or not, before the field has it. */
const PASSED_ON_THE_WAY =
  /^(?:region Authenticator app|Authenticator app region clickable\.)\n(?=6-digit code entry)/gm

/** A page that has loaded is read from its top, or not, until the field has the focus. */
const READ_ON_LOAD =
  /^(# reload\nBrowse mode\n)[\s\S]*?(?=^main content\nregion [^\n]*\n6-digit code entry)/gm

export const transcriptOf = ({ steps }: Heard): string =>
  steps
    .map(({ title, said }) =>
      [`# ${title}`, ...said.map(plain).filter((words) => !NOISE.test(words))].join('\n'),
    )
    .join('\n\n')
    .concat('\n')
    .replaceAll(PASSED_ON_THE_WAY, '')
    .replaceAll(READ_ON_LOAD, '$1')

const plain = (words: string) => DIFFERS.reduce((said, [pattern, name]) => said.replace(pattern, name), words)
