import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { operatingPage } from '../docs/make-options.ts'
import { scalePage } from '../docs/make-scale.ts'
import { statechartPage } from '../docs/make-statechart.ts'
import manifest from '../package.json' with { type: 'json' }

it('docs/statechart.md shows the chart as it is (if not: npm run docs)', () => {
  expect(readFileSync('docs/statechart.md', 'utf8')).toBe(statechartPage())
})

it('every picture that a page shows is there, and small (if not: npm run pictures)', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md')]
  const shown = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/["(](?:docs\/)?(pictures\/[^")]+)/g)].map(
      ([, path]) => path ?? '',
    ),
  )
  expect(shown).not.toEqual([])
  for (const path of shown) expect(statSync(`docs/${path}`).size, path).toBeLessThan(150_000)
})

it('every link of the API reference leads to an existing heading (if not: npm run reference)', () => {
  const links = globSync('docs/api/**/*.md').flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#([\w-]+))?\)/g)].map(
      ([, path = '', heading]) => ({
        path: join(dirname(page), path),
        heading,
      }),
    ),
  )
  expect(links.filter(({ path }) => path === 'docs/providers/dynamic.md')).not.toEqual([])
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

it.each(['docs/accessibility.md', 'docs/compliance.md', 'docs/security.md'])(
  '%s names tests that exist, by their titles',
  (page) => {
    const cited = citationsIn(readFileSync(page, 'utf8'))
    expect(cited.length).toBeGreaterThan(20)
    for (const { name, titles } of cited) {
      const [file = '', ...others] = globSync(`${name}.{test,browser}.{ts,tsx}`)
      expect([file, others], name).toEqual([expect.stringContaining(name), []])
      const lines = readFileSync(file, 'utf8').split('\n')
      const titleLines = lines.filter((line) => TITLE.test(line))
      for (const title of titles) {
        expect(
          titleLines.some((line) => line.includes(title)),
          `${file}: ${title}`,
        ).toBe(true)
      }
    }
  },
)

it('every link of a guide leads to a page, and to a heading that is there', () => {
  const pages = [
    'README.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    ...globSync(['docs/*.md', 'docs/decisions/*.md', 'docs/providers/*.md', 'packages/*/README.md']),
  ]
  const links = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!\w+:)([^)#]*)(?:#([\w-]+))?\)/g)].map(
      ([, path = '', heading]) => ({ page, path: path ? join(dirname(page), path) : page, heading }),
    ),
  )
  expect(links.length).toBeGreaterThan(50)
  for (const { page, path, heading } of links) {
    expect(existsSync(path), `${page}: ${path}`).toBe(true)
    if (heading && path.endsWith('.md')) {
      expect(headingsOf(readFileSync(path, 'utf8')), `${page}: ${path}`).toContain(heading)
    }
  }
})

/** A line with the title of a test or a group; in a table of tests the title stands on its own. */
const TITLE = /^\s*(?:(?:it|test|describe)\b.*\()?['"`]|^\s*(?:\]|\))+\(['"`]/

/** Files as `T/threats` or `test/cli/cli`, each with what stands in italics behind it. */
const citationsIn = (text: string) =>
  [...text.matchAll(/`((?:T|test|packages\/statescope\/test)\/[\w./-]*\w)`((?:[ ;]*\*[^*|]+\*)*)/g)].map(
    ([, file = '', behind = '']) => ({
      name: file.replace(/^T\//, 'test/server/'),
      titles: [...behind.matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => title),
    }),
  )

it('docs/operating.md has every option of every command, with its variable (if not: npm run docs)', () => {
  expect(readFileSync('docs/operating.md', 'utf8')).toBe(operatingPage())
})

it('docs/scale.md has the tables that the load model and its measurements make (if not: npm run docs)', () => {
  expect(readFileSync('docs/scale.md', 'utf8')).toBe(scalePage())
})

it('the README is short, and speaks of Dynamic only where it lists providers', () => {
  const readme = readFileSync('README.md', 'utf8')
  expect(readme.split('\n').length).toBeLessThanOrEqual(165)
  const [before = '', after = ''] = readme.split('## With a provider')
  expect(before).not.toContain('Dynamic')
  expect(after.match(/\bDynamic\b/g)).toHaveLength(1)
})

it('the index leads to every guide', () => {
  const index = readFileSync('docs/README.md', 'utf8')
  const guides = globSync('docs/{,decisions/,providers/}*.md').map((page) => page.slice('docs/'.length))
  expect(guides.length).toBeGreaterThan(40)
  expect(guides.filter((page) => page !== 'README.md' && !index.includes(`(${page}`))).toEqual([])
})

it('docs/supported.md names every package that an app installs, in the range that package.json accepts', () => {
  const rows = readFileSync('docs/supported.md', 'utf8').matchAll(/^\| (`[^|]+`) \| `([<>=][^`]+)` \|/gm)
  const ranges = [...rows].flatMap(([, names = '', range]) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => [name, range]),
  )
  expect(Object.fromEntries(ranges)).toEqual(manifest.peerDependencies)
})

it('docs/supported.md names the runtimes on which a release is tried', () => {
  const [, listed = ''] =
    /const RUNTIMES = \[(.*?)\] as const/s.exec(readFileSync('release/consumers.ts', 'utf8')) ?? []
  const runtimes = [...listed.matchAll(/'(\w+)', '([\d.]+)'/g)].map(
    ([, name, version]) => `${name} ${version}`,
  )
  const rows = readFileSync('docs/supported.md', 'utf8').matchAll(/^\| (Node|Bun|Deno) .*\| ([\d., ]+) \|$/gm)
  const named = [...rows].flatMap(([, name = '', versions = '']) =>
    versions.split(', ').map((version) => `${name.toLowerCase()} ${version}`),
  )
  expect(named).toEqual(runtimes)
})

it('every size that docs/comparison.md names was measured, and so was its speed', () => {
  const [comparison, measured] = ['comparison', 'performance'].map((page) =>
    readFileSync(`docs/${page}.md`, 'utf8'),
  )
  const sizes = comparison?.match(/[\d.]+ kB/g) ?? []
  expect(sizes).toHaveLength(7)
  for (const size of sizes) expect(measured).toContain(size)
  const [, times] = /at least (\d+) times as many/.exec(comparison ?? '') ?? []
  expect(measured).toMatch(
    new RegExp(
      `^\\| verification (?:in|with) a [\\w -]*session[\\w ]*, against better-auth \\|.*≥ ${times}× \\| yes \\|$`,
      'm',
    ),
  )
})
