import { TotpFlowError } from '../../contract/errors.ts'
import type { Store } from '../store/store.ts'
import { deviceSecretAad, type Secrets } from './secrets.ts'

/** A rotation of the master key may change a device between its reading and its writing; more than that is no coincidence. */
const TRIES = 5

/**
 * Gives a device to another user. What is sealed is bound to its user, so it is sealed anew; recovery codes go by the device,
 * and stay as they are. `false` when there is none.
 */
export async function moveDevice(
  { store, secrets }: { store: Store; secrets: Secrets },
  { from, to, now }: { from: string; to: string; now: number },
): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const device = await store.find(from)
    if (!device) return false
    const secret = await secrets.open(device.sealedSecret, deviceSecretAad(device))
    const sealedSecret = await secrets.seal(secret, deviceSecretAad({ userId: to, id: device.id }))
    const outcome = await store.moveDevice({ device, to: { userId: to, sealedSecret }, now })
    if (outcome === 'moved') return true
    if (outcome === 'device_limit') throw new TotpFlowError('device_limit')
  }
  throw new TotpFlowError('server')
}
