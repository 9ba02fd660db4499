import { VIEWER_PORT } from '../../packages/statescope/src/inspect/viewer-port.ts'
import { serveViewer } from '../../packages/statescope/src/inspect/viewer-server.ts'
import { StartError } from '../server/node/index.ts'
import { command, numberOf, type Options, textOf, type Values } from './command.ts'
import { LOOPBACK, say } from './foundation.ts'

const options = {
  port: {
    type: 'string',
    env: 'TOTP_FLOW_INSPECT_PORT',
    value: 'number',
    about: '4747 by default; 0 takes a free one',
  },
  host: {
    type: 'string',
    env: 'TOTP_FLOW_INSPECT_HOST',
    value: 'address',
    about: 'where to listen; 127.0.0.1 by default',
  },
} as const satisfies Options

export const inspect = command({
  name: 'inspect',
  summary: 'show what state machines do, in a page of this machine',
  options,
  more: 'Apps and Node processes connect with createInspector() of totp-flow/inspect, or with createWebSocketInspector() of\n@statelyai/inspect. Nothing leaves the machine, unless --host lets others in.',
  run,
})

async function run(values: Values): Promise<number> {
  const port = numberOf(options, values, 'port', VIEWER_PORT, 65_535)
  const hostname = textOf(options, values, 'host', '127.0.0.1')
  const viewer = await serveViewer({ port, hostname }).catch((cause: unknown) => {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
    throw isTaken
      ? new StartError(`Port ${port} is taken. Stop what uses it, or give another --port.`)
      : cause
  })
  say(`The viewer is at ${viewer.url}`)
  if (!LOOPBACK.test(hostname)) say(`Whoever reaches ${hostname} can read along.`)
  say(`Give actors the inspect of createInspector({ to: '${viewer.socketUrl}' })`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await viewer.close()
  return 0
}
