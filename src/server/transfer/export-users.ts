import { deviceSecretAad, doesNotOpen, type Secrets } from '../crypto/secrets.ts'
import type { ExportedDevice, Store } from '../store/store.ts'
import type { UserToImport } from './read-user.ts'

const PAGE = 500

/** A user as `importUsers` of another instance takes it, with the secret in the clear. */
export interface ExportedUser extends UserToImport {
  secret: string
  algorithm: 'SHA1'
  digits: 6
  period: 30
  verified: boolean
  createdAt: string
  /** What is stored of the unused recovery codes; the codes themselves are not known here. */
  recoveryCodeHashes: readonly string[]
  recoveryAcknowledged: boolean
}

/** What to do about users that cannot be exported. */
export interface ExportOptions {
  /** Hears of users whose secret no master key at hand opens, and whom the export leaves out. Without it, it rejects there. */
  onUnopened?: (userId: string) => void
}

/** All users who have an authenticator, by user id. */
export async function* exportUsers(
  { store, secrets }: { store: Store; secrets: Secrets },
  { onUnopened }: ExportOptions = {},
): AsyncGenerator<ExportedUser, void, undefined> {
  let after = ''
  while (true) {
    const page = await store.devicesToExport({ after, limit: PAGE })
    const last = page.at(-1)
    if (!last) return
    for (const device of page) {
      const secret = await secretOf(secrets, device, onUnopened)
      if (secret !== undefined) yield exported(device, secret)
    }
    after = last.userId
  }
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

const exported = (device: ExportedDevice, secret: string): ExportedUser => ({
  userId: device.userId,
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
