import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface DemoProcess {
  url: string
  folder: string
  output(): string
  /** `kill -9`, then a new process on the same files. */
  crash(): Promise<DemoProcess>
  stop(): Promise<void>
}

/** `npm start`'s program in a process and a folder of its own. */
export async function startDemo(
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-demo-')),
): Promise<DemoProcess> {
  const { child, output } = launch({ PORT: '0', DATABASE_URL: `sqlite:${join(folder, 'demo.db')}` })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = /totp-flow demo: (\S+)/.exec(output())?.[1]
      if (found) resolve(found)
    })
    child.once('exit', () => reject(new Error(`the demo did not start: ${output()}`)))
  })
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await once(child, 'exit')
  }
  return {
    url,
    folder,
    output,
    async crash() {
      await end('SIGKILL')
      return startDemo(folder)
    },
    async stop() {
      await end('SIGTERM')
      rmSync(folder, { recursive: true })
    },
  }
}

/** Runs the program until it ends by itself, as it does when it cannot start. */
export async function runDemo(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { child, output } = launch(env)
  const [code] = await once(child, 'exit')
  return { code, output: output() }
}

function launch(env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['--conditions=totp-flow-source', 'examples/demo/main.ts'], {
    env: { ...process.env, NODE_ENV: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said += chunk
    })
  return { child, output: () => said }
}
