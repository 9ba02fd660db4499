import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { openSqlite } from './node-sqlite.ts'

/** Whether a non-empty log lies next to a file: of a running server, one that crashed, or another file. */
export const hasLog = (path: string): boolean =>
  (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0

/** Whether there is a non-empty file. */
const isFilled = (path: string): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0

/**
 * Returns what is wrong with a file and its log, in SQLite's words, or `undefined` if nothing is. Changes neither. If
 * there is a log, also compares the rows with the indexes, which reveals the log of another file.
 */
export function damageOf(path: string): string | undefined {
  if (!isFilled(path)) return undefined
  try {
    const isThorough = hasLog(path)
    return onConnection(path, isThorough, (database) => {
      database.exec('PRAGMA query_only = ON')
      const rows = database.prepare(`PRAGMA ${isThorough ? 'integrity_check' : 'quick_check'}(1)`).all()
      const [said] = rows.flatMap((row) => Object.values(row)).map(String)
      return said === 'ok' ? undefined : said?.trim().split('\n').at(-1)
    })
  } catch (error) {
    // If the file is busy or cannot be opened, whoever opens it reports that.
    return error instanceof Error && isDamage(error) ? error.message : undefined
  }
}

/**
 * Copies a database and its log into one file while servers write. `to` appears complete and flushed to disk, or not at
 * all.
 */
export function backUp(path: string, to: string): void {
  const folder = mkdtempSync(join(dirname(to), `.${basename(to)}-`)) // has mode 0700
  try {
    const unfinished = join(folder, basename(to))
    closeSync(openSync(unfinished, 'wx', 0o600))
    onConnection(path, hasLog(path), (database) => {
      database.exec('PRAGMA busy_timeout = 5000')
      database.prepare('VACUUM INTO ?').run(unfinished)
    })
    flush(unfinished)
    renameSync(unfinished, to)
    flush(dirname(to))
  } catch (error) {
    // Node's own code says only that the error is SQLite's.
    if (error instanceof Error && isOfKind(error, FULL)) Object.assign(error, { code: 'SQLITE_FULL' })
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Whether another process has a database open, even if idle. Checks through a second name of the file: locks belong to
 * the file, but a connection to the second name finds no log, and so does not touch the existing one.
 */
export function isHeld(path: string): boolean {
  if (!existsSync(path)) return false
  const folder = mkdtempSync(join(dirname(path), '.totp-flow-'))
  try {
    const name = join(folder, 'x.db')
    linkSync(path, name)
    onConnection(name, false, (database) => {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; select count(*) from sqlite_master')
    })
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Copies a file and its log into a folder next to `place`, and leaves the original as it is. */
export function workingCopy(file: string, place: string): { path: string; remove(): void } {
  const folder = mkdtempSync(join(dirname(place), `.${basename(place)}-`))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const path = join(folder, basename(place))
    copyFileSync(file, path)
    chmodSync(path, 0o600)
    if (hasLog(file)) copyFileSync(`${file}-wal`, `${path}-wal`)
    return { path, remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** Root restores on behalf of the server's user: the owner of the old file, or else of the folder, must be able to write. */
function keepOwner(file: string, place: string): void {
  const before = statSync(place, { throwIfNoEntry: false })
  const { uid, gid } = before ?? statSync(dirname(place))
  if (process.getuid?.() === 0) chownSync(file, uid, gid)
  if (before) chmodSync(file, before.mode & 0o777)
}

/**
 * Moves a file into the place of a database, whose files are renamed to `aside`. Returns the new names of those that
 * existed.
 */
export function putInPlace(file: string, place: string, aside: string): string[] {
  flush(file)
  keepOwner(file, place)
  const moved = ['', '-wal', '-shm'].filter((ending) => existsSync(`${place}${ending}`))
  for (const ending of moved) renameSync(`${place}${ending}`, `${aside}${ending}`)
  renameSync(file, place)
  flush(dirname(place))
  return moved.map((ending) => `${aside}${ending}`)
}

function onConnection<Result>(path: string, readOnly: boolean, act: (database: DatabaseSync) => Result) {
  const database = openSqlite(path, { readOnly })
  try {
    return act(database)
  } finally {
    database.close()
  }
}

function flush(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

const BUSY = 5
const IO_ERROR = 10
const CORRUPT = 11
const FULL = 13
const NOT_A_DATABASE = 26

/** The low byte is the kind; the rest is the reason (busy for recovery, for a snapshot). */
const isOfKind = (error: unknown, ...kinds: readonly number[]): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  kinds.includes(error.errcode & 0xff)

const isBusy = (error: unknown): boolean => isOfKind(error, BUSY)

export const isDamage = (error: unknown): boolean => isOfKind(error, CORRUPT, NOT_A_DATABASE)

/** The disk is full or failing. */
export const isDiskFailure = (error: unknown): boolean => isOfKind(error, FULL, IO_ERROR)
