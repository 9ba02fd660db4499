import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Identity, Store, TotpServer, TotpServerOptions } from '../server/index.ts'
import { createTotpServer } from '../server/index.ts'
import {
  damageOf,
  filePath,
  isSealed,
  type LoadedMasterKey,
  loadMasterKey,
  openStore,
  reasonOf,
  StartError,
  sqlitePathOf,
} from '../server/node/index.ts'
import { assertSeen } from '../server/node/open-store.ts'
import { isEnvironmentId, isIssuer } from '../server/options.ts'
import type { PostgresStoreOptions } from '../server/store/postgres.ts'
import { type Options, textOf, UsageError, type Values, variableOf } from './command.ts'
import { printable } from './printable.ts'

/** The options of every command that touches the data. */
export const dataOptions = {
  database: {
    type: 'string',
    env: 'DATABASE_URL',
    value: 'url',
    about:
      'sqlite:path/to/file.db or postgres://user:password@host/database; sqlite:./data/totp-flow.db by default. DATABASE_URL_FILE names a file that holds the URL',
  },
  'key-file': {
    type: 'string',
    env: 'TOTP_FLOW_MASTER_KEY_FILE',
    value: 'path',
    about:
      'the file of the master key; master.key next to the database by default, which serve and migrate make for a new database. TOTP_FLOW_MASTER_KEY takes precedence',
  },
  issuer: {
    type: 'string',
    env: 'TOTP_FLOW_ISSUER',
    value: 'name',
    about: 'what authenticator apps show, and the iss of tokens; totp-flow by default',
  },
  environment: {
    type: 'string',
    env: 'TOTP_FLOW_ENVIRONMENT',
    value: 'id',
    about: 'the aud of tokens and part of every path; "default" if omitted',
  },
  algorithm: {
    type: 'string',
    env: 'TOTP_FLOW_ALGORITHM',
    value: 'name',
    about: 'the algorithm of new signing keys: EdDSA (by default) or ES256',
  },
} as const satisfies Options

const DEFAULT_DATABASE = 'sqlite:./data/totp-flow.db'

export const databaseOf = (values: Values): string => namedDatabaseOf(values) ?? DEFAULT_DATABASE

/** The database that an option, a variable, or a variable's file names; `undefined` for the default. */
export function namedDatabaseOf(values: Values): string | undefined {
  if (typeof values.database === 'string') return values.database
  const [url, file] = [variableOf('DATABASE_URL'), variableOf('DATABASE_URL_FILE')]
  if (file === undefined) return url
  if (url !== undefined) throw new UsageError('DATABASE_URL and DATABASE_URL_FILE are both set. Unset one.')
  return databaseIn(filePath(file, 'DATABASE_URL_FILE'))
}

/** Reads the URL from a file, never quoting the text: it may hold a password. */
function databaseIn(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new StartError(
      `Cannot read ${file}, which DATABASE_URL_FILE names. Make it readable, or correct it.`,
      {
        cause,
      },
    )
  }
  if (text === '')
    throw new StartError(`${file}, which DATABASE_URL_FILE names, is empty. Put the URL in it.`)
  if (/\s/.test(text)) {
    throw new StartError(`${file}, which DATABASE_URL_FILE names, must hold only the URL. Correct it.`)
  }
  return text
}

export interface Data {
  database: string
  store: Store
  masterKey: LoadedMasterKey
}

interface OpenOptions {
  /** Whether to create a missing SQLite file and, if no data is sealed yet, a missing key file. */
  make?: boolean
  /** Opens without writing anything. */
  readOnly?: boolean
  /** Whether an empty database is allowed with an existing key. */
  isNew?: boolean
  /** Whether other machines can reach the server. */
  isShared?: boolean
  /** Receives advice that is not a problem. */
  remark?: (line: string) => void
  /** The limits of a PostgreSQL store. */
  postgres?: Omit<PostgresStoreOptions, 'url'>
}

