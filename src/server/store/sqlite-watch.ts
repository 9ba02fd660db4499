import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import type { Database } from './sql-database.ts'
import { isDamage } from './sqlite-file.ts'
import { StoreUnavailable } from './unavailable.ts'

/** So long after a commit at most, what it wrote is in the database's file itself, and not in its log alone. */
const CHECKPOINT_AFTER_MS = 60_000
/** Stats of two files cost microseconds; still, a server under load does not need them for every call. */
const LOOK_EACH_MS = 20
/** So long another process may take to copy the log into the file, before a change of the file is taken for a foreign one. */
const CHECKPOINT_TAKES_MS = 5000
const LOOK_AGAIN_MS = 20

/** How far the log has come, and how far it has been copied into the file, in pages. */
interface Log {
  pages: number
  copied: number
}

/** The file and its log as they were when the one could be told from the other. */
interface Known {
  file: string
  log: string
  /** `undefined` where this SQLite cannot tell it without copying. */
  state: Log | undefined
  /** Changes when another connection commits. */
  version: unknown
}

/**
 * Watches the files of one connection. An open file that was deleted, replaced or overwritten still takes every write, and all
 * of them are gone with the process: from the moment that this is noticed, nothing is accepted any more.
 *
 * A file that was deleted or replaced has another inode. One that was overwritten (`cp backup.db data.db`) has not. But with a
 * log, SQLite changes the file only by copying the log into it, and notes in `-shm` how far it came. So a change of the file
 * without such a note is somebody else's. The files are never opened for this: to close them again would drop SQLite's locks.
 */
export class WatchedFile {
  readonly #path: string
  #connection: DatabaseSync | undefined
  #database: Database | undefined
  /** What the two files were when they were opened. */
  #places: readonly string[] | undefined
  #known: Known | undefined
  #lost: Error | undefined
  #isOverwritten = false
  /** Since when the file has differed, without a note of SQLite so far. */
  #differsSince: number | undefined
  #canTell: boolean | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** The log is there once something was read. */
  opened(connection: DatabaseSync): void {
    this.#connection = connection
    this.#places = this.#files.map(placeOf)
    this.#know()
  }

