/**
 * What the browser tests need from outside npm: Chromium, an authenticator (`oathtool`), a QR decoder (`zbarimg`), and on
 * Debian Firefox and WebKitGTK with a screen in memory (`Xvfb`), PostgreSQL with what operators put before it, a sandbox
 * (`bwrap`) and `systemd-analyze`.
 * Run as a script it installs what is missing and says what it does: system ones first, then Playwright's download of
 * Chromium, then Debian's packages. With `--heard` it installs a screen reader, too.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { type Browser, chromium } from 'playwright'
import { installApart } from './apart.ts'

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
/** Debian's packages, where they are named otherwise than their programs. */
const PACKAGES: Record<string, string> = {
  zbarimg: 'zbar-tools',
  WebKitWebDriver: 'webkit2gtk-driver',
  Xvfb: 'xvfb',
  'dbus-daemon': 'dbus',
  bwrap: 'bubblewrap',
  'systemd-analyze': 'systemd',
  pg_lsclusters: 'postgresql',
}
const PROGRAMS = ['oathtool', 'zbarimg']
/** Other engines than Chromium, which Debian has; tests of them are skipped where a program is missing. */
const OTHER_ENGINES = ['firefox-esr', 'WebKitWebDriver', 'Xvfb']
/** What servers are run with; tests of it are skipped where a program is missing. */
const OPERATED = ['pg_lsclusters', 'pgbouncer', 'haproxy', 'faketime']
/** What the files for operators are tried with; tests of them are skipped where a program is missing. */
const TO_DEPLOY = ['bwrap', 'systemd-analyze']
/** What `npm run heard` needs: a screen reader, and a desktop for it. */
const TO_HEAR = ['orca', 'Xvfb', 'dbus-daemon', 'openbox', 'xdotool']
const more = process.argv.includes('--heard') ? TO_HEAR : [...OTHER_ENGINES, ...OPERATED, ...TO_DEPLOY]

/** For a browser in a container without network: no sandbox, and no calls home. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

function which(name: string): string | undefined {
  const { status, stdout } = spawnSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** The first that starts: a downloaded browser may lack libraries, and some systems put a hint where the browser belongs. */
export const firstThatRuns = (paths: readonly string[]): string | undefined =>
  paths.find((path) => spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 10_000 }).status === 0)

export const hasOtherEngines = (): boolean => OTHER_ENGINES.every((name) => which(name) !== undefined)
export const canDeploy = (): boolean => TO_DEPLOY.every((name) => which(name) !== undefined)
const isDebian = () =>
  existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))

let found: string | undefined
/** Where Chromium is: `CHROMIUM_PATH`, else the system's, else Playwright's download. */
export function chromiumPath(): string | undefined {
  found ??= firstThatRuns(
    [process.env.CHROMIUM_PATH, ...BROWSERS.map(which), chromium.executablePath()].filter(
      (path) => path !== undefined,
    ),
  )
  return found
}

/** Headless, as every test and script here starts it. */
export const launchChromium = (...more: string[]): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: [...CHROMIUM_FLAGS, ...more] })

const missing = () => [
  ...(chromiumPath() ? [] : ['chromium']),
  ...[...PROGRAMS, ...(isDebian() || more === TO_HEAR ? more : [])].filter(
    (name) => which(name) === undefined,
  ),
]

function run(command: string, args: string[], seconds: number): boolean {
  console.log(`> ${command} ${args.join(' ')}`)
  return spawnSync(command, args, { stdio: 'inherit', timeout: seconds * 1000 }).status === 0
}

function install(): void {
  if (missing().includes('chromium')) run('npx', ['playwright', 'install', 'chromium'], 180)
  const packages = missing().map((name) => PACKAGES[name] ?? name)
  if (packages.length > 0 && which('apt-get')) {
    const asRoot = process.getuid?.() === 0 ? [] : ['sudo']
    const apt = (...args: string[]) => {
      const [command = 'apt-get', ...rest] = [...asRoot, 'apt-get', ...args]
      return run(command, rest, 600)
    }
    apt('update') && apt('install', '-y', '--no-install-recommends', ...packages)
  }
  const apart =
    more === TO_HEAR
      ? []
      : ['providers', 'runtimes', 'pictures'].filter(
          (name) => !installApart(name, { scripts: name === 'runtimes' }),
        )
  const still = [...missing(), ...apart.map((name) => `test/${name}`)]
  if (still.length > 0) {
    const names = missing()
      .map((name) => PACKAGES[name] ?? name)
      .join(' ')
    console.error(
      `The tests need ${still.join(', ')}. Install them by hand (Debian: apt-get install ${names}; npm ci in the folders) and try again.`,
    )
    console.log('0 passed, 1 failed') // where a run would have ended with its tally
    process.exitCode = 1
    return
  }
  const found = [...PROGRAMS, ...more].map((name) => `${name}: ${which(name) ?? 'none'}`)
  console.log([`Chromium: ${chromiumPath()}`, ...found].join('; '))
}

/** The six digits that a real authenticator shows for a base32 secret, so many seconds from now. */
export const oathtool = (secret: string, secondsAhead = 0): string =>
  execFileSync(
    'oathtool',
    [
      '--totp',
      '--base32',
      `--now=${new Date(Date.now() + secondsAhead * 1000).toISOString().replace('T', ' ').slice(0, 19)} UTC`,
      secret,
    ],
    { encoding: 'utf8' },
  ).trim()

/** The text of the QR code in a picture. */
export const zbarimg = (png: string): string =>
  execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', png], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()

if (import.meta.main) install()
