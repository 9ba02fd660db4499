import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

/** `npm run check`, counted with the rest: a type error is a failed test, and not the end of the run. */
it.each([
  ['every type holds', 'tsc', []],
  ['every type holds against Dynamic’s SDK', 'tsc', ['-p', 'tsconfig.dynamic.json']],
  ['every type holds against the providers', 'tsc', ['-p', 'tsconfig.providers.json']],
  ['format and lint are clean', 'biome', ['check']],
  ['there is no dead code', 'knip', []],
  [
    'no regular expression takes more than linear time',
    'node',
    ['--conditions=totp-flow-source', 'test/patterns/main.ts'],
  ],
])('%s', (_claim, program, args) => {
  const { status, stdout, stderr } = spawnSync('npx', [program, ...args], { encoding: 'utf8' })
  expect(status, `${stdout}${stderr}`).toBe(0)
})
