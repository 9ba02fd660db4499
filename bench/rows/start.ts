import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchChromium } from '../../test/support/tools.ts'
import { quantile } from '../rounds.ts'

/** Seconds from `npm start` to a page with a usable sign-in, in a browser that is already open. */
export async function start(rounds: number): Promise<number> {
  const browser = await launchChromium()
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'totp-flow-bench-'))
    const page = await browser.newPage()
    const startedAt = performance.now()
    const npm = spawn('npm', ['start'], {
      cwd: new URL('../..', import.meta.url).pathname,
      // Vite has set NODE_ENV to production, under which the demo lets nobody sign in.
      env: { ...process.env, NODE_ENV: '', PORT: '0', DATABASE_URL: `sqlite:${join(folder, 'demo.db')}` },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true, // a process group of its own, which can be ended together
    })
    let said = ''
    for await (const chunk of npm.stdout) {
      said += chunk
      if (/totp-flow demo: \S+/.test(said)) break
    }
    await page.goto(/totp-flow demo: (\S+)/.exec(said)?.[1] ?? '')
    await page.getByLabel('Email').fill('ann@example.com')
    seconds.push((performance.now() - startedAt) / 1000)
    await page.close()
    const ended = once(npm, 'exit')
    if (npm.pid) process.kill(-npm.pid, 'SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  await browser.close()
  return quantile(seconds, 0.5)
}