/** Opens the store and the keys. `note` is told of a key that was made, and of a key file that others can read. */
export async function openData(
  values: Values,
  note: (line: string) => void,
  {
    make = false,
    readOnly = false,
    isNew = false,
    isShared = false,
    remark = note,
    postgres = {},
  }: OpenOptions = {},
): Promise<Data> {
  const database = databaseOf(values)
  const env = variableOf('TOTP_FLOW_MASTER_KEY')
  const path = sqlitePathOf(database)
  if (path !== undefined) assertSeen(path)
  const damage = path === undefined || path === ':memory:' || readOnly ? undefined : damageOf(path)
  if (damage !== undefined) throw new StartError(damaged(path, damage))
  const { store, keyFile } = await openStore(database, { make, readOnly, postgres })
  try {
    const file = keyFileOf(values, keyFile)
    const isMissing = env === undefined && file !== null && !existsSync(file)
    const isKept = env === undefined && file !== null && keyFile !== null && !isMissing
    const holds = () => isSealed(store).catch(cannotBeUsed)
    const mayMake = make && isMissing && !(await holds())
    // The age of a key in a variable is unknown, so a server that others can reach asks for a confirmation of the empty database.
    const isGiven = env !== undefined && keyFile !== null && make
    if ((isKept || (isGiven && isShared)) && !readOnly && !isNew && !(await isSealedSoon(holds)))
      throw new StartError(
        isKept ? emptyBeside(`${file} exists`) : emptyBeside('in TOTP_FLOW_MASTER_KEY exists'),
      )
    if (isGiven && !isShared && !isNew && !(await holds())) remark(NEW_DATABASE)
    const masterKey = loadKey(values, { keyFile, note, remark, make: mayMake })
    return { database, store, masterKey }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The configured key file, else `fallback`. */
export const keyFileOf = (values: Values, fallback: string | null): string | null => {
  const named = textOf(dataOptions, values, 'key-file')
  return named === undefined ? fallback : filePath(named, '--key-file (TOTP_FLOW_MASTER_KEY_FILE)')
}

/** Loads the master key from the variable, else from the key file. */
export const loadKey = (
  values: Values,
  {
    keyFile,
    ...more
  }: { keyFile: string | null; note: (line: string) => void; remark?: (line: string) => void; make: boolean },
): LoadedMasterKey =>
  loadMasterKey({ env: variableOf('TOTP_FLOW_MASTER_KEY'), file: keyFileOf(values, keyFile), ...more })

/** Says where a command takes the key from. */
export const keyPlaceOf = (values: Values, database: string): string =>
  variableOf('TOTP_FLOW_MASTER_KEY') === undefined
    ? `from ${keyFileOf(values, join(dirname(database), 'master.key'))}`
    : 'from TOTP_FLOW_MASTER_KEY'

/** How long another server, started at the same time, may take from its key file to its first signing key. */
const FIRST_START_MS = 3000

async function isSealedSoon(isSealed: () => Promise<boolean>): Promise<boolean> {
  const giveUpAt = performance.now() + FIRST_START_MS
  while (!(await isSealed())) {
    if (performance.now() > giveUpAt) return false
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return true
}

const emptyBeside = (key: string) =>
  `The database is empty, but the master key ${key}. If the database was lost or is the wrong one, every user could enroll again with the first factor alone. Restore the backup, or correct DATABASE_URL. If there were no users yet, run totp-flow migrate --new-database once.`
const NEW_DATABASE =
  'The database is new: nobody has an authenticator in it. If there were users, stop this server, and correct DATABASE_URL or restore the backup.'

export function damaged(path: string | undefined, damage: string): string {
  const beside = [`${path}-wal`, `${path}-shm`].filter((file) => existsSync(file))
  const advice =
    beside.length > 0
      ? `If an older file was put back, the log next to it belongs to another file. Stop all servers, move ${beside.join(' and ')} away, and run totp-flow doctor; or use totp-flow restore with a backup.`
      : 'Stop all servers, and run totp-flow restore with a backup.'
  return `${path} is damaged (${damage}). ${advice}`
}

/** Reads the options of the server itself; call this before opening anything. */
export function serverOptions(values: Values) {
  const issuer = textOf(dataOptions, values, 'issuer', 'totp-flow')
  if (!isIssuer(issuer)) {
    throw new UsageError(
      '--issuer must be a name, short enough for a QR code: authenticator apps show it. Give one.',
    )
  }
  return {
    issuer,
    environmentId: environmentOf(values),
    algorithm: algorithmOf(values),
  }
}

export const createServer = (
  values: Values,
  { store, masterKey }: Data,
  more: Partial<TotpServerOptions> & { identity: Identity },
): TotpServer => {
  const { keys } = masterKey
  // A function, since the command itself has said by now whether the key is guessable.
  const masterKeys = typeof keys === 'string' ? () => keys : keys
  return createTotpServer({ store, masterKey: masterKeys, ...serverOptions(values), ...more })
}

function environmentOf(values: Values): string {
  const id = textOf(dataOptions, values, 'environment', 'default')
  if (isEnvironmentId(id)) return id
  throw new UsageError(
    '--environment takes letters, digits, and -._~ (no dot at the start), 64 at most. Correct it.',
  )
}

function algorithmOf(values: Values): 'EdDSA' | 'ES256' {
  const name = textOf(dataOptions, values, 'algorithm', 'EdDSA')
  if (name === 'EdDSA' || name === 'ES256') return name
  throw new UsageError('--algorithm must be EdDSA or ES256. Correct it, or leave it out.')
}

/** Waits until the store and the keys work, or throws with the reason in one line. */
export async function readyOrSay(server: Pick<TotpServer, 'ready'>): Promise<void> {
  await server.ready().catch(cannotBeUsed)
}

function cannotBeUsed(cause: unknown): never {
  throw new StartError(
    `The database cannot be used (${reasonOf(cause)}). Check DATABASE_URL and TOTP_FLOW_MASTER_KEY, or run totp-flow doctor.`,
    { cause },
  )
}

/** Prints to standard error; standard output is for the log or a command's result. */
export const say = (text: string) => process.stderr.write(`${text.split('\n').map(printable).join('\n')}\n`)

/** An identity for commands that serve no users. */
export const nobody: Identity = () => null
