import { existsSync, readFileSync } from 'node:fs'
import type { Identity, Store, TotpServer, TotpServerOptions } from '../server/index.ts'
import { createTotpServer } from '../server/index.ts'
import {
  filePath,
  isSealed,
  type LoadedMasterKey,
  loadMasterKey,
  openStore,
  reasonOf,
  StartError,
} from '../server/node/index.ts'
import { isEnvironmentId, isIssuer } from '../server/options.ts'
import { type Options, textOf, UsageError, type Values, variableOf } from './command.ts'

/** What every command that touches the data takes. */
export const dataOptions = {
  database: {
    type: 'string',
    env: 'DATABASE_URL',
    value: 'url',
    about:
      'sqlite:path/to/file.db or postgres://user:password@host/database; sqlite:./data/totp-flow.db by default. DATABASE_URL_FILE names a file that holds it',
  },
  'key-file': {
    type: 'string',
    env: 'TOTP_FLOW_MASTER_KEY_FILE',
    value: 'path',
    about:
      'the master key, made if missing; master.key beside the database by default. TOTP_FLOW_MASTER_KEY goes before it',
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
    about: 'the aud of tokens and part of every path; default by default',
  },
  algorithm: {
    type: 'string',
    env: 'TOTP_FLOW_ALGORITHM',
    value: 'name',
    about: 'of new signing keys: EdDSA (by default) or ES256',
  },
} as const satisfies Options

const DEFAULT_DATABASE = 'sqlite:./data/totp-flow.db'

export const databaseOf = (values: Values): string => namedDatabaseOf(values) ?? DEFAULT_DATABASE

/** The database that was named, in an option, a variable, or a file that a variable names; `undefined` for the default. */
export function namedDatabaseOf(values: Values): string | undefined {
  if (typeof values.database === 'string') return values.database
  const [url, file] = [variableOf('DATABASE_URL'), variableOf('DATABASE_URL_FILE')]
  if (file === undefined) return url
  if (url !== undefined) throw new UsageError('DATABASE_URL and DATABASE_URL_FILE are both set. Unset one.')
  return databaseIn(filePath(file, 'DATABASE_URL_FILE'))
}

/** The file is a secret, as its text may hold a password. */
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
    throw new StartError(`${file}, which DATABASE_URL_FILE names, must hold the URL alone. Correct it.`)
  }
  return text
}

export interface Data {
  database: string
  store: Store
  masterKey: LoadedMasterKey
}

/**
 * Opens store and keys. `make`: whether a missing SQLite file is made, and a missing key file, if no data is sealed yet.
 * `readOnly`: nothing will be written. `note` hears of a key that was made, and of a file that others can read.
 */
export async function openData(
  values: Values,
  note: (line: string) => void,
  {
    make = false,
    readOnly = false,
    remark = note,
  }: { make?: boolean; readOnly?: boolean; remark?: (line: string) => void } = {},
): Promise<Data> {
  const database = databaseOf(values)
  const env = variableOf('TOTP_FLOW_MASTER_KEY')
  const { store, keyFile } = await openStore(database, { make, readOnly })
  try {
    const named = textOf(dataOptions, values, 'key-file')
    const file = named === undefined ? keyFile : filePath(named, '--key-file (TOTP_FLOW_MASTER_KEY_FILE)')
    const isMissing = env === undefined && file !== null && !existsSync(file)
    const mayMake = make && isMissing && !(await isSealed(store).catch(cannotBeUsed))
    const masterKey = loadMasterKey({ env, file, note, remark, make: mayMake })
    return { database, store, masterKey }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** What the options say about the server itself; to be read before anything is opened. */
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
): TotpServer => createTotpServer({ store, masterKey: masterKey.keys, ...serverOptions(values), ...more })

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

/** Runs until the store and the keys work, or says in one line why they do not. */
export async function readyOrSay(server: Pick<TotpServer, 'ready'>): Promise<void> {
  await server.ready().catch(cannotBeUsed)
}

function cannotBeUsed(cause: unknown): never {
  throw new StartError(
    `The database cannot be used (${reasonOf(cause)}). Check DATABASE_URL and TOTP_FLOW_MASTER_KEY, or run totp-flow doctor.`,
    { cause },
  )
}

/** Announcements go to standard error; standard output is for the log, or for what was asked. */
export const say = (line: string) => process.stderr.write(`${line}\n`)

/** For commands that serve nobody. */
export const nobody: Identity = () => null
