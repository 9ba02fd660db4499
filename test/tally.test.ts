import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

it('a run with a test that fails says so, and exits with 1, whatever its helpers hook into', () => {
  const { status, stdout } = spawnSync(
    'npx',
    ['vitest', 'run', '--config', 'test/support/failing/vitest.config.ts'],
    { encoding: 'utf8' },
  )
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('0 passed, 1 failed')
  expect(status).toBe(1)
})
