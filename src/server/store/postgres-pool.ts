import { createHash } from 'node:crypto'
import type { PostgresPool } from 'kysely'
import { Client, Pool, type PoolClient, type PoolConfig } from 'pg'
import { isCompiledOnce } from './compiled-once.ts'
import { coded, markUndone, NOT_PREPARED } from './postgres-retry.ts'

/** Time limits on the database's side, milliseconds. */
export interface Limits {
  statement_timeout: number
  lock_timeout: number
  idle_in_transaction_session_timeout: number
}

export interface Connections extends PostgresPool {
  /** The statements that begin a transaction. They set the limits if connections do not keep them. */
  begin(): string
}

const LOOK = `select current_setting('transaction_read_only') as read_only,
  current_setting('statement_timeout') as statement_timeout`

/** How a pooler such as PgBouncer refuses limits that are set for a connection, since it lends out its own. */
const isRefusedByPooler = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === '08P01' && /parameter/i.test(error.message)

type Connected = ((error: Error) => void) | ((error: null, client: Client) => void)

/** After a failed login, `pg` leaves the socket open, and the process would wait until the database closes it. */
class ClosingClient extends Client {
  override connect(): Promise<Client>
  override connect(callback: Connected): void
  override connect(callback?: Connected): unknown {
    if (!callback) return super.connect()
    return super.connect((error: Error) => {
      if (error) this.connection.stream.destroy()
      Reflect.apply(callback, undefined, [error, this])
    })
  }
}

/** For how long to assume that no host accepts writes. */
const LOOK_AGAIN_MS = 1000

/**
 * Connects to whichever host accepts writes, or, if none does, to one that can be read from. A connection is checked
 * when it is new, and all are checked again once one stops accepting writes: after a switchover, the others still lead
 * to the former primary, whose data is out of date.
 */
export function connections(
  urls: readonly string[],
  options: PoolConfig,
  limits: Partial<Limits>,
): Connections {
  const pools = urls.map(
    (connectionString) => new Pool({ ...options, ...limits, connectionString, Client: ClosingClient }),
  )
  for (const pool of pools) {
    // A connection that the database closes, idle or between two statements, is replaced at its next use, and a waiting call gets the error
    // itself. Without these listeners, the error event would end the process.
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
  }
  const seen = new WeakMap<PoolClient, { look: number; isReadOnly: boolean }>()
  let look = 0
  let preferred = 0
  let readOnlyUntil = 0
  let keepsLimits = true
  let canPrepare = true

  function forgetLimits(): void {
    keepsLimits = false
    for (const { options: kept } of pools)
      for (const name of Object.keys(limits)) Reflect.deleteProperty(kept, name)
  }

  async function open(pool: Pool): Promise<PoolClient> {
    try {
      return await pool.connect()
    } catch (error) {
      if (!isRefusedByPooler(error)) throw error
      forgetLimits()
      return pool.connect()
    }
  }

  /** A connection to this host, and whether it is read-only. Replaces an older connection that has become read-only. */
  async function ofHost(index: number): Promise<{ client: PoolClient; isReadOnly: boolean }> {
    const pool = pools[index]
    if (!pool) throw new TypeError('no such host')
    while (true) {
      const client = await open(pool)
      const before = seen.get(client)
      if (before?.look === look) return { client, isReadOnly: before.isReadOnly }
      try {
        const current = look
        const { rows } = await client.query(LOOK)
        const isReadOnly = rows[0]?.read_only === 'on'
        if (rows[0]?.statement_timeout === '0') keepsLimits = false
        seen.set(client, { look: current, isReadOnly })
        if (!isReadOnly || !before) return { client, isReadOnly }
        client.release(true)
      } catch (error) {
        client.release(true)
        if (!before) throw error // an older connection may just have been closed
      }
    }
  }

  async function find(): Promise<PoolClient> {
    const isKnown = performance.now() <= readOnlyUntil
    if (!isKnown && readOnlyUntil > 0) look++
    let readable: number | undefined
    let failure: unknown
    for (let turn = 0; turn < (isKnown ? 1 : pools.length); turn++) {
      const index = (preferred + turn) % pools.length
      try {
        const { client, isReadOnly } = await ofHost(index)
        if (!isReadOnly) {
          preferred = index
          readOnlyUntil = 0
        }
        if (!isReadOnly || isKnown || pools.length === 1) return client
        client.release() // not held while waiting for another one: two callers could wait for each other
        readable ??= index
      } catch (error) {
        failure ??= error
      }
    }
    if (readable === undefined) throw failure
    preferred = readable
    readOnlyUntil = performance.now() + LOOK_AGAIN_MS
    return (await ofHost(readable)).client
  }

  return {
    options: pools[0]?.options ?? options,
    begin: () =>
      keepsLimits
        ? 'begin'
        : ['begin', ...Object.entries(limits).map(([name, value]) => `set local ${name} = ${value}`)].join(
            '; ',
          ),
    async end() {
      await Promise.all(pools.map((pool) => pool.end()))
    },
    async connect() {
      const client = await find().catch((error: unknown) => {
        markUndone(coded(error))
        throw error
      })
      return watched(client, {
        prepares: () => keepsLimits && canPrepare,
        onReadOnly() {
          look++
          readOnlyUntil = 0
        },
        onUnprepared() {
          canPrepare = false
        },
      })
    },
  }
}

interface Watch {
  /** Whether a statement that was prepared on a connection is still there at its next use. */
  prepares(): boolean
  onReadOnly(): void
  onUnprepared(): void
}

/**
 * Does not return unusable connections to the pool: one that became read-only, or one that no longer answers, behind
 * which every later query would wait forever. Marks errors from before a commit, after which certainly nothing was
 * done. Prepares the statements that are compiled once.
 */
function watched(client: PoolClient, { prepares, onReadOnly, onUnprepared }: Watch): PoolClient {
  const query = client.query.bind(client)
  let isInTransaction = false
  let isOver = false
  const watching = async (text: string, values?: unknown[]) => {
    const begins = text.startsWith('begin')
    try {
      const result = await (isCompiledOnce(text) && prepares()
        ? query({ name: nameOf(text), text, values })
        : query(text, values))
      isInTransaction = begins || (isInTransaction && text !== 'commit' && text !== 'rollback')
      return result
    } catch (thrown) {
      const error = coded(thrown)
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (NOT_PREPARED.has(code)) onUnprepared()
      if (begins || (isInTransaction && text !== 'commit')) markUndone(error)
      if (error instanceof Error && error.message === 'Query read timeout') client.end().catch(() => {})
      if (code === '25006') {
        isOver = true
        onReadOnly()
      }
      throw error
    }
  }
  return Object.assign(Object.create(client), {
    query: watching,
    release: (destroy?: boolean) => client.release(isOver || destroy),
  })
}

const names = new Map<string, string>()

/** The same text has the same name on every node. Behind a pooler, it does not matter which node prepared the statement. */
function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = `totp_flow_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
  names.set(text, name)
  return name
}
