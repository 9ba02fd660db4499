import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

it('what the API reference refers to is there, to the heading (if not: npm run reference)', () => {
  const links = globSync('docs/api/**/*.md').flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#([\w-]+))?\)/g)].map(
      ([, path = '', heading]) => ({
        path: join(dirname(page), path),
        heading,
      }),
    ),
  )
  expect(links.filter(({ path }) => path === 'README.md')).not.toEqual([])
  for (const { path, heading } of links) {
    const text = readFileSync(path, 'utf8')
    if (heading && !path.startsWith('docs/api/')) expect(headingsOf(text), path).toContain(heading)
  }
})

/** As GitHub makes anchors of them. */
const headingsOf = (text: string) =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\d -]/gu, '')
      .replaceAll(' ', '-'),
  )
