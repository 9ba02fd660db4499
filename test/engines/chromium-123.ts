import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import packaged from 'chromium-123'
import { chromium } from 'playwright'
import { CHROMIUM_FLAGS } from '../support/tools.ts'
import { BACKSPACE, END, ENTER, type Engine, type Tab } from './tab.ts'

const NAMES: Record<string, string> = { [ENTER]: 'Enter', [BACKSPACE]: 'Backspace', [END]: 'End' }

/** The oldest Chromium that is promised, out of an npm package. */
export async function startChromium123(): Promise<Engine> {
  const executablePath = await packaged.executablePath()
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
        const path = join(tmpdir(), `totp-flow-${randomUUID()}.png`)
        await page.screenshot({ path })
        return path
      },
      complaints: () => said,
      close: () => context.close(),
    }
  }

  return { open, close: () => browser.close() }
}
