/** A screen of its own with a window manager, a D-Bus session and the screen reader Orca, which writes what it says into a file. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrowserContext, chromium, type Page } from 'playwright'
import { CHROMIUM_FLAGS, chromiumPath } from '../support/tools.ts'

export interface Desktop {
  open(url: string): Promise<Page>
  /** Presses a key as a person does, such as `Return` or `shift+Tab`. */
  press(key: string): void
  type(text: string): void
  /** What was said since the last call, once nothing more is. */
  listen(): Promise<string[]>
  stop(): Promise<void>
}

/** So long Orca has to be idle: longer than the pause before an announcement, and than a check takes that is said to be one. */
const SILENCE_MS = 1500
const LOOK_MS = 100

/** Orca runs it at its start. The keys that one presses oneself are not repeated. */
const WRITE_WHAT_IS_SAID = `import json, logging, os
from orca import settings
settings.enableKeyEcho = False
class Heard(logging.Handler):
    def emit(self, record):
        with open(os.environ['HEARD'], 'a') as file:
            file.write(json.dumps(record.getMessage()) + '\\n')
logging.getLogger('speech').addHandler(Heard())
`
/** In the place of the module that starts a speech service. */
const NO_VOICE = "raise ImportError('nobody listens')\n"

export async function startDesktop(): Promise<Desktop> {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-heard-'))
  const inFolder = (...names: string[]) => {
    const path = join(folder, ...names)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return path
  }
  const heard = join(folder, 'heard.txt')
  writeFileSync(join(inFolder('data', 'orca'), 'orca-customizations.py'), WRITE_WHAT_IS_SAID)
  writeFileSync(join(inFolder('python'), 'speechd.py'), NO_VOICE)
  const processes: ChildProcess[] = []
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    HOME: inFolder('home'),
    XDG_RUNTIME_DIR: inFolder('run'),
    XDG_DATA_HOME: inFolder('data'),
    XDG_CONFIG_HOME: inFolder('config'),
    XDG_CACHE_HOME: inFolder('cache'),
    PYTHONPATH: inFolder('python'),
    HEARD: heard,
    ACCESSIBILITY_ENABLED: '1',
  }

  /** Starts a program, and waits for what it writes to its fourth file, if it does. */
  async function start(command: string, args: string[], isAwaited = false): Promise<string> {
    const log = openSync(join(folder, `${command}.log`), 'w')
    const child = spawn(command, args, { env, stdio: ['ignore', log, log, 'pipe'] })
    closeSync(log)
    processes.unshift(child)
    const said = child.stdio[3]
    if (!isAwaited || !said) return ''
    const ended = once(child, 'exit').then(() => {
      throw new Error(`${command} ended: ${readFileSync(join(folder, `${command}.log`), 'utf8')}`)
    })
    const [words] = await Promise.race([once(said, 'data'), ended])
    return String(words).trim()
  }

  process.once('exit', () => {
    for (const child of processes) child.kill('SIGKILL') // those that an interrupted run has left
  })
  env.DISPLAY = `:${await start('Xvfb', ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'], true)}`
  env.DBUS_SESSION_BUS_ADDRESS = await start(
    'dbus-daemon',
    ['--session', '--nofork', '--print-address=3'],
    true,
  )
  await start('openbox', [])
  await start('orca', [])
  const orca = processes[0]?.pid

  let taken = 0
  const said = () => (existsSync(heard) ? readFileSync(heard, 'utf8').split('\n').slice(0, -1) : [])
  let context: BrowserContext | undefined
  const desktop: Desktop = {
    async open(url) {
      await context?.close()
      context = await chromium.launchPersistentContext(inFolder('profile'), {
        executablePath: chromiumPath(),
        headless: false,
        viewport: null,
        env,
        args: [
          ...CHROMIUM_FLAGS,
          '--force-renderer-accessibility=complete',
          '--window-size=1300,950',
          `--app=${url}`,
        ],
      })
      const page = context.pages()[0] ?? (await context.waitForEvent('page'))
      await page.waitForLoadState()
      while (
        !said()
          .slice(taken)
          .some((line) => line.includes('Finished loading'))
      )
        await sleep(LOOK_MS)
      return page
    },
    press: (key) => execFileSync('xdotool', ['key', key], { env }),
    type: (text) => execFileSync('xdotool', ['type', '--delay', '50', text], { env }),
    async listen() {
      let count = said().length
      let used = ticksOf(orca)
      for (let quiet = 0; quiet < SILENCE_MS; ) {
        await sleep(LOOK_MS)
        const now = said().length
        const usedNow = ticksOf(orca)
        if (now !== count) quiet = 0
        else if (usedNow === used) quiet += LOOK_MS // it may be about to say something
        count = now
        used = usedNow
      }
      const lines = said().slice(taken, count)
      taken = count
      return lines.map(wordsOf).filter((words) => words !== '')
    },
    async stop() {
      await context?.close()
      for (const child of processes) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill(child.spawnfile === 'orca' ? 'SIGKILL' : 'SIGTERM') // Orca may wait for a bus that is gone
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
  while (said().length === 0) await sleep(LOOK_MS) // "Screen reader on."
  await desktop.listen()
  return desktop
}

/** Out of a line such as `"SPEECH OUTPUT: 'Email entry.' voice=hyperlink"`. */
const wordsOf = (line: string) =>
  (/^SPEECH OUTPUT: '(.*)'/s.exec(JSON.parse(line))?.[1] ?? '').replace(/\s+/g, ' ').trim()

/** The processor time that a process has used. */
function ticksOf(pid: number | undefined): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/.*\) /, '')
    .split(' ')
    .slice(11, 13)
  return Number(user) + Number(system)
}
