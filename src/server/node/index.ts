/**
 * What a Node process needs around the server: a store by URL, a master key, users by JWT, a port. `totp-flow serve` is made
 * of it: docs/nodes.md, docs/keys.md.
 *
 * @module totp-flow/server/node
 */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import type { ServerRequest } from 'srvx'
import { toNodeHandler as handlerOver, serve } from 'srvx/node'
import { TotpFlowError, toErrorBody } from '../../contract/errors.ts'
import { createSecrets, isGuessable, type MasterKeys, newMasterKey } from '../crypto/secrets.ts'
import { makeFolder } from '../store/make-folder.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import {
  type ConnectionLimits,
  cutRefusedBody,
  DEFAULT_LIMITS,
  limitConnections,
  namesOneHost,
  serverOptionsOf,
} from './connection-limits.ts'
import { withoutUrls } from './without-urls.ts'

export { type JwksIdentityOptions, jwksIdentity } from '../identity/jwks-identity.ts'
export type { ConnectionLimits } from './connection-limits.ts'
export { developmentOnly, developmentProblem } from './development-only.ts'

/** A start that cannot go on, in one line that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** The first words of what went wrong, from the innermost error that has some. Never a URL: it holds a password. */
export function reasonOf(thrown: unknown): string {
  let reason = 'unknown reason'
  for (let error = thrown; error !== undefined; error = causeOf(error)) {
    if (error instanceof Error && (error.message || 'code' in error)) {
      const words = error.message || String('code' in error && error.code)
      reason = withoutUrls(words.split('\n')[0] ?? '').slice(0, 200) || reason
    }
  }
  return reason
}

const causeOf = (error: unknown): unknown => {
  const cause = error instanceof Error ? error.cause : undefined
  const isSealed = typeof cause === 'object' && cause !== null && 'unseal' in cause
  return isSealed && typeof cause.unseal === 'function' ? cause.unseal() : cause
}

/**
 * The store that a `DATABASE_URL` names, `sqlite:path/to/file.db` or `postgres://user@host/database`, and where its master
 * key lies unless told otherwise: beside a SQLite file, else in `./data`; nowhere (`null`) if the store dies with the
 * process. Without `make` (on by default) a SQLite file must be there; `readOnly` (off by default) is for looking at one.
 */
export async function openStore(
  url: string,
  { make = true, readOnly = false }: { make?: boolean; readOnly?: boolean } = {},
): Promise<{ store: Store; keyFile: string | null }> {
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1]
  if (path !== undefined) {
    const isKept = path !== ':memory:'
    if (!make && isKept && !existsSync(path)) {
      throw new StartError(
        `There is no database in ${path}. Run totp-flow migrate, or totp-flow serve, to make it; or correct DATABASE_URL.`,
      )
    }
    const store = sqliteStore({ path, readOnly })
    return { store, keyFile: isKept ? join(dirname(path), KEY_FILE) : null }
  }
  if (/^postgres(?:ql)?:\/\//.test(url)) {
    if (!ONE_AT.test(url)) {
      throw new StartError(
        'DATABASE_URL has an @ too many. In a user name, password or query, write @ as %40, / as %2F, ? as %3F and # as %23.',
      )
    }
    return { store: await openPostgres(url), keyFile: join('./data', KEY_FILE) }
  }
  throw new StartError(
    'DATABASE_URL must look like sqlite:./data/totp-flow.db or postgres://user:password@host/database. Correct it, or leave it out.',
  )
}

