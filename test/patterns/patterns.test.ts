import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { checkPatterns } from './check-patterns.ts'
import { findPatterns } from './find-patterns.ts'
import { judgePattern } from './judge-pattern.ts'

const folder = mkdtempSync(join(tmpdir(), 'totp-flow-patterns-'))
afterAll(() => rmSync(folder, { recursive: true }))
const written = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

it.each([
  ['exponential', '^([A-Za-z]+-?)*$', ''],
  ['exponential', '^(a|a)*$', ''],
  ['exponential', '(?:\\s|[^x])+x', 'u'],
  ['exponential', '^(a|[^]){1,50}$', ''],
  ['exponential', '(?:a|.){50}', 's'],
  ['exponential', '^[{10}]?(?:\\w|\\d){2,40}$', ''],
  ['2nd degree polynomial', '/+$', ''],
  ['2nd degree polynomial', '\\w+://\\S+', 'g'],
  ['2nd degree polynomial', '^\\s*\\s*$', ''],
  ['2nd degree polynomial', '^\\s{0,2000}\\s{0,2000}$', ''],
  ['2nd degree polynomial', '\\w{1,300}x', ''],
  ['3rd degree polynomial', '^\\s*\\s*\\s*$', ''],
])('judges a pattern %s: /%s/%s', (complexity, pattern, flags) => {
  expect(judgePattern(pattern, flags)).toBe(complexity)
})

it.each([
  ['^[A-Za-z-]{0,32}$', ''],
  ['^[^]{1,128}$', 'u'],
  ['^(?:a{1,40}-)*b$', ''],
  ['^Bearer ([^\\s]{1,8192})$', 'i'],
  ['^[A-Z]+(?:-[A-Z]+)*$', ''],
  ['[\\d{20}$]', 'g'],
])('judges a pattern linear: /%s/%s', (pattern, flags) => {
  expect(judgePattern(pattern, flags)).toBeUndefined()
})

it('reports a pattern that it cannot judge', () => {
  expect(judgePattern('[\\p{L}--[a-z]]', 'v')).toMatch(/^not judged: /)
})

it.each<[string, string, (string | undefined)[]]>([
  ['a literal', 'const a = /x+/g', ['x+']],
  ['a literal in a type-checked call', 'const a = z.regex(/x+/ satisfies RegExp)', ['x+']],
  ['a literal in JSX', 'const a = <input onInput={(e) => /x+/.test(e.target.value)} />', ['x+']],
  ['new RegExp of a string', 'const a = new RegExp("x+", "g")', ['x+']],
  ['new RegExp of a template without values', 'const a = new RegExp(`x+`)', ['x+']],
  ['RegExp without new', 'const a = RegExp("x+")', ['x+']],
  ['RegExp of the global object', 'const a = new globalThis.RegExp("x+")', ['x+']],
  ['a copy of a literal', 'const a = new RegExp(/x+/)', ['x+']],
  ['a string that a method compiles', 'const a = text.match("x+"); text.search(`y+`)', ['x+', 'y+']],
  ['a pattern of run time', `const a = new RegExp(\`^\${b}$\`)`, [undefined]],
  ['a pattern with flags of run time', 'const a = new RegExp("x+", flags)', [undefined]],
  ['a variable', 'const a = new RegExp(b)', [undefined]],
  ['a template with values that a method compiles', `text.matchAll(\`\${b}+\`)`, [undefined]],
  ['RegExp under another name', 'const Other = RegExp; new Other(b)', [undefined]],
  ['RegExp as an argument', 'Reflect.construct(RegExp, [b])', [undefined]],
  ['no pattern', 'const a: RegExp[] = []; if (b instanceof RegExp) c(RegExp.prototype, text.match(d))', []],
  ['what looks like one', 'const a = "/x+/" // /y+/', []],
])('finds %s', (_what, code, patterns) => {
  expect(findPatterns('a.tsx', code).map(({ pattern }) => pattern)).toEqual(patterns)
})

it('finds what the scripts of a page hold', () => {
  const page =
    '<p>/a+/</p><script type="module">const b = /b+/</script><script lang="ts">let c: RegExp = /c+/</script>'
  expect(findPatterns('a.html', page).map(({ pattern }) => pattern)).toEqual(['b+', 'c+'])
})

it('does not pass over a file that it cannot read', () => {
  expect(() => findPatterns('a.ts', 'const = /x+/')).toThrow('a.ts: ')
})

it('complains of what is not linear or not known, unless there is a reason, and of a reason that is not needed', () => {
  const file = written('planted.ts', 'export const a = [/(x+)+y/, /^x+$/, new RegExp(b), /(z+)+y/]')
  const excepted = (code: string) => ({ file, code, because: 'A test plants it.' })
  expect(checkPatterns([folder], [excepted('/(z+)+y/'), excepted('/^x+$/')])).toEqual({
    count: 4,
    complaints: [
      `${file}: /(x+)+y/ takes more than linear time (exponential).`,
      `${file}: new RegExp(b) is put together at run time: its time cannot be judged.`,
      `${file}: /^x+$/ needs no exception.`,
    ],
  })
})
