/** A disk that is soon full: a file system in memory, in a namespace of its own, which ends with this process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  /** Where programs that run in its namespace find it. */
  path: string
  /** The same place, seen from this process. */
  outside: string
  /** What goes before a program and its arguments, so that it runs in the namespace. */
  via: readonly string[]
  /** Leaves so many bytes of room. */
  fill(left?: number): void
  /** Makes all the room again that `fill` took. */
  free(): void
  end(): Promise<void>
}

const FILLER = '.filler'
const USER_NAMESPACE = ['--user', '--map-root-user']

export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const isRoot = process.getuid?.() === 0
  const path = mkdtempSync(join(tmpdir(), 'totp-flow-small-'))
  // It ends when its standard input does, and so with this process, however that ends.
  const keeper = spawn(
    'unshare',
    [
      ...(isRoot ? [] : USER_NAMESPACE),
      '--mount',
      'sh',
      '-c',
      'mount -t tmpfs -o size="$1",mode=1777 tmpfs "$0" && echo mounted && read -r end',
      path,
      String(bytes),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const ended = once(keeper, 'exit')
  const first = await Promise.race([once(keeper.stdout, 'data').then(String), ended])
  if (!String(first).startsWith('mounted'))
    throw new Error('cannot mount a small disk: root, or user namespaces, are needed')
  const outside = `/proc/${keeper.pid}/root${path}`
  const filler = join(outside, FILLER)
  return {
    path,
    outside,
    via: [
      'nsenter',
      ...['--target', String(keeper.pid), ...(isRoot ? [] : ['--user', '--preserve-credentials'])],
      ...['--mount', `--wdns=${path}`, '--'],
    ],
    fill(left = 0) {
      const { bavail, bsize } = statfsSync(outside)
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - left)), { flag: 'a' })
    },
    free: () => rmSync(filler, { force: true }),
    async end() {
      keeper.stdin.end()
      await ended
      rmSync(path, { recursive: true, force: true })
    },
  }
}
