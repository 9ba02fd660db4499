import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
import { chromium } from 'playwright'
import { CHROMIUM_FLAGS } from '../support/tools.ts'
import { BACKSPACE, END, ENTER, type Engine, type Tab } from './tab.ts'

const NAMES: Record<string, string> = { [ENTER]: 'Enter', [BACKSPACE]: 'Backspace', [END]: 'End' }

/** The oldest Chromium that is promised, out of an npm package, which by itself would take any that stands in /tmp. */
export async function startChromium123(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-chromium-'))
  const packed = new URL(import.meta.resolve('chromium-123/bin/chromium.br'))
  const executablePath = join(folder, 'chromium')
  const program = createWriteStream(executablePath, { mode: 0o700 })
  await pipeline(createReadStream(packed), createBrotliDecompress(), program)
  let pictures = 0
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS })

  async function open(): Promise<Tab> {
    const context = await browser.newContext()
    const page = await context.newPage()
    const said: string[] = []
    page.on('pageerror', ({ message }) => said.push(message))
    page.on('console', (message) => {
      // Its log of requests: a page without an icon, and how a server asks for a code.
      const isOfNetwork =
        message.location().url.endsWith('/favicon.ico') || /status of 40[01]/.test(message.text())
      if (message.type() === 'error' && !isOfNetwork) said.push(message.text())
    })
    return {
      async go(url) {
        await page.goto(url)
      },
      run: (script, ...given) => page.evaluate(`(${script})(...${JSON.stringify(given)})`),
      point: (x, y) => page.mouse.move(x, y),
      press: (x, y) => page.mouse.click(x, y),
      async type(keys) {
        for (const key of keys) await page.keyboard.press(NAMES[key] ?? key)
      },
      async picture() {
        const path = join(folder, `${pictures++}.png`)
        await page.screenshot({ path })
        return path
      },
      complaints: () => said,
      close: () => context.close(),
    }
  }

  return {
    open,
    async close() {
      await browser.close()
      rmSync(folder, { recursive: true, maxRetries: 5 })
    },
  }
}
