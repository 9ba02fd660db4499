/** A clock that a test sets, for processes of their own: Debian's `faketime`. What measures how long something takes goes on. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LIBRARIES = '/usr/lib'
const library = (existsSync(LIBRARIES) ? readdirSync(LIBRARIES) : [])
  .map((name) => join(LIBRARIES, name, 'faketime/libfaketime.so.1'))
  .find((path) => existsSync(path))

/** Tests of it are skipped where it is not installed: `npm run tools` installs it on Debian. */
export const hasFakeClock = library !== undefined

export function fakeClock() {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-clock-'))
  const file = join(folder, 'offset')
  /** So many seconds off the true time, from now on and for all processes. */
  const set = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  set(0)
  return {
    set,
    /** What a process has to have in its environment. */
    env: {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    end: () => rmSync(folder, { recursive: true }),
  }
}
