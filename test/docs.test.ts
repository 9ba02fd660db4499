import { readdirSync, readFileSync, statSync } from 'node:fs'
import { expect, it } from 'vitest'
import { statechartPage } from '../docs/make-statechart.ts'

it('docs/statechart.md shows the chart as it is (if not: npm run docs)', () => {
  expect(readFileSync('docs/statechart.md', 'utf8')).toBe(statechartPage())
})

it('every picture that a page shows is there, and small (if not: npm run pictures)', () => {
  const pages = [
    'README.md',
    ...readdirSync('docs')
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ]
  const shown = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/["(](?:docs\/)?(pictures\/[^")]+)/g)].map(
      ([, path]) => path ?? '',
    ),
  )
  expect(shown).not.toEqual([])
  for (const path of shown) expect(statSync(`docs/${path}`).size, path).toBeLessThan(150_000)
})
