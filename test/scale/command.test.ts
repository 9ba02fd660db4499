/** `npm run scale`: what it takes and what it prints. */
import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { siteFrom } from '../../bench/scale/options.ts'

const run = (...args: string[]) =>
  spawnSync('node', ['--conditions=totp-flow-source', 'bench/scale/main.ts', ...args], { encoding: 'utf8' })

it('the load model takes a reader’s own numbers, and prints a forecast as text or as JSON', () => {
  const own = ['--users', '5e7', '--sign-ins-per-day', '20_000_000', '--rush-sign-ins', '1e7']
  const text = run(...own)
  expect(text.stderr).toBe('')
  expect(text.stdout).toMatch(/^nodes +\d+ of one core$/m)
  expect(text.stdout).toMatch(/^in the rush +[\d,]+ requests\/s/m)
  const { site, forecast } = JSON.parse(run(...own, '--json').stdout)
  expect(site).toMatchObject({ users: 5e7, signInsPerDay: 2e7, rushSignIns: 1e7 })
  expect(forecast.nodes).toBeGreaterThan(1)
})

it('the load model names the flag that makes no sense, and what it takes', () => {
  const { status, stderr, stdout } = run('--users', 'many')
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toBe('--users takes users who have an authenticator, not many.\n')
  expect(run('--user', '5').stderr).toContain("'--user'")
})

it.each([
  ['--users', '0'],
  ['--users', ''],
  ['--users', 'Infinity'],
  ['--code-share', '1.5'],
  ['--node-utilization', '1'],
  ['--primary-cores', '-4'],
])('%s %j is refused', (flag, value) => {
  expect(() => siteFrom([`${flag}=${value}`])).toThrow(TypeError)
})

it('acts of a day grow with the users unless they are given', () => {
  const { site } = siteFrom(['--users=2e6', '--step-ups-per-day=7'])
  expect(site).toMatchObject({ users: 2e6, signInsPerDay: 4e5, stepUpsPerDay: 7, peakFactor: 3 })
})
