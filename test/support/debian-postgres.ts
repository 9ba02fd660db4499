/** PostgreSQL, PgBouncer and HAProxy as Debian has them: what operators run, on free loopback ports, ended by their ids. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './postgres.ts'

const VERSIONS = '/usr/lib/postgresql'
const version = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort().at(-1) : undefined
const programOf = (name: string) =>
  ['/usr/sbin', '/usr/bin'].map((folder) => join(folder, name)).find((path) => existsSync(path))
const pgbouncer = programOf('pgbouncer')
const haproxy = programOf('haproxy')

/** Tests of what is not installed are skipped: `npm run tools` installs it on Debian. */
export const hasDebianPostgres =
  version !== undefined && pgbouncer !== undefined && haproxy !== undefined && process.getuid?.() === 0

const bin = (name: string) => join(VERSIONS, String(version), 'bin', name)

async function untilOpen(port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on port ${port}`)
}

/** None of these programs runs as root. */
const asPostgres = (program: string, ...args: string[]) =>
  execFileSync('runuser', ['-u', 'postgres', '--', program, ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
    cwd: '/',
  })

export interface Operated {
  folder: string
  /** A primary, trusting whoever comes over loopback. */
  primary(settings?: string): Promise<Node>
  /** A hot standby of it, which its commits wait for. */
  standby(of: Node): Promise<Node>
  /** Sends whoever comes to the server that is not read-only: what a check of theirs tells on a port of its own. */
  balancer(backends: readonly { port: number; checkPort: number }[]): Promise<number>
  /** Sends requests to the nodes of these ports that are ready, as a check of `/readyz` five times a second tells. */
  httpBalancer(ports: readonly number[]): Promise<number>
  /** PgBouncer in transaction mode, with no setting that managed poolers do not have unless one is given. */
  pooler(
    port: number,
    options?: { password?: string; loginRetrySeconds?: number; settings?: string },
  ): Promise<number>
  end(): Promise<void>
}
export interface Node {
  port: number
  url: string
  /** Sends a signal to its postmaster by `pg_ctl`. */
  control(...args: string[]): void
  /** Ends all its processes at once, as a machine without power does. */
  kill(): void
}

export function operate(): Operated {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-operators-'))
  chmodSync(folder, 0o777)
  const nodes: { directory: string }[] = []
  const processes: ChildProcess[] = []

  const control = (directory: string, ...args: string[]) =>
    asPostgres(bin('pg_ctl'), '-D', directory, '-w', '-l', `${directory}.log`, ...args)

  async function start(directory: string): Promise<Node> {
    const port = await freePort()
    nodes.push({ directory })
    control(
      directory,
      '-o',
      `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder}`,
      'start',
    )
    return {
      port,
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      control: (...args) => void control(directory, ...args),
      kill() {
        const postmaster = Number(readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[0])
        const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
        for (const pid of [postmaster, ...children.trim().split(' ').map(Number)])
          process.kill(pid, 'SIGKILL')
      },
    }
  }
  async function run(program: string, args: readonly string[], port: number): Promise<number> {
    processes.push(
      spawn('runuser', ['-u', 'postgres', '--', program, ...args], { stdio: 'ignore', cwd: '/' }),
    )
    await untilOpen(port)
    return port
  }
  function config(name: string, text: string): string {
    const path = join(folder, name)
    writeFileSync(path, text)
    chmodSync(path, 0o644)
    return path
  }

  async function balance(mode: 'tcp' | 'http', lines: readonly string[]): Promise<number> {
    const port = await freePort()
    const path = config(
      `haproxy-${port}.cfg`,
      `defaults
  mode ${mode}
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout check 3s
listen nodes
  bind 127.0.0.1:${port}
${lines.map((line) => `  ${line}`).join('\n')}
`,
    )
    return run(haproxy ?? '', ['-f', path, '-db'], port)
  }

  return {
    folder,
    async primary(settings = '') {
      const directory = join(folder, `primary-${nodes.length}`)
      asPostgres(bin('initdb'), '-D', directory, '-U', 'postgres', '-A', 'trust', '-N')
      execFileSync('tee', ['-a', join(directory, 'postgresql.conf')], {
        input: `\nfsync = off\nmax_connections = 200\nwal_level = replica\n${settings}\n`,
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      return start(directory)
    },
    async standby(of) {
      const directory = join(folder, `standby-${nodes.length}`)
      asPostgres(
        bin('pg_basebackup'),
        ...['-d', `host=127.0.0.1 port=${of.port} user=postgres application_name=other`],
        ...['-D', directory, '-R', '-X', 'stream', '-c', 'fast'],
      )
      return start(directory)
    },
    balancer(backends) {
      const servers = backends.map(
        (one, index) =>
          `server s${index} 127.0.0.1:${one.port} check port ${one.checkPort} inter 300 fall 1 rise 1`,
      )
      return balance('tcp', ['option httpchk GET /', ...servers])
    },
    httpBalancer(ports) {
      const servers = ports.map(
        (port, index) => `server s${index} 127.0.0.1:${port} check inter 200 fall 1 rise 1`,
      )
      return balance('http', ['option httpchk GET /readyz', ...servers])
    },
    async pooler(port, { password, loginRetrySeconds = 15, settings = '' } = {}) {
      const own = await freePort()
      mkdirSync(join(folder, 'pooler'), { recursive: true })
      const path = config(
        `pgbouncer-${own}.ini`,
        `[databases]
* = host=127.0.0.1 port=${port}${password === undefined ? '' : ` user=postgres password=${password}`}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = trust
auth_file = ${config('users.txt', '"postgres" ""\n')}
pool_mode = transaction
default_pool_size = 4
server_login_retry = ${loginRetrySeconds}
${settings}
`,
      )
      return run(pgbouncer ?? '', [path], own)
    },
    async end() {
      for (const child of processes) {
        const closed = once(child, 'close')
        child.kill('SIGTERM') // which runuser passes on
        await closed
      }
      for (const { directory } of nodes.reverse()) {
        try {
          control(directory, '-m', 'immediate', 'stop')
        } catch {
          // stopped before
        }
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
