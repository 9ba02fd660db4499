import { TotpFlowError } from '../../contract/errors.ts'
import type { Store, StoredDevice } from '../store/store.ts'
import { deviceSecretAad, type Secrets } from './secrets.ts'

/** A rotation of the master key may change a device between its read and its write, but hardly more than once. */
const TRIES = 5

/**
 * Moves everything that a user has to another user id. A device's secret is bound to its user, so it is encrypted
 * again. Recovery codes belong to the device, and do not change. Resolves to `false` if there is nothing.
 */
export async function moveFactors(
  { store, secrets }: { store: Store; secrets: Secrets },
  { from, to, now }: { from: string; to: string; now: number },
): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const device = await store.find(from)
    const outcome = await store.moveFactors({
      from,
      to,
      device: device && { ...device, resealed: await resealed(device) },
      now,
    })
    if (outcome === 'moved') return true
    if (outcome === 'nothing') return false
    if (outcome === 'device_limit') throw new TotpFlowError('device_limit')
  }
  throw new TotpFlowError('server')

  async function resealed(device: StoredDevice): Promise<string> {
    const secret = await secrets.open(device.sealedSecret, deviceSecretAad(device))
    return secrets.seal(secret, deviceSecretAad({ userId: to, id: device.id }))
  }
}
