import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, inject, it } from 'vitest'
import { folderApart } from './support/apart.ts'
import { flowsOverCommands } from './support/flows-over-commands.ts'
import { databaseUrl, makeDatabase } from './support/postgres.ts'
import { commandFromSource } from './support/server-process.ts'
import { enrollAndStepUp, removeByRecoveryCode } from './support/whole-flow.ts'
import { startWorker } from './support/worker.ts'
import { MASTER_KEY } from './support/world.ts'

const program = (name: string) => join(folderApart('runtimes'), 'node_modules/.bin', name)
const BUN = [program('bun')]
const DENO_OPTIONS = ['--allow-all', '--node-modules-dir=manual']
const DENO = [program('deno'), 'run', ...DENO_OPTIONS]

const folder = mkdtempSync(join(tmpdir(), 'totp-flow-runtimes-'))
afterAll(() => rmSync(folder, { recursive: true }))
const emptyFolder = () => mkdtempSync(join(folder, 'run-'))

it.each([
  ['Bun', BUN],
  ['Deno', DENO],
])('the commands run on %s as on Node: a flow, key rotations, a backup, a restart', async (_, runtime) => {
  await flowsOverCommands(emptyFolder(), commandFromSource(...runtime))
})

/** Whole flows of users at once, whose sessions `examples/edge` knows. */
async function flowsOf(users: readonly string[], url: string): Promise<void> {
  const api = `${url}/api/v0/sdk/default`
  await Promise.all(
    users.map(async (user) => {
      const recoveryCode = await enrollAndStepUp(api, `session-of-${user}`)
      await removeByRecoveryCode(api, `session-of-${user}`, recoveryCode)
    }),
  )
}

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

it.each([
  ['Bun', (port: number) => ['env', `PORT=${port}`, ...BUN]],
  [
    'Deno',
    (port: number) => [program('deno'), 'serve', '--host=127.0.0.1', `--port=${port}`, ...DENO_OPTIONS],
  ],
])('a server of the host’s on %s serves a whole flow from SQLite', async (_, by) => {
  const port = await freePort()
  const [command = '', ...options] = by(port)
  const server = spawn(
    command,
    [...options, '--conditions=totp-flow-source', resolve('examples/edge/server.ts')],
    {
      cwd: emptyFolder(),
      env: { ...process.env, TOTP_FLOW_MASTER_KEY: MASTER_KEY },
      stdio: 'ignore',
    },
  )
  try {
    const url = `http://127.0.0.1:${port}`
    await expect.poll(() => fetch(`${url}/readyz`).then(({ status }) => status, String)).toBe(200)
    await flowsOf(['ann'], url)
  } finally {
    server.kill()
  }
})

it('a Durable Object serves whole flows of many users at once, in Cloudflare’s runtime', async () => {
  const worker = await startWorker('examples/edge/durable-object.ts', {
    durableObjects: { TOTP: { className: 'Totp', useSQLite: true } },
    bindings: { TOTP_FLOW_MASTER_KEY: MASTER_KEY },
  })
  try {
    await flowsOf(['ann', 'bob', 'cid', 'dan'], worker.url)
  } finally {
    await worker.end()
  }
})

it('a worker with a store for each request serves whole flows of many users at once from PostgreSQL, in Cloudflare’s runtime', async () => {
  const serverUrl = inject('postgresUrl')
  await makeDatabase(serverUrl, 'of_a_worker')
  const worker = await startWorker('examples/edge/postgres.ts', {
    compatibilityFlags: ['nodejs_compat'],
    hyperdrives: { HYPERDRIVE: databaseUrl(serverUrl, 'of_a_worker') },
    bindings: { TOTP_FLOW_MASTER_KEY: MASTER_KEY },
  })
  try {
    await flowsOf(['ann', 'bob', 'cid', 'dan'], worker.url)
  } finally {
    await worker.end()
  }
})
