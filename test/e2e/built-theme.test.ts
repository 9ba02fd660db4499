import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../support/tools.ts'

/** Inside the package, where its own name resolves, and out of Git's sight. */
mkdirSync('test-results', { recursive: true })
const folder = mkdtempSync('test-results/theme-')
let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

/** The theme as an app ships it that has this beside it: Vite rewrites `light-dark()` for browsers of a few years ago. */
async function built(name: string, css: string, isFirst: boolean): Promise<string> {
  const input = join(folder, `${name}.css`)
  writeFileSync(join(folder, `${name}-app.css`), css)
  const imports = ['../../src/theme.css', `./${name}-app.css`].map((path) => `@import '${path}';`)
  writeFileSync(input, (isFirst ? imports.toReversed() : imports).join('\n'))
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, rolldownOptions: { input } },
  })
  const files = [result].flat().flatMap((bundle) => ('output' in bundle ? bundle.output : []))
  const sheets = files.map((file) => ('source' in file ? String(file.source) : ''))
  const declared = sheets.join().replace(/@supports[^{]*/g, '') // which may ask for it
  expect(declared).not.toContain('light-dark')
  return sheets.join('\n')
}

const LIGHT = 'rgb(47, 95, 224)'
const DARK = 'rgb(134, 170, 255)'
const pages = [
  ['says nothing of it', '', LIGHT, LIGHT],
  ['leaves it to the system', ':root { color-scheme: light dark }', LIGHT, DARK],
  ['does so in a layer', '@layer base { html { color-scheme: light dark } }', LIGHT, DARK],
  ['does so with no weight', ':where(html) { color-scheme: light dark }', LIGHT, DARK],
  ['is dark', ':root { color-scheme: dark }', DARK, DARK],
  ['is dark in a layer', '@layer base { html { color-scheme: dark } }', DARK, DARK],
] as const
it.each(pages.flatMap((page) => [[...page, true] as const, [...page, false] as const]))(
  'the faces have the colors of a page that %s',
  async (name, css, onLight, onDark, isFirst) => {
    const theme = await built(`${name.replaceAll(' ', '-')}-${isFirst}`, css, isFirst)
    for (const [colorScheme, color] of [
      ['light', onLight],
      ['dark', onDark],
    ] as const) {
      const page = await browser.newPage({ colorScheme })
      await page.setContent(
        `<style>${theme}</style><div data-totp><button part="button primary">Set up</button></div>`,
      )
      const shown = () =>
        page.locator('button').evaluate((element) => getComputedStyle(element).backgroundColor)
      await expect.poll(shown).toBe(color)
      await page.close()
    }
  },
)
