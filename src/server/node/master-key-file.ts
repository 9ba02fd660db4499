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
import { dirname } from 'node:path'
import { createSecrets, isGuessable, type MasterKeys, newMasterKey, sealingKeyIn } from '../crypto/secrets.ts'
import { makeFolder } from '../store/make-folder.ts'
import { StartError } from './start-error.ts'

/** The keys that encrypt the store, and where they came from. */
export interface LoadedMasterKey {
  /** For `createTotpServer`. A key file is reread as `MasterKeys` describes. */
  keys: MasterKeys
  /** The key that encrypts new values. */
  current: string
  /** The key file; absent if the keys came from the environment or last only as long as the process. */
  file?: string
}

/**
 * Loads the master keys from `TOTP_FLOW_MASTER_KEY`, or else from a key file, which is created with mode 0600 at the
 * first start. With neither (`null`), creates a key that lasts as long as the process. Calls `note` with the path of a
 * new key file: losing that file loses every enrollment. Throws a `StartError` that says what to do.
 */
export function loadMasterKey(given: {
  env: string | undefined
  file: string | null
  note: (line: string) => void
  /** Called with a suggestion that is not a problem. @default note */
  remark?: (line: string) => void
  /** Whether to create a missing key file; see `isSealed`. @default true */
  make?: boolean
}): LoadedMasterKey {
  const { env, file, note, remark = note, make = true } = given
  if (env?.trim() === '') throw new StartError('TOTP_FLOW_MASTER_KEY is empty. Give it a value, or unset it.')
  if (env !== undefined) {
    const keys = checked(env, 'TOTP_FLOW_MASTER_KEY')
    if (isGuessable(keys)) note(guessableIn('TOTP_FLOW_MASTER_KEY', keys))
    return { keys, current: sealingKeyIn(env) }
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
  const current = sealingKeyIn(keys())
  if (isGuessable(keys())) note(guessableIn(file, keys()))
  const place = realpathSync(file)
  if (isOpenToOthers(place)) {
    if (isKubernetesVolume(place)) {
      remark(
        `The pod's other users can read the master key in ${file}. Set defaultMode: 0440 on the volume, and fsGroup in the pod's securityContext.`,
      )
    } else note(`Others on this machine can read the master key in ${file}. Close it: chmod 600 ${file}`)
  }
  return { keys, current, file }
}

/** Lets the owner read, and the group if this process is in it, as with the `fsGroup` of a Kubernetes pod. */
function isOpenToOthers(place: string): boolean {
  const { mode, gid } = statSync(place)
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])]
  return (mode & (groups.includes(gid) ? 0o037 : 0o077)) !== 0
}

/** In such a volume, a file is a link through `..data` into a timestamped folder, which only the pod can reach. */
const isKubernetesVolume = (place: string) => /\/\.\.\d{4}_[^/]+\/[^/]+$/.test(place)

const guessableIn = (place: string, keys: string) =>
  isGuessable(sealingKeyIn(keys))
    ? `The master key in ${place} is text or a pattern, which others can guess. Change it: totp-flow keys rotate --master`
    : `A master key after the first in ${place} is text or a pattern, which others can guess. Remove it once totp-flow doctor finds nothing sealed by it.`

/**
 * Puts a new key first in a key file, atomically, and flushes it to disk before anything is encrypted under it. The
 * earlier keys still decrypt what they encrypted. The file keeps its owner, its mode, and its place behind a symbolic
 * link. Throws a `StartError` if the file cannot be written.
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

/** Passes `finish` a complete file, flushed to disk, to move into place. */
function writeUnfinished(
  file: string,
  text: string,
  { uid, gid, mode }: { uid?: number; gid?: number; mode: number },
  finish: (unfinished: string) => void,
): void {
  // Not named by process id: containers that share a folder may all have the same.
  const unfinished = `${file}.${crypto.randomUUID()}`
  const descriptor = openSync(unfinished, 'wx', 0o600)
  try {
    try {
      writeFileSync(descriptor, text)
      if (uid !== undefined && gid !== undefined) keepOwner(descriptor, { uid, gid, mode })
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

function keepOwner(descriptor: number, { uid, gid, mode }: { uid: number; gid: number; mode: number }): void {
  try {
    fchownSync(descriptor, uid, gid)
  } catch (cause) {
    // Only root can set a group that it is not in. If that group has no rights to the file, it loses none.
    if (uid !== process.geteuid?.() || (mode & 0o070) !== 0) throw cause
  }
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new StartError(`Cannot read the key file ${file}. Make it readable, or set TOTP_FLOW_MASTER_KEY.`, {
      cause,
    })
  }
}

/** Writes atomically, and never over a file that another process created meanwhile. Returns `false` in that case. */
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
