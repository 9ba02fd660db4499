import type { Audit } from '../audit/audit.ts'
import { hashRecoveryCode } from '../codes/recovery-codes.ts'
import { deviceSecretAad, doesNotOpen, type Secrets } from '../crypto/secrets.ts'
import type { ImportedDevice, Store, StoredDevice } from '../store/store.ts'
import { type CheckedUser, readUser, type UserToImport } from './read-user.ts'

/** So many users are written at once, or none of them. */
const BATCH = 250
/** RFC 4226 §4 R6 requires 128. */
const USUAL_BITS = 128

/** What came of an import, in numbers of users. */
export interface ImportSummary {
  /** With `dryRun`: who would be. */
  imported: number
  /** Of those imported, the ones who still have to enter a first code. */
  pending: number
  /** Had this very authenticator: nothing was changed. */
  alreadyThere: number
  refused: number
  /** Of those imported or there: secrets of less than 128 bits, as old systems made them. */
  shortSecrets: number
  /** Of those imported: verified users who bring recovery codes. */
  withRecoveryCodes: number
  /** Of those imported: verified users who have none, and are to make new ones. */
  withoutRecoveryCodes: number
}

/** A user who is not imported. The reason reads on after the line and quotes no secret. */
export interface RefusedUser {
  /** Counted from 1, empty lines too. */
  line: number
  reason: string
}

/** How to import, and who hears of it. */
export interface ImportOptions {
  /** Checks everything and writes nothing. @default false */
  dryRun?: boolean
  /** Leaves recovery codes out: all users are to make new ones. @default false */
  renewRecoveryCodes?: boolean
  /** Hears of each user that is refused. */
  onRefused?: (refused: RefusedUser) => void
  /** Hears after each batch how many lines are done. */
  onProgress?: (progress: { done: number }) => void
}

interface Dependencies {
  store: Store
  secrets: Secrets
  now: () => number
  audit: Audit
}
type Line = CheckedUser & { line: number }

/**
 * Imports users in batches, each of them whole or not at all. Whoever is refused is left out, and the others go on. A text is a
 * line of JSON. Run again over the same users, it goes on where it was interrupted.
 */
export async function importUsers(
  dependencies: Dependencies,
  users: AsyncIterable<UserToImport | string> | Iterable<UserToImport | string>,
  { dryRun = false, renewRecoveryCodes = false, onRefused, onProgress }: ImportOptions = {},
): Promise<ImportSummary> {
  const summary = {
    imported: 0,
    pending: 0,
    alreadyThere: 0,
    refused: 0,
    shortSecrets: 0,
    withRecoveryCodes: 0,
    withoutRecoveryCodes: 0,
  }
  const lineOf = new Map<string, number>()
  const refuse = (refused: RefusedUser) => {
    summary.refused += 1
    onRefused?.(refused)
  }
  let batch: Line[] = []
  let line = 0

  async function writeBatch() {
    const settled = await settle(dependencies, batch, dryRun)
    for (const user of batch) {
      const outcome = settled.get(user) ?? 'taken'
      if (outcome === 'taken') {
        refuse({ line: user.line, reason: 'has another authenticator here: it was left as it is' })
        continue
      }
      if (user.bits < USUAL_BITS) summary.shortSecrets += 1
      if (outcome === 'there') {
        summary.alreadyThere += 1
        continue
      }
      summary.imported += 1
      if (user.verifiedAt === null) summary.pending += 1
      else if (user.recoveryCodes.length + user.recoveryHashes.length > 0) summary.withRecoveryCodes += 1
      else summary.withoutRecoveryCodes += 1
    }
    batch = []
    onProgress?.({ done: line })
  }

  for await (const given of users) {
    line += 1
    if (typeof given === 'string' && given.trim() === '') continue
    const user = readUser(given, { now: dependencies.now(), renewRecoveryCodes })
    if (typeof user === 'string') {
      refuse({ line, reason: user })
      continue
    }
    const first = lineOf.get(user.userId)
    if (first !== undefined) {
      refuse({ line, reason: `has the same userId as line ${first}` })
      continue
    }
    lineOf.set(user.userId, line)
    batch.push({ ...user, line })
    if (batch.length === BATCH) await writeBatch()
  }
  if (batch.length > 0) await writeBatch()
  return summary
}

type Settled = Map<Line, 'imported' | 'there' | 'taken'>

async function settle(
  { store, secrets, audit }: Dependencies,
  batch: readonly Line[],
  dryRun: boolean,
): Promise<Settled> {
  const settled: Settled = new Map()
  /** Who has what is in the way; the others may be added. */
  const look = async (users: readonly Line[]) => {
    const devices = await store.devicesOf(users.map(({ userId }) => userId))
    const deviceOf = new Map(devices.map((device) => [device.userId, device]))
    const free: Line[] = []
    for (const user of users) {
      const device = deviceOf.get(user.userId)
      if (!device || (device.verifiedAt === null && user.verifiedAt !== null)) free.push(user)
      else settled.set(user, (await isSame(secrets, device, user)) ? 'there' : 'taken')
    }
    return free
  }

  const free = await look(batch)
  if (dryRun) {
    for (const user of free) settled.set(user, 'imported')
    return settled
  }
  const devices = await Promise.all(free.map((user) => deviceFrom(secrets, user)))
  const added = new Set(await store.importDevices(devices))
  const missed: Line[] = []
  for (const [index, { id, userId }] of devices.entries()) {
    const user = free[index]
    if (!user) continue
    if (!added.has(id)) {
      missed.push(user) // who registered in between
      continue
    }
    settled.set(user, 'imported')
    audit({ type: 'imported', userId, deviceId: id })
  }
  if (missed.length > 0) await look(missed)
  return settled
}

async function deviceFrom(secrets: Secrets, user: CheckedUser): Promise<ImportedDevice> {
  const { userId, secret, createdAt, verifiedAt, lastStep, recoveryAcknowledged } = user
  const id = crypto.randomUUID()
  const hashes = await Promise.all(user.recoveryCodes.map((code) => hashRecoveryCode(secret, code)))
  return {
    id,
    userId,
    sealedSecret: await secrets.seal(secret, deviceSecretAad({ userId, id })),
    createdAt,
    verifiedAt,
    lastStep,
    recoveryAcknowledged,
    recoveryHashes: [...new Set([...hashes, ...user.recoveryHashes])],
  }
}

async function isSame(secrets: Secrets, device: StoredDevice, { secret }: CheckedUser): Promise<boolean> {
  try {
    return (await secrets.open(device.sealedSecret, deviceSecretAad(device))) === secret
  } catch (error) {
    if (doesNotOpen(error)) return false
    throw error
  }
}
