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
import { createSecrets, isGuessable, type MasterKeys, newMasterKey } from '../crypto/secrets.ts'
import { makeFolder } from '../store/make-folder.ts'
import { StartError } from './start-error.ts'

/** The key that seals what is stored, and where it came from. */
export interface LoadedMasterKey {
  /** For `createTotpServer`. A key file is read again as `MasterKeys` says. */
  keys: MasterKeys
  /** The one that seals. */
  current: string
  /** Where the keys lie; absent when they came from the environment, or go with the process. */
  file?: string
}

/**
 * The master keys of `TOTP_FLOW_MASTER_KEY`, else of a key file, which is made with mode 0600 at the first start; with
 * neither (`null`), a key that goes with the process. `note` is called with the place of a new one: losing
 * that file loses every enrollment.
 */
export function loadMasterKey(given: {
  env: string | undefined
  file: string | null
  note: (line: string) => void
  /** Is called with what would be better, and is no problem. @default note */
  remark?: (line: string) => void
  /** Whether a missing key file is made; see `isSealed`. @default true */
  make?: boolean
}): LoadedMasterKey {
  const { env, file, note, remark = note, make = true } = given
  if (env?.trim() === '') throw new StartError('TOTP_FLOW_MASTER_KEY is empty. Give it a value, or unset it.')
  if (env !== undefined) {
    const keys = checked(env, 'TOTP_FLOW_MASTER_KEY')
    if (isGuessable(keys)) note(guessableIn('TOTP_FLOW_MASTER_KEY'))
    return { keys, current: firstOf(env) }
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
  const current = firstOf(keys())
  if (isGuessable(keys())) note(guessableIn(file))
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

/** Reading is for the owner, and for the group where this process is in it, as with the `fsGroup` of a Kubernetes pod. */
function isOpenToOthers(place: string): boolean {
  const { mode, gid } = statSync(place)
  const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])]
  return (mode & (groups.includes(gid) ? 0o037 : 0o077)) !== 0
}

/** There a name leads over the link `..data` into a folder with a time in its name, and only the pod gets at it. */
const isKubernetesVolume = (place: string) => /\/\.\.\d{4}_[^/]+\/[^/]+$/.test(place)

const guessableIn = (place: string) =>
  `The master key in ${place} is text or a pattern, which others can guess. Change it: totp-flow keys rotate --master`

/**
 * Puts a new key first in a key file, whole or not at all, and on the disk before anything is sealed under it; those before
 * it still open what they sealed. The file keeps its place behind a link, its owner and its mode.
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

/** Gives `finish` a file that is whole and on the disk, to put it in its place. */
function writeUnfinished(
  file: string,
  text: string,
  { uid, gid, mode }: { uid?: number; gid?: number; mode: number },
  finish: (unfinished: string) => void,
): void {
  // Not by the process's number: in containers that share a folder, all may have the same.
  const unfinished = `${file}.${crypto.randomUUID()}`
  const descriptor = openSync(unfinished, 'wx', 0o600)
  try {
    try {
      writeFileSync(descriptor, text)
      if (uid !== undefined && gid !== undefined) fchownSync(descriptor, uid, gid)
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

const firstOf = (keys: string) => keys.trim().split(/[\s,]+/)[0] ?? ''

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new StartError(`Cannot read the key file ${file}. Make it readable, or set TOTP_FLOW_MASTER_KEY.`, {
      cause,
    })
  }
}

/** Whole or not at all, and never over a file that another process made in the meantime; `false` in that case. */
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
