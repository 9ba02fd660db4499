import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { FIRST_STEP } from '../store/migrations.ts'
import type { PostgresStoreOptions } from '../store/postgres.ts'
import { isUnambiguous } from '../store/postgres-url.ts'
import { sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { filePath } from './file-path.ts'
import { StartError } from './start-error.ts'

/**
 * Opens the store of a `DATABASE_URL`: `sqlite:path/to/file.db`, `sqlite::memory:` or `postgres://user@host/database`.
 * `keyFile` is the default path of its master key: next to a SQLite file, or else in `./data`, or `null` if the store
 * dies with the process. With `make: false` (default true) a SQLite file must exist. `readOnly` (default false) opens
 * it for reading only. `postgres` sets its connections and timeouts. Rejects with a `StartError` that says what to do.
 */
export async function openStore(
  url: string,
  {
    make = true,
    readOnly = false,
    postgres = {},
  }: { make?: boolean; readOnly?: boolean; postgres?: Omit<PostgresStoreOptions, 'url'> } = {},
): Promise<{ store: Store; keyFile: string | null }> {
  const path = sqlitePathOf(url)
  if (path !== undefined) {
    const isKept = path !== ':memory:'
    if (isKept) assertSeen(path)
    if (!make && isKept && !existsSync(path)) {
      throw new StartError(
        `There is no database in ${path}. Run totp-flow migrate, or totp-flow serve, to make it; or correct DATABASE_URL.`,
      )
    }
    const store = sqliteStore({ path, readOnly })
    return { store, keyFile: isKept ? join(dirname(path), KEY_FILE) : null }
  }
  if (/^postgres(?:ql)?:\/\//.test(url)) {
    if (!isUnambiguous(url)) {
      throw new StartError(
        'DATABASE_URL has an @ too many. In a user name, password or query, write @ as %40, / as %2F, ? as %3F and # as %23.',
      )
    }
    return { store: await openPostgres({ ...postgres, url }), keyFile: join('./data', KEY_FILE) }
  }
  throw new StartError(
    'DATABASE_URL must look like sqlite:./data/totp-flow.db or postgres://user:password@host/database. Correct it, or leave it out.',
  )
}

/** A file in a folder that this user may not read would look missing, and a new database would be created. */
export function assertSeen(path: string): void {
  try {
    statSync(path)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause) || cause.code !== 'EACCES') return
    throw new StartError(
      `This user may not look into the folder of ${path}. Correct its owner or mode, or run this as the server’s user.`,
      { cause },
    )
  }
}

/** The file in a `DATABASE_URL`, or `:memory:`; `undefined` if the URL is not for SQLite. */
export function sqlitePathOf(url: string): string | undefined {
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1]
  if (path === undefined || /^\/+$/.test(path)) return undefined
  // Read as a path it would be another file, and a new database.
  if (/[?#]|%[\da-f]{2}/i.test(path)) {
    throw new StartError(
      'DATABASE_URL takes the path of a SQLite file as it is, with no ? or # and no % escapes. Correct it.',
    )
  }
  return filePath(path, 'DATABASE_URL')
}

const KEY_FILE = 'master.key'

/** Imported only here, so that SQLite does not need `pg`. */
async function openPostgres(options: PostgresStoreOptions): Promise<Store> {
  const { postgresStore } = await import('../store/postgres.ts').catch((cause: unknown) => {
    throw new StartError('PostgreSQL needs the package pg. Install it: npm install pg', { cause })
  })
  try {
    return postgresStore(options)
  } catch (cause) {
    throw new StartError('DATABASE_URL is not understood as a PostgreSQL URL. Correct it.', { cause })
  }
}

/**
 * Whether a store holds anything encrypted under a master key. If so, a missing key is an error, not a reason to create
 * another. Upgrades a store of an earlier version first, but creates nothing in an empty database. Rejects if the store
 * does not answer, which is not a no.
 */
export async function isSealed(store: Store): Promise<boolean> {
  if ((await store.pendingSteps()).includes(FIRST_STEP)) return false
  await store.prepare()
  return (await store.signingKeys()).length > 0 || (await store.countSealedDevices('')) > 0
}
