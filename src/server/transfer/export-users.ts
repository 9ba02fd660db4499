import { deviceSecretAad, doesNotOpen, type Secrets } from '../crypto/secrets.ts'
import type { ExportedDevice, Store, StoredPasskey, StoredUser } from '../store/store.ts'
import type { PasskeyToImport } from './read-passkey.ts'
import type { UserToImport } from './read-user.ts'

const PAGE = 500

/**
 * A user in the form that `importUsers` of another instance takes, with the secret in plain text. A user with only
 * passkeys has none of the fields of an authenticator app, and one without passkeys has no `passkeys`.
 */
export interface ExportedUser extends UserToImport {
  secret?: string
  algorithm?: 'SHA1'
  digits?: 6
  period?: 30
  verified?: boolean
  createdAt?: string
  /** The stored hashes of the unused recovery codes. The codes themselves are not known. */
  recoveryCodeHashes?: readonly string[]
  recoveryAcknowledged?: boolean
  passkeys?: readonly PasskeyToImport[]
}

/** What to do with users that cannot be exported. */
export interface ExportOptions {
  /**
   * Called for each user whose secret no available master key decrypts; the export leaves them out. Without it, the
   * export rejects.
   */
  onUnopened?: (userId: string) => void
}

/** Yields all users who have an authenticator or passkeys, by user id. */
export async function* exportUsers(
  { store, secrets }: { store: Store; secrets: Secrets },
  { onUnopened }: ExportOptions = {},
): AsyncGenerator<ExportedUser, void, undefined> {
  let after = ''
  while (true) {
    const page = await store.usersToExport({ after, limit: PAGE })
    const last = page.at(-1)
    if (!last) return
    for (const user of page) {
      const exported = await exportedUser(secrets, user, onUnopened)
      if (exported) yield exported
    }
    after = last.userId
  }
}

async function exportedUser(
  secrets: Secrets,
  { userId, device, passkeys }: StoredUser<ExportedDevice>,
  onUnopened: ExportOptions['onUnopened'],
): Promise<ExportedUser | undefined> {
  const held = passkeys.length > 0 && { passkeys: passkeys.map(exportedPasskey) }
  if (!device) return { userId, ...held }
  const secret = await secretOf(secrets, device, onUnopened)
  return secret === undefined ? undefined : { userId, ...exportedDevice(device, secret), ...held }
}

async function secretOf(
  secrets: Secrets,
  device: ExportedDevice,
  onUnopened: ExportOptions['onUnopened'],
): Promise<string | undefined> {
  try {
    return await secrets.open(device.sealedSecret, deviceSecretAad(device))
  } catch (error) {
    if (!onUnopened || !doesNotOpen(error)) throw error
    onUnopened(device.userId)
    return undefined
  }
}

const timeOf = (time: number) => new Date(time).toISOString()

const exportedDevice = (device: ExportedDevice, secret: string): Omit<ExportedUser, 'userId'> => ({
  secret,
  algorithm: 'SHA1',
  digits: 6,
  period: 30,
  verified: device.verifiedAt !== null,
  createdAt: timeOf(device.createdAt),
  ...(device.verifiedAt !== null && { verifiedAt: timeOf(device.verifiedAt) }),
  ...(device.lastStep >= 0 && { lastStep: device.lastStep }),
  recoveryCodeHashes: device.recoveryHashes,
  recoveryAcknowledged: device.recoveryAcknowledged,
})

const exportedPasskey = (passkey: StoredPasskey): PasskeyToImport => ({
  credentialId: passkey.credentialId,
  publicKey: passkey.publicKey,
  signCount: passkey.signCount,
  transports: passkey.transports,
  backupEligible: passkey.backupEligible,
  backedUp: passkey.backedUp,
  aaguid: passkey.aaguid,
  alias: passkey.alias,
  createdAt: timeOf(passkey.createdAt),
  lastUsedAt: passkey.lastUsedAt === null ? null : timeOf(passkey.lastUsedAt),
})