  /** A bare copy of the file, without its log, misses what was committed since; so a quiet server checkpoints, too. */
  committed(database: Database): void {
    this.#database = database
    this.look()
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.checkpoint().catch(() => {}) // the next one, or the next sweep, does what this one could not
    }, CHECKPOINT_AFTER_MS).unref()
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** Whether the file is not this connection's any more, so that nothing may be copied into it. */
  get isOverwritten(): boolean {
    return this.#isOverwritten
  }

  /** Rejects once the files are lost. While another process may be copying the log into the file, it waits for the end of that. */
  async assertThere(): Promise<void> {
    if (performance.now() - this.#lookedAt >= LOOK_EACH_MS) this.look()
    while (this.#differsSince !== undefined && !this.#lost) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
      this.look()
    }
    if (this.#lost) throw this.#lost
  }

  /** Compares the files with those that were opened; put back, they are good again. Overwritten, they never are. */
  look(): void {
    this.#lookedAt = performance.now()
    if (!this.#places || this.#isOverwritten) return
    const isSame = this.#files.every((file, index) => placeOf(file) === this.#places?.[index])
    this.#lost = isSame ? undefined : lostFile(this.#path)
    if (!isSame) this.#known = undefined
    else if (this.#known) this.#compare(this.#known)
    else this.#know()
  }

  /** What SQLite says of a call: a file that is damaged once is not trusted again. */
  failed(error: unknown): never {
    throw error instanceof Error && isDamage(error) ? this.#overwritten(error.message) : error
  }

  /** Copies the log into the file, as far as no reader is in the way. It waits for its turn behind a transaction. */
  async checkpoint(): Promise<void> {
    const database = this.#database
    if (!database) return
    // Another process may write in between, so one look is none.
    for (let looks = 0; looks < 3; looks++) {
      this.look()
      if (this.#isOverwritten || this.#differsSince !== undefined) return
      const log = stampOf(this.#log)
      try {
        const { rows } = await sql<LogRow>`pragma wal_checkpoint(passive)`.execute(database)
        if (!this.#lost) this.#know(log, rows[0]?.busy === 0 ? rows[0] : undefined)
        if (await this.#isWhole(database)) return
      } catch (error) {
        if (!isDamage(error)) throw error
      }
    }
    if (!this.#lost) this.#overwritten()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#places = undefined // the last connection that closes removes the log
    this.#connection = undefined
  }

  #compare(known: Known): void {
    const log = stampOf(this.#log)
    const isUntouched = log === known.log
    const isWhole = known.state !== undefined && known.state.pages === known.state.copied
    if (stampOf(this.#path) === known.file) {
      // The next commit begins the log again from its start, and that is not to be taken for a copy of it.
      if (isWhole && !isUntouched) this.#know(log)
      return
    }
    const row = this.#askLog()
    // With all of the log copied before, there was nothing that anybody could have copied since.
    if (isWhole && isUntouched) this.#overwritten()
    else if (row === 'unknown') this.#know(log, row)
    else if (row !== 'busy' && isCopied(known, row, this.#version)) this.#know(log, row)
    else this.#suspect()
  }

  #suspect(): void {
    const now = performance.now()
    if (this.#differsSince === undefined) {
      this.#differsSince = now
      // A commit of this connection is not to copy anything into a file that is another one.
      this.#setAutocheckpoint(0)
      setTimeout(() => this.look(), CHECKPOINT_TAKES_MS + LOOK_AGAIN_MS).unref()
    } else if (now - this.#differsSince > CHECKPOINT_TAKES_MS) this.#overwritten()
  }

  #overwritten(damage?: string): Error {
    this.#isOverwritten = true
    this.#setAutocheckpoint(0)
    this.#lost = overwrittenFile(this.#path, damage)
    return this.#lost
  }

  #setAutocheckpoint(pages: number): void {
    if (this.#connection?.isOpen) this.#connection.exec(`pragma wal_autocheckpoint = ${pages}`)
  }

  /** The log is looked at before, and the file after: what happens in between then looks like less than it is, never like more. */
  #know(log = stampOf(this.#log), row: LogAnswer = this.#askLog()): void {
    const version = this.#version
    const state = typeof row === 'object' ? { pages: row.log, copied: row.checkpointed } : undefined
    // Where the file has no log, SQLite may change it at any time.
    this.#known = state && state.pages < 0 ? undefined : { file: stampOf(this.#path), log, state, version }
    if (this.#differsSince === undefined) return
    this.#differsSince = undefined
    this.#setAutocheckpoint(AUTOCHECKPOINT_PAGES)
  }

  /** Inside a transaction, SQLite does not tell. Before 3.51 it would take the word for its default, and copy. */
  #askLog(): LogAnswer {
    const connection = this.#connection
    if (!connection?.isOpen) return 'busy'
    this.#canTell ??= canTellLog(connection)
    if (!this.#canTell) return 'unknown'
    try {
      const row = connection.prepare('pragma wal_checkpoint(noop)').get()
      return { busy: Number(row?.busy), log: Number(row?.log), checkpointed: Number(row?.checkpointed) }
    } catch {
      return 'busy'
    }
  }

  get #version(): unknown {
    try {
      return this.#connection?.prepare('pragma data_version').get()?.data_version
    } catch {
      return undefined
    }
  }

  /** A backup that was copied over the file has the same place, and is mostly shorter. */
  async #isWhole(database: Database): Promise<boolean> {
    const { rows } = await sql<{
      bytes: number
    }>`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`.execute(database)
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? Number.POSITIVE_INFINITY
    return size >= (rows[0]?.bytes ?? 0)
  }

  get #log() {
    return `${this.#path}-wal`
  }

  get #files() {
    return [this.#path, this.#log]
  }
}

/** SQLite's own default. */
const AUTOCHECKPOINT_PAGES = 1000

interface LogRow {
  busy: number
  log: number
  checkpointed: number
}

type LogAnswer = LogRow | 'busy' | 'unknown'

/** Whether the log was copied into the file since, as far as can be told: another connection may have begun it again. */
const isCopied = ({ state, version }: Known, row: LogRow, versionNow: unknown): boolean =>
  !state || row.checkpointed !== state.copied || row.log < state.pages || version !== versionNow

function canTellLog(connection: DatabaseSync): boolean {
  const row = connection.prepare('select sqlite_version() as version').get()
  const [major = 0, minor = 0] = String(row?.version).split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 51)
}

function placeOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stats ? `${stats.dev}:${stats.ino}` : 'none'
}

/** A change of mode or owner changes nothing of what is in a file. */
function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stats ? `${stats.size}:${stats.mtimeNs}` : 'none'
}

const lostFile = (path: string) =>
  new StoreUnavailable(
    new Error(
      `The files of ${path} were deleted or replaced under this server, so it accepts nothing more. Put the right ones in place, then restart it.`,
    ),
  )

const overwrittenFile = (path: string, damage?: string) =>
  new StoreUnavailable(
    new Error(
      `${path} was overwritten or damaged under this server${damage ? ` (${damage})` : ''}, so it accepts nothing more. Stop it, and run totp-flow doctor; if the file is damaged, run totp-flow restore with a backup.`,
    ),
  )
