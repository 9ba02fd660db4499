import type { Audit } from '../audit/audit.ts'
import { hashRecoveryCode } from '../codes/recovery-codes.ts'
import { deviceSecretAad, doesNotOpen, type Secrets } from '../crypto/secrets.ts'
import type { ImportedDevice, Store, StoredDevice, StoredUser } from '../store/store.ts'
import { type CheckedDevice, type CheckedUser, readUser, type UserToImport } from './read-user.ts'

/** How many users are written in one transaction. */
const BATCH = 250
/** RFC 4226 §4 R6 requires 128. */
const USUAL_BITS = 128

/** The result of an import, in numbers of users. */
export interface ImportSummary {
  /** With `dryRun`: the users who would be imported. */
  imported: number
  /** Of those imported, users who still have to enter a first code. */
  pending: number
  /** Users who had exactly this authenticator and these passkeys already. Nothing was changed. */
  alreadyThere: number
  refused: number
  /** Of those imported or already there: users with secrets of less than 128 bits, as old systems made them. */
  shortSecrets: number
  /** Of those imported: users of a verified app who bring recovery codes. */
  withRecoveryCodes: number
  /** Of those imported: users of a verified app without recovery codes, who should create some. */
  withoutRecoveryCodes: number
  /** Of those imported: users who bring passkeys. */
  withPasskeys: number
}

/** A user who was not imported. The reason continues a sentence that begins with the line, and quotes no secret. */
export interface RefusedUser {
  /** Counted from 1, including empty lines. */
  line: number
  reason: string
}

/** How to import, and whom to notify. */
export interface ImportOptions {
  /** Checks everything and writes nothing. @default false */
  dryRun?: boolean
  /** Leaves recovery codes out, so that all users have to create new ones. @default false */
  renewRecoveryCodes?: boolean
  /** Called for each user who is refused. */
  onRefused?: (refused: RefusedUser) => void
  /** Called after each batch with the number of lines done. */
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
 * Imports users in batches, each user whole or not at all. A refused user is left out, and the others go on. A string
 * is a line of JSON. Run again over the same users, it continues where it was interrupted.
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
    withPasskeys: 0,
  }
  const lineOf = new Map<string, number>()
  const lineOfPasskey = new Map<string, number>()
  const refuse = (refused: RefusedUser) => {
    summary.refused += 1
    onRefused?.(refused)
  }
  let batch: Line[] = []
  let line = 0

  async function writeBatch() {
    const settled = await settle(dependencies, batch, dryRun)
    for (const user of batch) {
      const outcome = settled.get(user) ?? 'other_factors'
      if (outcome !== 'imported' && outcome !== 'there') {
        refuse({ line: user.line, reason: REASONS[outcome] })
        continue
      }
      const { device, passkeys } = user
      if (device && device.bits < USUAL_BITS) summary.shortSecrets += 1
      if (outcome === 'there') {
        summary.alreadyThere += 1
        continue
      }
      summary.imported += 1
      if (passkeys.length > 0) summary.withPasskeys += 1
      if (!device) continue
      if (device.verifiedAt === null) summary.pending += 1
      else if (device.recoveryCodes.length + device.recoveryHashes.length > 0) summary.withRecoveryCodes += 1
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
    const shared = user.passkeys.flatMap(({ credentialId }) => lineOfPasskey.get(credentialId) ?? [])[0]
    if (shared !== undefined) {
      refuse({ line, reason: `has the same passkey as line ${shared}` })
      continue
    }
    lineOf.set(user.userId, line)
    for (const { credentialId } of user.passkeys) lineOfPasskey.set(credentialId, line)
    batch.push({ ...user, line })
    if (batch.length === BATCH) await writeBatch()
  }
  if (batch.length > 0) await writeBatch()
  return summary
}

const REASONS = {
  other_device: 'has another authenticator here: it was left as it is',
  other_factors: 'has other factors here: they were left as they are',
  passkey_of_another: 'has a passkey that another user has here',
} as const
type Settled = Map<Line, 'imported' | 'there' | keyof typeof REASONS>

