import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { recordingFile } from '../inspect/recording-file.ts'
import { VIEWER_PORT } from '../inspect/viewer-port.ts'
import { serveViewer } from '../inspect/viewer-server.ts'
import { UsageError } from './usage-error.ts'

export { UsageError }

const HELP = `statescope: shows what state machines do, in a page on this computer
statescope <recording>: the same, with a recording saved from that page, such as checkout.statescope.json
statescope draw <file>: draws the machine that a file exports; see statescope draw --help

  --port <number>     ${VIEWER_PORT} by default; 0 takes a free one [STATESCOPE_PORT]
  --host <address>    where to listen; 127.0.0.1 by default [STATESCOPE_HOST]
  --allow-origin <origin>
                      also lets pages of this origin send and read, such as https://app.example.com;
                      repeat it for each origin [STATESCOPE_ALLOW_ORIGIN, separated by commas]
  --help, --version

Apps and Node processes connect with createInspector() of statescope, or with createWebSocketInspector() of
@statelyai/inspect. Nothing leaves this computer unless --host lets others connect.
`

/** Hosts that only this computer can reach. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

/** Runs a command, or serves the viewer until the process is told to end. */
export async function main(argv: string[]): Promise<void> {
  const [command, ...args] = argv
  if (command === 'draw') {
    const { drawCommand } = await import('./draw.ts')
    return await drawCommand(args)
  }
  const { given, file } = parse(argv)
  if (given.help) {
    process.stdout.write(HELP)
    return
  }
  if (given.version) {
    process.stdout.write(`${await version()}\n`)
    return
  }
  const port = portOf(given.port ?? (process.env.STATESCOPE_PORT || String(VIEWER_PORT)))
  const hostname = given.host ?? (process.env.STATESCOPE_HOST || '127.0.0.1')
  const allowedOrigins = (given['allow-origin'] ?? process.env.STATESCOPE_ALLOW_ORIGIN?.split(',') ?? []).map(
    originOf,
  )
  const refused = new Set<string>()
  function onRefused(given: string): void {
    const { origin = 'null' } = URL.parse(given) ?? {}
    if (refused.has(origin) || refused.size >= MOST_NAMED) return
    refused.add(origin)
    say(
      origin === 'null'
        ? 'A page without an origin was refused: a file, or a sandboxed frame. Serve it from this machine.'
        : `A page of ${origin} was refused. To let it in: --allow-origin ${origin}`,
    )
  }
  // Messages are garbage once they are stored as text. A young generation that does not grow saves tens of megabytes.
  setFlagsFromString('--semi-space-growth-factor=1')
  const recording = file === undefined ? {} : { recording: await recordingFile(file) }
  const serving = serveViewer({ port, hostname, allowedOrigins, onRefused, ...recording })
  const viewer = await serving.catch((cause: unknown) => {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
    throw isTaken
      ? new Error(`Port ${port} is taken. Stop what uses it, or give another --port.`, { cause })
      : cause
  })
  say(`The viewer is at ${viewer.url}`)
  if (!LOOPBACK.test(hostname)) say(`Whoever reaches ${hostname} can read along.`)
  say(`Give actors the inspect of createInspector({ to: '${viewer.socketUrl}' })`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await viewer.close()
}

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        'allow-origin': { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
    const unexpected = positionals.find((one, index) => index > 0 || !one.endsWith('.json'))
    if (unexpected !== undefined) throw new Error(`Unexpected argument '${unexpected}'`)
    return { given: values, file: positionals[0] }
  } catch (cause) {
    const said = cause instanceof Error ? cause.message.split('. ')[0] : 'An argument was not expected'
    throw new UsageError(`${said}. See statescope --help`, { cause })
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (text.trim() !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new UsageError(
    '--port (STATESCOPE_PORT) must be a number from 0 to 65535. Correct it, or leave it out.',
  )
}

/** The origin as browsers send it. */
function originOf(text: string): string {
  const { origin = 'null' } = URL.parse(text.trim()) ?? {}
  if (origin !== 'null') return origin
  throw new UsageError(
    '--allow-origin (STATESCOPE_ALLOW_ORIGIN) takes an origin, such as https://app.example.com. Correct it, or leave it out.',
  )
}

/** How many refused origins are reported, since a page can make up any number. */
const MOST_NAMED = 20

const say = (line: string) => process.stderr.write(`${line}\n`)

async function version(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return String(JSON.parse(text).version)
}
