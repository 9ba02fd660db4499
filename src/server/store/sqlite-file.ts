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

/** Whether a log with something in it lies beside a file: of a server that runs, one that crashed, or another file. */
export const hasLog = (path: string): boolean =>
  (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0

/** Whether there is a file that holds anything at all. */
const isFilled = (path: string): boolean => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0

/**
 * What is wrong with a file and its log, in SQLite's words; `undefined` for nothing. It changes neither. Where there is a log,
 * it compares the rows with the indexes too, which shows a log of another file.
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
    // What is busy, or cannot be opened, is for who opens it to say.
    return error instanceof Error && isDamage(error) ? error.message : undefined
  }
}

/** Copies a database and what is in its log into one file, while servers write: `to` appears whole, and on the disk, or not. */
export function backUp(path: string, to: string): void {
  const folder = mkdtempSync(join(dirname(to), `.${basename(to)}-`)) // of mode 0700
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
    // Node's own code says no more than that it was SQLite.
    if (error instanceof Error && isOfKind(error, FULL)) Object.assign(error, { code: 'SQLITE_FULL' })
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Whether another process has a database open, be it idle. By way of a second name of the file: locks go by the file, but a
 * connection to the name finds no log, and so leaves the one that there is as it is.
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

/** A copy of a file, with its log if it has one, in a folder of its own beside `place`, as one file; the original stays as it is. */
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

/** Root restores for the user of the server: whose the file was, or else the folder, has to be able to write. */
function keepOwner(file: string, place: string): void {
  const before = statSync(place, { throwIfNoEntry: false })
  const { uid, gid } = before ?? statSync(dirname(place))
  if (process.getuid?.() === 0) chownSync(file, uid, gid)
  if (before) chmodSync(file, before.mode & 0o777)
}

/** Puts a file in the place of a database, whose files go aside under `aside`. Answers those that were there. */
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

/** The low byte is the kind; the rest tells why (busy for recovery, for a snapshot). */
const isOfKind = (error: unknown, ...kinds: readonly number[]): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  kinds.includes(error.errcode & 0xff)

const isBusy = (error: unknown): boolean => isOfKind(error, BUSY)

export const isDamage = (error: unknown): boolean => isOfKind(error, CORRUPT, NOT_A_DATABASE)

/** It has no room, or does not work. */
export const isDiskFailure = (error: unknown): boolean => isOfKind(error, FULL, IO_ERROR)
