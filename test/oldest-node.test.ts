import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import minimum from './minimum/package.json' with { type: 'json' }

const VERSION = minimum.dependencies.node
const [major, minor] = VERSION.split('.')
const oldest = new URL('minimum/node_modules/node/bin/node', import.meta.url).pathname
const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'totp-flow-minimum-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('the oldest Node that is claimed enrolls, verifies, steps up, recovers, removes, restarts and rotates keys', () => {
  const options = [
    '--experimental-strip-types',
    '--disable-warning=ExperimentalWarning',
    '--conditions=totp-flow-source',
    new URL('support/flows-on-oldest-node.ts', import.meta.url).pathname,
  ]
  const said = execFileSync(oldest, options, { cwd: folder, encoding: 'utf8' })
  expect(said).toBe(`done on v${VERSION}`)
})

it('the oldest Node that is tested is the one that the package, its command and its documents name', () => {
  expect(execFileSync(oldest, ['--version'], { encoding: 'utf8' }).trim()).toBe(`v${VERSION}`)
  expect(VERSION).toBe(`${major}.${minor}.0`)
  expect(manifest.engines.node).toBe(`>=${major}.${minor}`)
  expect(read('src/cli.ts')).toContain(`major > ${major} || (major === ${major} && minor >= ${minor})`)
  expect(read('release/consumers.ts')).toContain(`['node', '${VERSION}'],`)
  const named = ['README.md', 'docs/operating.md', 'src/cli.ts'].flatMap((file) =>
    [...read(file).matchAll(/Node (?:≥ )?(\d+\.\d+)/g)].map(([, version]) => `${file}: ${version}`),
  )
  const expected = ['README.md', 'docs/operating.md', 'src/cli.ts'].map(
    (file) => `${file}: ${major}.${minor}`,
  )
  expect([...new Set(named)]).toEqual(expected)
})
