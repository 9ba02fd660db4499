/** Takes the README's pictures from the example: `npm run pictures --workspace statescope`. */
import { spawnSync } from 'node:child_process'
import { launchChromium } from '../../../test/support/tools.ts'
import { EXAMPLE, serveExample } from '../test/serve-example.ts'

process.chdir(new URL('../../..', import.meta.url).pathname)
const fileOf = (name: string) => `packages/statescope/docs/${name}`

const draw = [
  'packages/statescope/src/cli.ts',
  'draw',
  `${EXAMPLE}/src/tea.ts`,
  '--direction',
  'right',
  '-o',
  fileOf('tea.svg'),
]
const { status } = spawnSync(process.execPath, draw, { stdio: 'inherit' })
if (status !== 0) process.exit(1)

const example = await serveExample()
const browser = await launchChromium()
const context = await browser.newContext({ viewport: { width: 1280, height: 880 }, reducedMotion: 'reduce' })
const page = await context.newPage()
await page.goto(example.url)
await page.getByRole('button', { name: 'Make black tea' }).click()
const inspector = page.locator('state-inspector')
await inspector.getByText('In making.steeping').waitFor()
await inspector.getByRole('button', { name: 'Fit' }).click()
await page.screenshot({ path: fileOf('inspector.png') })
await browser.close()
await example.close()
