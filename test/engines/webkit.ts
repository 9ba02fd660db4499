import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LEAVING, type Overheard, overhear } from './overhear.ts'
import { type Engine, pointAt, pressAt, sourceOf, type Tab, typing } from './tab.ts'

/** On a machine without graphics, as root. */
const ENVIRONMENT = {
  WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  WEBKIT_DISABLE_DMABUF_RENDERER: '1',
  LIBGL_ALWAYS_SOFTWARE: '1',
  NO_AT_BRIDGE: '1',
}

/** WebKitGTK by W3C's WebDriver (https://www.w3.org/TR/webdriver2/), on a screen in memory. */
export async function startWebKit(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-webkit-'))
  // Without `-noreset`, Xvfb resets when its last client disconnects, and drops a browser that is just connecting.
  const options = ['-noreset', '-displayfd', '3', '-screen', '0', '1280x1000x24', '-fbdir', folder]
  const screen = spawn('Xvfb', options, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const display = await new Promise<string>((resolve, reject) => {
    screen.stdio[3]?.once('data', (data) => resolve(`:${String(data).trim()}`))
    screen.once('error', reject)
    screen.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}.`)))
  })
  const binary = miniBrowser()
  let pictures = 0

  async function open(): Promise<Tab> {
    const port = await freePort()
    const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
      env: { ...process.env, ...ENVIRONMENT, DISPLAY: display, HOME: folder }, // where downloads go
      stdio: 'ignore',
      detached: true, // a group of its own, in which its browser is
    })
    driver.once('error', () => {}) // told below
    await answers(port, driver)
    const { sessionId } = await command(port, 'POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } } },
    })
    const call = (method: string, path: string, body?: object) =>
      command(port, method, `/session/${sessionId}${path}`, body)
    const perform = (actions: unknown) => call('POST', '/actions', { actions })
    await call('POST', '/window/rect', { x: 0, y: 0, width: 1280, height: 1000 })
    const said: string[] = []
    const proxies = new Map<string, Overheard>()
    return {
      async go(url) {
        const { origin, href } = new URL(url)
        const proxy = proxies.get(origin) ?? (await overhear(origin, (complaint) => said.push(complaint)))
        proxies.set(origin, proxy)
        await call('POST', '/execute/sync', { script: `dispatchEvent(new Event('${LEAVING}'))`, args: [] })
        await call('POST', '/url', { url: href.replace(origin, proxy.origin) })
      },
      async run(script, ...given) {
        return JSON.parse(
          await call('POST', '/execute/sync', { script: `return ${sourceOf(script, given)}`, args: [] }),
        )
      },
      point: (x, y) => perform(pointAt(x, y)),
      press: (x, y) => perform(pressAt(x, y)),
      type: (keys) => perform(typing(keys)),
      // Its own screenshots hang at times.
      async picture() {
        const path = join(folder, `${pictures++}.ppm`)
        writeFileSync(path, ppmOf(readFileSync(join(folder, 'Xvfb_screen0'))))
        return path
      },
      complaints: () => said,
      async close() {
        // Asked to end a session, it does not always answer, since its browser may be gone first.
        if (driver.pid !== undefined) process.kill(-driver.pid, 'SIGKILL')
        await once(driver, 'exit')
        for (const { close } of proxies.values()) close()
      },
    }
  }

  return {
    open,
    async close() {
      screen.removeAllListeners('exit')
      screen.kill()
      await once(screen, 'exit')
      rmSync(folder, { recursive: true, maxRetries: 5 })
    },
  }
}

/** The browser that comes with the engine. */
const miniBrowser = () => globSync('/usr/lib/*/webkit2gtk-4.1/MiniBrowser')[0] ?? 'MiniBrowser'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** Until a driver that was just started can be asked. */
async function answers(port: number, driver: ChildProcess): Promise<void> {
  for (;;) {
    if (driver.exitCode !== null || driver.pid === undefined)
      throw new Error('WebKitWebDriver did not start.')
    const isUp = await command(port, 'GET', '/status').then(
      () => true,
      () => false,
    )
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what a browser answers is an edge
async function command(port: number, method: string, path: string, body?: object): Promise<any> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    signal: AbortSignal.timeout(90_000), // a driver whose browser has ended never answers
    ...(body && { body: JSON.stringify(body) }),
  })
  const { value } = (await response.json()) as { value: { error?: string; message?: string } | null }
  if (value?.error) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`)
  return value
}

/** A picture in the format of X's dumps (32 bits for a pixel: blue, green, red) as a portable pixmap. */
function ppmOf(dump: Buffer): Buffer {
  const [offset = 0, , , , width = 0, height = 0] = Array.from({ length: 6 }, (_, at) =>
    dump.readUInt32BE(at * 4),
  )
  const rowBytes = dump.readUInt32BE(12 * 4)
  const colors = dump.readUInt32BE(19 * 4)
  const start = offset + colors * 12
  const header = Buffer.from(`P6 ${width} ${height} 255\n`)
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = start + y * rowBytes + x * 4
      for (let part = 2; part >= 0; part--) pixels[to++] = dump[from + part] ?? 0
    }
  return Buffer.concat([header, pixels])
}
