/** Measures what watching costs an app, and writes packages/statescope/docs/performance.md: `npm run watched`. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { Browser } from 'playwright'
import { build } from 'vite'
import { WebSocket, WebSocketServer } from 'ws'
import { launchChromium } from '../../test/support/tools.ts'
import { quantile } from '../rounds.ts'
import { type AppFigures, type Kind, WATCHERS, type Watcher } from './app.ts'
import { CHARTS, type ChartKind, type Measured, watchedPage } from './page.ts'

const here = (name: string) => new URL(name, import.meta.url).pathname

/** A target for Stately's inspector that reads everything and forgets it. */
const sink = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 2 ** 30 })
sink.on('connection', (socket) => socket.on('message', () => {}))
await once(sink, 'listening')
const sinkUrl = `ws://127.0.0.1:${(sink.address() as AddressInfo).port}`

/** A server in its own process, and a page that reads one message every tenth of a second. */
async function slowViewer() {
  const child = spawn(process.execPath, [here('../../packages/statescope/dist/cli.js'), '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  let url: string | undefined
  for await (const chunk of child.stderr) {
    said += chunk
    url = /to: '(ws:[^']+)'/.exec(said)?.[1]
    if (url) break
  }
  if (!url) throw new Error(`The server did not start: ${said}`)
  const page = new WebSocket(`${url}/viewer`)
  page.on('message', () => {
    page.pause()
    setTimeout(() => page.resume(), 100)
  })
  await once(page, 'open')
  const megabytes = (what: string) =>
    Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) /
    1024
  const before = megabytes('VmRSS')
  return {
    url,
    grown: () => megabytes('VmHWM') - before,
    async close() {
      page.terminate()
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function appRound(kind: Kind, watcher: Watcher): Promise<AppFigures & { serverGrown: number }> {
  const viewer = watcher === 'statescope' ? await slowViewer() : undefined
  const { stdout } = await promisify(execFile)(process.execPath, [
    here('app.ts'),
    kind,
    watcher,
    viewer?.url ?? sinkUrl,
  ])
  const serverGrown = viewer?.grown() ?? 0
  await viewer?.close()
  return { ...JSON.parse(stdout), serverGrown }
}

/** Runs all in turn, round after round. */
async function apps(kind: Kind, rounds: number) {
  const seen = Object.fromEntries(
    WATCHERS.map((watcher) => [watcher, [] as Awaited<ReturnType<typeof appRound>>[]]),
  )
  for (let round = 0; round < rounds; round++) {
    for (const watcher of round % 2 === 0 ? WATCHERS : WATCHERS.toReversed()) {
      seen[watcher]?.push(await appRound(kind, watcher))
      console.error(kind, watcher, JSON.stringify(seen[watcher]?.at(-1)))
    }
  }
  const median = (watcher: Watcher, figure: keyof AppFigures | 'serverGrown') =>
    quantile(seen[watcher]?.map((one) => one[figure]) ?? [], 0.5)
  return (watcher: Watcher) => ({
    seconds: median(watcher, 'seconds'),
    cpuSeconds: median(watcher, 'cpuSeconds'),
    residentMegabytes: median(watcher, 'residentMegabytes'),
    serverGrown: median(watcher, 'serverGrown'),
  })
}

const LONGEST_MS = 60_000
/** Milliseconds for each click; `null` if the page did not answer within a minute. */
async function clicks(
  browser: Browser,
  script: string,
  watcher: Watcher,
  times: number,
): Promise<number[] | null> {
  const page = await browser.newPage()
  page.on('crash', () => console.error(`${watcher}: the page crashed`))
  await page.setContent('<!doctype html>')
  await page.addScriptTag({ content: script })
  const took = page.evaluate(`clicks('${watcher}', ${times})`) as Promise<number[]>
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), LONGEST_MS).unref())
  const result = await Promise.race([took.catch(() => null), late])
  if (result) await page.close()
  return result
}

async function scriptOf(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { write: false, lib: { entry: here(entry), formats: ['iife'], name: 'app' } },
  })
  const [output] = [built].flat().flatMap((one) => ('output' in one ? one.output : []))
  return output && 'code' in output ? output.code : ''
}

/** Measures each in its own page. */
async function firstPictures(rounds: number): Promise<Measured['pictures']> {
  const script = await scriptOf('chart-app.ts')
  const figures: Record<ChartKind, number[]> = { small: [], nested: [], flat: [] }
  for (let round = 0; round < rounds; round++) {
    for (const kind of CHARTS) {
      const browser = await launchChromium()
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
      await page.setContent('<!doctype html>')
      await page.addScriptTag({ content: script })
      figures[kind].push(await page.evaluate<number>(`firstPicture('${kind}')`))
      await browser.close()
      console.error('chart', kind, figures[kind].at(-1))
    }
  }
  const of = (kind: ChartKind) => quantile(figures[kind], 0.5)
  return { small: of('small'), nested: of('nested'), flat: of('flat') }
}

async function reactEvents(rounds: number): Promise<Measured['click']> {
  const script = await scriptOf('page-app.tsx')
  const figures: Record<Watcher, number[] | null> = { none: [], statescope: [], stately: [] }
  for (let round = 0; round < rounds; round++) {
    for (const watcher of WATCHERS) {
      if (figures[watcher] === null) continue
      const browser = await launchChromium()
      const took = await clicks(browser, script, watcher, 50)
      await browser.close()
      figures[watcher] = took && [...(figures[watcher] ?? []), ...took]
      console.error(watcher, took?.length, took && quantile(took, 0.5), took && Math.max(...took))
    }
  }
  const of = (watcher: Watcher) => {
    const all = figures[watcher]
    return all && { median: quantile(all, 0.5), high: quantile(all, 0.95) }
  }
  return { none: of('none'), statescope: of('statescope'), stately: of('stately') }
}

const pictures = await firstPictures(5)
const click = await reactEvents(3)
const small = await apps('small', 5)
const large = await apps('large', 3)
const PAGE = new URL('../../packages/statescope/docs/performance.md', import.meta.url)
const page = watchedPage({ click, small, large, pictures })
writeFileSync(PAGE, page)
console.log(page)
process.exit()