async function settle(
  { store, secrets, audit }: Dependencies,
  batch: readonly Line[],
  dryRun: boolean,
): Promise<Settled> {
  const settled: Settled = new Map()
  /** Settles users whose place is taken, and returns those that may be added. */
  const look = async (users: readonly Line[]) => {
    const known = await store.usersOf(users.map(({ userId }) => userId))
    const knownBy = new Map(known.map((user) => [user.userId, user]))
    const credentialIds = users.flatMap(({ passkeys }) => passkeys.map(({ credentialId }) => credentialId))
    const owners = credentialIds.length > 0 ? await store.ownersOf(credentialIds) : []
    const ownerOf = new Map(owners.map(({ credentialId, userId }) => [credentialId, userId]))
    const free: Line[] = []
    for (const user of users) {
      const isOfAnother = user.passkeys.some(
        ({ credentialId }) => (ownerOf.get(credentialId) ?? user.userId) !== user.userId,
      )
      const here = knownBy.get(user.userId)
      if (isOfAnother) settled.set(user, 'passkey_of_another')
      else if (!here || mayBeReplaced(here, user)) free.push(user)
      else settled.set(user, await standingOf(secrets, here, user))
    }
    return free
  }

  const free = await look(batch)
  if (dryRun) {
    for (const user of free) settled.set(user, 'imported')
    return settled
  }
  const users = await Promise.all(free.map((user) => userFrom(secrets, user)))
  const added = new Set(await store.importUsers(users))
  const missed: Line[] = []
  for (const [index, { userId, device, passkeys }] of users.entries()) {
    const user = free[index]
    if (!user) continue
    if (!added.has(userId)) {
      missed.push(user) // registered in the meantime
      continue
    }
    settled.set(user, 'imported')
    audit({
      type: 'imported',
      userId,
      ...(device && { deviceId: device.id }),
      ...(passkeys.length > 0 && { passkeyIds: passkeys.map(({ id }) => id) }),
    })
  }
  if (missed.length > 0) await look(missed)
  return settled
}

/** A pending enrollment gives way to verified factors. */
const mayBeReplaced = ({ device, passkeys }: StoredUser, user: CheckedUser) =>
  passkeys.length === 0 &&
  device?.verifiedAt === null &&
  (user.passkeys.length > 0 || (user.device !== null && user.device.verifiedAt !== null))

async function standingOf(
  secrets: Secrets,
  here: StoredUser,
  { device, passkeys }: CheckedUser,
): Promise<'there' | 'other_device' | 'other_factors'> {
  if (device && here.device && !(await isSame(secrets, here.device, device))) return 'other_device'
  const held = new Set(here.passkeys.map(({ credentialId }) => credentialId))
  const isThere =
    (!device || here.device !== null) && passkeys.every(({ credentialId }) => held.has(credentialId))
  return isThere ? 'there' : 'other_factors'
}

async function userFrom(
  secrets: Secrets,
  { userId, device, passkeys }: CheckedUser,
): Promise<StoredUser<ImportedDevice>> {
  return {
    userId,
    device: device && (await deviceFrom(secrets, userId, device)),
    passkeys: passkeys.map((passkey) => ({ ...passkey, userId, id: crypto.randomUUID() })),
  }
}

async function deviceFrom(secrets: Secrets, userId: string, device: CheckedDevice): Promise<ImportedDevice> {
  const { secret, createdAt, verifiedAt, lastStep, recoveryAcknowledged } = device
  const id = crypto.randomUUID()
  const hashes = await Promise.all(device.recoveryCodes.map((code) => hashRecoveryCode(secret, code)))
  return {
    id,
    userId,
    sealedSecret: await secrets.seal(secret, deviceSecretAad({ userId, id })),
    createdAt,
    verifiedAt,
    lastStep,
    recoveryAcknowledged,
    recoveryHashes: [...new Set([...hashes, ...device.recoveryHashes])],
  }
}

async function isSame(secrets: Secrets, device: StoredDevice, { secret }: CheckedDevice): Promise<boolean> {
  try {
    return (await secrets.open(device.sealedSecret, deviceSecretAad(device))) === secret
  } catch (error) {
    if (doesNotOpen(error)) return false
    throw error
  }
}
