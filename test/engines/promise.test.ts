import { globSync, readFileSync } from 'node:fs'
import { build, transformWithOxc } from 'vite'
import { expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }

const TARGETS: Record<string, string> = {
  chrome: 'chrome',
  edge: 'edge',
  firefox: 'firefox',
  safari: 'safari',
  ios_saf: 'ios',
}
/** The oldest of each, as builders write them. */
const promised = manifest.browserslist.map((line) => {
  const [, name = '', version] = /^(\w+) >= ([\d.]+)$/.exec(line) ?? []
  return `${TARGETS[name]}${version}`
})
const OLD = ['chrome90']

/** What is for browsers, in part or whole. */
const scripts = globSync('{src,machines,packages/statescope/src}/**/*.{ts,tsx}').filter(
  (file) => !/^src\/(?:server|cli|testing)|\.d\.ts$/.test(file),
)

/** Those that a builder has to rewrite for these browsers. */
async function newerThan(target: string[], files: string[]): Promise<string[]> {
  const writtenFor = async (file: string, to: string[]) =>
    (await transformWithOxc(readFileSync(file, 'utf8'), file, { target: to, sourcemap: false })).code
  const newer: string[] = []
  for (const file of files)
    if ((await writtenFor(file, target)) !== (await writtenFor(file, ['esnext']))) newer.push(file)
  return newer
}

/** What a stylesheet says as it is built for these browsers: in which order, and how often, is the builder's. */
async function sheetFor(target: string[] | 'esnext'): Promise<Set<string>> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      cssTarget: target,
      cssMinify: 'lightningcss',
      rolldownOptions: { input: 'src/theme.css' },
    },
  })
  const files = [built].flat().flatMap((result) => ('output' in result ? result.output : []))
  const css = files.flatMap((file) =>
    file.type === 'asset' && /\.css$/.test(file.fileName) ? String(file.source) : [],
  )
  return new Set(css.join('').split(/[{},;]/))
}

it('docs/supported.md promises the browsers that package.json lists for builders', () => {
  expect(promised).toEqual(['chrome123', 'edge123', 'firefox128', 'safari17.5', 'ios17.5'])
  expect(readFileSync('docs/supported.md', 'utf8')).toContain(
    'Chrome and Edge from 123, Firefox from 128, Safari from 17.5, on iOS too',
  )
})

it('no script for browsers is written in a syntax that the oldest promised ones do not know', async () => {
  expect(scripts.length).toBeGreaterThan(100)
  expect(await newerThan(promised, scripts)).toEqual([])
  expect(await newerThan(OLD, scripts)).not.toEqual([]) // or nothing would be found at all
})

it('the theme is written in CSS that the oldest promised browsers know', async () => {
  const asItIs = await sheetFor('esnext')
  expect(asItIs.size).toBeGreaterThan(200)
  const written = readFileSync('src/theme.css', 'utf8').replace(/\s/g, '')
  const addedFor = async (target: string[]) =>
    [...(await sheetFor(target))].filter(
      (piece) => !asItIs.has(piece) && !written.includes(piece.replace(/\s/g, '')),
    )
  expect(await addedFor(promised)).toEqual([])
  expect(await addedFor(OLD)).not.toEqual([])
})
