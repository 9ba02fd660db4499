import { statSync } from 'node:fs'
import { sql } from 'kysely'
import type { Database } from './sql-database.ts'
import { isDamage } from './sqlite-file.ts'
import { StoreUnavailable } from './unavailable.ts'

/** How long after a commit its data may be only in the log, and not yet in the database's file. */
const CHECKPOINT_AFTER_MS = 60_000

/**
 * Watches the files of one connection. An open file that was deleted or replaced still accepts every write, and all of
 * them are lost when the process ends. Once this is noticed, every call is rejected.
 */
export class WatchedFile {
  readonly #path: string
  #database: Database | undefined
  /** The device and inode of both files when they were opened. */
  #places: readonly string[] | undefined
  #lost: Error | undefined
  #isDamaged = false
  #timer: NodeJS.Timeout | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Called after the first read, when the log exists. */
  opened(): void {
    this.#places = this.#files.map(placeOf)
  }

  /** A plain copy of the file, without its log, misses recent commits, so even a quiet server checkpoints. */
  committed(database: Database): void {
    this.#database = database
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.checkpoint().catch(() => {}) // the next checkpoint, or the next sweep, covers what this one missed
    }, CHECKPOINT_AFTER_MS).unref()
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  assertThere(): void {
    if (this.#lost) throw this.#lost
  }

  /** Once SQLite finds a file damaged, for example overwritten, it is never trusted again: later writes to it would be lost. */
  failed(error: unknown): never {
    if (!(error instanceof Error && isDamage(error))) throw error
    this.#isDamaged = true
    this.#lost = damagedFile(this.#path, error.message)
    throw this.#lost
  }

  /** Compares the files with those that were opened. Once the originals are back, they are accepted again. */
  look(): void {
    if (!this.#places || this.#isDamaged) return
    const isSame = this.#files.every((file, index) => placeOf(file) === this.#places?.[index])
    this.#lost = isSame ? undefined : lostFile(this.#path)
  }

  /** Copies the log into the file, as far as no reader blocks it. Waits for a running transaction. */
  async checkpoint(): Promise<void> {
    const database = this.#database
    if (!database) return
    // Another process may write in between, so one mismatch proves nothing.
    for (let looks = 0; looks < 3; looks++) {
      try {
        await sql`pragma wal_checkpoint(passive)`.execute(database)
        if (await this.#isWhole(database)) return
      } catch (error) {
        if (!isDamage(error)) throw error
      }
    }
    this.#lost ??= lostFile(this.#path)
  }

  /** A backup copied over the file has the same inode, and is usually shorter. */
  async #isWhole(database: Database): Promise<boolean> {
    const { rows } = await sql<{
      bytes: number
    }>`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`.execute(database)
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? Number.POSITIVE_INFINITY
    return size >= (rows[0]?.bytes ?? 0)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  get #files() {
    return [this.#path, `${this.#path}-wal`]
  }
}

function placeOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false, bigint: true })
  return stats ? `${stats.dev}:${stats.ino}` : 'none'
}

const damagedFile = (path: string, damage: string) =>
  new StoreUnavailable(
    new Error(
      `${path} was overwritten or damaged under this server (${damage}), so it accepts nothing more. Stop it, and run totp-flow doctor, then totp-flow restore with a backup.`,
    ),
  )

const lostFile = (path: string) =>
  new StoreUnavailable(
    new Error(
      `The files of ${path} were deleted or replaced under this server, so it accepts nothing more. Put the right ones in place, then restart it.`,
    ),
  )
