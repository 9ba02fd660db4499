/** The example is an app as anybody would build it, and does what it is for. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../../../test/support/tools.ts'
import manifest from '../example/package.json' with { type: 'json' }
import ours from '../package.json' with { type: 'json' }
import { EXAMPLE, serveExample } from './serve-example.ts'

let example: Awaited<ReturnType<typeof serveExample>>
let browser: Browser
beforeAll(async () => {
  example = await serveExample()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await example?.close()
})

it('the example makes tea with two machines, and its inspector shows what they do', async () => {
  const page = await browser.newPage()
  const errors: Error[] = []
  page.on('pageerror', (error) => errors.push(error))
  await page.goto(example.url)
  await page.getByRole('button', { name: 'Make green tea' }).click()
  const shown = () => page.locator('state-inspector').evaluate(({ shadowRoot }) => shadowRoot?.textContent)
  await expect.poll(shown).toContain('tea.choose')
  await expect.poll(shown).toContain('kettle')
  await page.getByRole('button', { name: 'Drink' }).click() // once it is ready
  await page.getByText('1 cup').waitFor()
  await expect.poll(shown).toContain('tea.drink')
  expect(errors).toEqual([])
})

it('the example names the tested versions of its packages', () => {
  const root = JSON.parse(readFileSync('package.json', 'utf8'))
  const known = { ...root.devDependencies, ...root.dependencies, statescope: `^${ours.version}` }
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    expect([name, version]).toEqual([name, known[name]])
})

it('the picture of its machine in the README is up to date (if not: npm run pictures --workspace statescope)', () => {
  const args = [
    'draw',
    `${EXAMPLE}/src/tea.ts`,
    '--direction',
    'right',
    '-o',
    'packages/statescope/docs/tea.svg',
    '--check',
  ]
  const { status, stderr } = spawnSync(process.execPath, ['packages/statescope/src/cli.ts', ...args], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
