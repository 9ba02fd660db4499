/** `totp-flow/server/node`: what a Node process needs around the server: a store by URL, a master key, a port. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { serve } from 'srvx/node'
import { createSecrets } from './secrets.ts'
import { makeFolder } from './store/make-folder.ts'
import { sqliteStore } from './store/sqlite.ts'
import type { Store } from './store/store.ts'

/** A start that cannot go on, in one line that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The store that a `DATABASE_URL` names, `sqlite:path/to/file.db`, and the folder in which a key file may lie beside it. */
export function openStore(url: string): { store: Store; folder: string } {
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1]
  if (path === undefined) {
    throw new StartError(
      'DATABASE_URL must look like sqlite:./data/totp-flow.db. Correct it, or leave it out.',
    )
  }
  return { store: sqliteStore({ path }), folder: dirname(path) }
}

/**
 * The master key of `TOTP_FLOW_MASTER_KEY`, else of a key file, which is made with mode 0600 at the first start.
 * `note` hears where a new one lies: whoever loses it loses every enrollment.
 */
export function loadMasterKey(given: {
  env: string | undefined
  file: string
  note: (line: string) => void
}): string {
  const { env, file, note } = given
  if (env) return checked(env, 'TOTP_FLOW_MASTER_KEY')
  if (existsSync(file)) return checked(readFileSync(file, 'utf8').trim(), file)
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
  try {
    makeFolder(dirname(file))
    writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new StartError(
      `Cannot write the key file ${file}. Make its folder writable, or set TOTP_FLOW_MASTER_KEY.`,
      {
        cause,
      },
    )
  }
  note(`Made a new master key in ${file}. Keep a copy: without it no stored authenticator can be used.`)
  return key
}

function checked(key: string, origin: string): string {
  try {
    createSecrets(key)
    return key
  } catch (cause) {
    throw new StartError(`${origin}: ${cause instanceof Error ? cause.message : 'not a master key.'}`, {
      cause,
    })
  }
}

export interface Listening {
  url: string
  /** Finishes the requests under way, then stops. */
  close(): Promise<void>
}

/** Serves a fetch handler over HTTP until `close`. */
export async function listen(given: {
  fetch: (request: Request) => Response | Promise<Response>
  port: number
  hostname?: string
}): Promise<Listening> {
  const { fetch, port, hostname } = given
  const server = serve({
    fetch,
    port,
    ...(hostname && { hostname }),
    silent: true,
    gracefulShutdown: false,
    manual: true,
  })
  try {
    await server.serve()
    await server.ready()
  } catch (cause) {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
    throw new StartError(
      taken
        ? `Port ${port} is taken. Stop what uses it, or set PORT to another one.`
        : `Cannot listen on port ${port}.`,
      { cause },
    )
  }
  const { port: bound } = new URL(server.url ?? `http://localhost:${port}`)
  return { url: `http://localhost:${bound || 80}`, close: () => server.close() }
}