/** At most one @, before the host. With another one, a piece of the password would be taken for the host, and shown as such. */
const ONE_AT = /^\w+:\/\/(?:[^/?#@]*@)?[^@]*$/

const KEY_FILE = 'master.key'

/** Loaded only here, so that whoever uses SQLite need not install `pg`. */
async function openPostgres(url: string): Promise<Store> {
  const { postgresStore } = await import('../store/postgres.ts').catch((cause: unknown) => {
    throw new StartError('PostgreSQL needs the package pg. Install it: npm install pg', { cause })
  })
  try {
    return postgresStore({ url })
  } catch (cause) {
    throw new StartError('DATABASE_URL is not understood as a PostgreSQL URL. Correct it.', { cause })
  }
}

/**
 * Whether a store holds what some master key has sealed. Then a missing key is an error, not a reason to make another one.
 * Brings the store up to date, since an older one cannot be asked; rejects when there is no answer, which is not a no.
 */
export async function isSealed(store: Store): Promise<boolean> {
  await store.prepare()
  return (await store.signingKeys()).length > 0 || (await store.countSealedDevices('')) > 0
}

/** The key that seals what is stored, and where it came from. */
export interface LoadedMasterKey {
  /** For `createTotpServer`. A key file is read again as `MasterKeys` says. */
  keys: MasterKeys
  /** The one that seals. */
  current: string
  /** Where the keys lie; absent when they came from the environment, or go with the process. */
  file?: string
}

/**
 * The master keys of `TOTP_FLOW_MASTER_KEY`, else of a key file, which is made with mode 0600 at the first start; with
 * neither (`null`), a key that goes with the process. `note` hears where a new one lies: whoever loses it loses every
 * enrollment.
 */
export function loadMasterKey(given: {
  env: string | undefined
  file: string | null
  note: (line: string) => void
  /** Whether a missing key file is made; see `isSealed`. @default true */
  make?: boolean
}): LoadedMasterKey {
  const { env, file, note, make = true } = given
  if (env) {
    const keys = checked(env, 'TOTP_FLOW_MASTER_KEY')
    if (isGuessable(keys)) note(guessableIn('TOTP_FLOW_MASTER_KEY'))
    return { keys, current: firstOf(env) }
  }
  if (file === null) {
    const passing = newMasterKey()
    return { keys: passing, current: passing }
  }
  if (!existsSync(file) && make) {
    if (writeOnce(file, `${newMasterKey()}\n`)) {
      note(`Made a new master key in ${file}. Keep a copy: without it no stored authenticator can be used.`)
    }
  }
  if (!existsSync(file)) {
    throw new StartError(
      `There is no master key in ${file}. For a new database, totp-flow serve makes one; else put it back there, or set TOTP_FLOW_MASTER_KEY.`,
    )
  }
  const keys = () => checked(readKeyFile(file), file)
  const current = firstOf(keys())
  if (isGuessable(keys())) note(guessableIn(file))
  if ((statSync(file).mode & 0o077) !== 0) {
    note(`Others on this machine can read the master key in ${file}. Close it: chmod 600 ${file}`)
  }
  return { keys, current, file }
}

const guessableIn = (place: string) =>
  `The master key in ${place} is text or a pattern, which others can guess. Change it: totp-flow keys rotate --master`

/**
 * Puts a new key first in a key file, whole or not at all, and on the disk before anything is sealed under it; those before
 * it still open what they sealed. The file keeps its place behind a link, its owner and its mode.
 */
export function addMasterKey(file: string): void {
  const before = readKeyFile(file)
  try {
    const place = realpathSync(file)
    const { uid, gid, mode } = statSync(place)
    writeUnfinished(place, `${newMasterKey()}\n${before}`, { uid, gid, mode: mode & 0o777 }, (unfinished) =>
      renameSync(unfinished, place),
    )
  } catch (cause) {
    throw new StartError(
      `Cannot write the key file ${file}. Make its folder writable, and run this as the file's owner or root.`,
      { cause },
    )
  }
}

/** Gives `finish` a file that is whole and on the disk, to put it in its place. */
function writeUnfinished(
  file: string,
  text: string,
  { uid, gid, mode }: { uid?: number; gid?: number; mode: number },
  finish: (unfinished: string) => void,
): void {
  // Not by the process's number: in containers that share a folder, all may have the same.
  const unfinished = `${file}.${crypto.randomUUID()}`
  const descriptor = openSync(unfinished, 'wx', 0o600)
  try {
    try {
      writeFileSync(descriptor, text)
      if (uid !== undefined && gid !== undefined) fchownSync(descriptor, uid, gid)
      fchmodSync(descriptor, mode)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    finish(unfinished)
    const folder = openSync(dirname(file), 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  } finally {
    rmSync(unfinished, { force: true })
  }
}

const firstOf = (keys: string) => keys.trim().split(/[\s,]+/)[0] ?? ''

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new StartError(`Cannot read the key file ${file}. Make it readable, or set TOTP_FLOW_MASTER_KEY.`, {
      cause,
    })
  }
}

/** Whole or not at all, and never over a file that another process made in the meantime; `false` in that case. */
function writeOnce(file: string, text: string): boolean {
  let isOurs = true
  try {
    makeFolder(dirname(file))
    writeUnfinished(file, text, { mode: 0o600 }, (unfinished) => {
      try {
        linkSync(unfinished, file)
      } catch (cause) {
        if (!existsSync(file)) throw cause
        isOurs = false
      }
    })
    return isOurs
  } catch (cause) {
    throw new StartError(
      `Cannot write the key file ${file}. Make its folder writable, or set TOTP_FLOW_MASTER_KEY.`,
      { cause },
    )
  }
}

function checked(keys: string, origin: string): string {
  try {
    createSecrets(keys)
    return keys
  } catch (cause) {
    throw new StartError(`${origin}: ${cause instanceof Error ? cause.message : 'not a master key.'}`, {
      cause,
    })
  }
}

/** A server that listens, at `url`. */
export interface Listening {
  /** `http://localhost:<port>`, or of the host that was given, with the port that the system chose where 0 was asked for. */
  url: string
  /** Finishes the requests under way, then stops. */
  close(): Promise<void>
  /** Cuts every connection, whatever is under way in it. */
  cut(): void
}

/** Serves a fetch handler over HTTP until `close`. */
export async function listen(given: {
  fetch: Fetch
  port: number
  /** `'0.0.0.0'` or `'::'` lets other machines connect. @default '127.0.0.1' */
  hostname?: string
  /** The proxies whose `X-Forwarded-For` is believed: `'loopback'`, or their addresses. @default none */
  trustProxy?: 'loopback' | string[]
  /** How many may connect, and how long each may take. */
  limits?: Partial<ConnectionLimits>
}): Promise<Listening> {
  const { fetch, port, trustProxy } = given
  const hostname = given.hostname || '127.0.0.1'
  const limits = { ...DEFAULT_LIMITS, ...given.limits }
  const server = serve({
    fetch: ofOneHost(fetch),
    port,
    hostname,
    ...(trustProxy && { trustProxy }),
    node: serverOptionsOf(limits),
    silent: true,
    error: hostFailed,
    gracefulShutdown: false,
    manual: true,
  })
  const http = server.node?.server
  if (http && 'closeAllConnections' in http) limitConnections(http, limits)
  try {
    await server.serve()
    await server.ready()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    const mend =
      code === 'EADDRINUSE'
        ? `Port ${port} is taken. Stop what uses it, or set PORT to another one.`
        : code === 'EACCES'
          ? `Port ${port} is for the system only. Set PORT to one above 1023.`
          : `Cannot listen on port ${port} of ${hostname}. Set HOST to an address of this machine.`
    throw new StartError(mend, { cause })
  }
  let isClosing = false
  http?.on('request', (request: IncomingMessage, response: ServerResponse) => {
    cutRefusedBody(request, response, limits.refusedBodyMs)
    // Node leaves a connection open for more after its last answer; when closing there is no more.
    response.once('close', () => {
      if (isClosing && 'closeIdleConnections' in http) http.closeIdleConnections()
    })
  })
  const { port: bound } = new URL(server.url ?? `http://localhost:${port}`)
  return {
    url: `http://${nameOf(hostname)}:${bound || 80}`,
    close() {
      isClosing = true
      return server.close()
    },
    cut() {
      if (http && 'closeAllConnections' in http) http.closeAllConnections()
    },
  }
}

/** What a browser on this machine calls it. */
function nameOf(hostname: string): string {
  if (['0.0.0.0', '::', '127.0.0.1', '::1'].includes(hostname)) return 'localhost'
  return hostname.includes(':') ? `[${hostname}]` : hostname
}

const NEVER_KEPT = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** A handler of the host threw: ours answers for its own. */
function hostFailed(cause: unknown): Response {
  console.error(cause)
  return Response.json(toErrorBody(new TotpFlowError('server')), { status: 500, headers: NEVER_KEPT })
}

/**
 * A fetch handler as one of Node's requests, for Express and its like: before what reads bodies. It cuts a connection on
 * which a refused body goes on for a second; the limits for slow requests are those of the server that it is mounted in.
 */
export function toNodeHandler(fetch: Fetch): (request: IncomingMessage, response: ServerResponse) => void {
  const answering = async (request: Request) => {
    try {
      return await ofOneHost(fetch)(request)
    } catch (cause) {
      return hostFailed(cause)
    }
  }
  const handle = handlerOver(answering) as (request: IncomingMessage, response: ServerResponse) => void // which takes HTTP/2's as well
  return (request, response) => {
    cutRefusedBody(request, response, DEFAULT_LIMITS.refusedBodyMs)
    handle(request, response)
  }
}

type Fetch = (request: Request) => Response | Promise<Response>

/** Refuses a request that names two hosts, or none: a proxy in front may have gone by the other one. */
const ofOneHost =
  (fetch: Fetch): Fetch =>
  (request: ServerRequest) => {
    const node = request.runtime?.node?.req
    if (!node || namesOneHost(node)) return fetch(request)
    const error = new TotpFlowError('bad_request', {
      message: 'A request names one host, in one Host header.',
    })
    return Response.json(toErrorBody(error), {
      status: error.status,
      headers: { ...NEVER_KEPT, connection: 'close' },
    })
  }
