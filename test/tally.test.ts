import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

it('a run with a test that fails says so, names what it skipped, and exits with 1', () => {
  const { status, stdout } = spawnSync(
    'npx',
    ['vitest', 'run', '--config', 'test/support/failing/vitest.config.ts'],
    { encoding: 'utf8' },
  )
  expect(stdout.trimEnd().split('\n').slice(-2)).toEqual(['skipped: is skipped', '0 passed, 1 failed'])
  expect(status).toBe(1)
})
