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
 * The store that a `DATABASE_URL` names, `sqlite:path/to/file.db` or `postgres://user@host/database`, and where its master
 * key lies by default: next to a SQLite file, else in `./data`; nowhere (`null`) if the store dies with the
 * process. Without `make` (on by default) a SQLite file must be there; `readOnly` (off by default) is for looking at one.
 * `postgres`: how many connections to it, and how long to wait.
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

/** What a user may not look for seems not to be there, and would be taken for a database to be made. */
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

/** The file that a `DATABASE_URL` names, or `:memory:`; `undefined` where it names no SQLite database. */
export function sqlitePathOf(url: string): string | undefined {
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1]
  return path === undefined ? undefined : filePath(path, 'DATABASE_URL')
}

const KEY_FILE = 'master.key'

/** Loaded only here, so that SQLite needs no `pg`. */
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
 * Whether a store holds what some master key has sealed. Then a missing key is an error, not a reason to make another one.
 * Brings a store of an earlier version up to date, since it cannot be asked, and makes nothing where there is nothing; rejects
 * when there is no answer, which is not a no.
 */
export async function isSealed(store: Store): Promise<boolean> {
  if ((await store.pendingSteps()).includes(FIRST_STEP)) return false
  await store.prepare()
  return (await store.signingKeys()).length > 0 || (await store.countSealedDevices('')) > 0
}
