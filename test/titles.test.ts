import { globSync, readFileSync } from 'node:fs'
import { type ESTree, parseSync, Visitor } from 'vite'
import { expect, it } from 'vitest'

/** A word with which no claim begins: what it speaks of would stand in the group around it. */
const FRAGMENT = /^(?:and|are|but|by|has|have|is|of|or|that|though|was|were|when|which|whose|with)\b/
/** Habits that the field has words for. */
const DIALECT = /\b(?:anew|beside|in hand|of ours|such that|whoever|worth nothing)\b/

const isPoor = (title: string) => FRAGMENT.test(title) || DIALECT.test(title)

/** `it` of `it.each(table)`. */
function rootOf(callee: ESTree.Expression | ESTree.Super): string | undefined {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'CallExpression') return rootOf(callee.callee)
  if (callee.type === 'MemberExpression') return rootOf(callee.object)
  return undefined
}

/** The titles of tests, and not those of groups, as they stand in the source. */
function titlesIn(file: string, text: string): string[] {
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const titles: string[] = []
  new Visitor({
    CallExpression({ callee, arguments: [title, test] }) {
      if (!test || !['it', 'test'].includes(rootOf(callee) ?? '')) return
      if (title?.type === 'TemplateLiteral') titles.push(text.slice(title.start + 1, title.end - 1))
      if (title?.type === 'Literal' && typeof title.value === 'string') titles.push(title.value)
    },
  }).visit(program)
  return titles
}

it('every title of a test is a claim by itself, in the words of the field', () => {
  const poor: string[] = []
  let count = 0
  for (const file of globSync('{test,packages/*/test}/**/*.{test,browser}.{ts,tsx}', {
    exclude: ['**/node_modules'],
  })) {
    const titles = titlesIn(file, readFileSync(file, 'utf8'))
    count += titles.length
    poor.push(...titles.filter(isPoor).map((title) => `${file}: ${title}`))
  }
  expect(count).toBeGreaterThan(1000)
  expect(poor).toEqual([])
})

it.each([
  ["it('is aborted with its flow', () => {})", 'is aborted with its flow'],
  ["describe('a code', () => { it.each([1])('of %s is refused', () => {}) })", 'of %s is refused'],
  ["test.skipIf(true)('codes are made anew', () => {})", 'codes are made anew'],
])('the poor title in %s would be found', (text, title) => {
  expect(titlesIn('a.test.ts', text).filter(isPoor)).toEqual([title])
})
