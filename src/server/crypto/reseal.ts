import type { SealedValue, Store } from '../store/store.ts'
import { deviceSecretAad, doesNotOpen, type Secrets, signingKeyAad } from './secrets.ts'

const BATCH = 200

/** Progress of resealing: the number of values done, and in total. */
export interface ResealProgress {
  done: number
  total: number
  /** Values that no available key decrypts. They are left as they are. */
  unopened: number
}

/**
 * Reseals everything under the current master key while the servers run. A value that changed meanwhile is left to the
 * next pass. Passes end when only values that cannot be decrypted remain. The signing keys come last: a server that
 * starts with the new key alone checks that it decrypts them, and so that everything before them is done.
 */
export async function reseal(
  { store, secrets }: { store: Store; secrets: Secrets },
  onProgress: (progress: ResealProgress) => void = () => {},
): Promise<ResealProgress> {
  let [done, total] = [0, 0]
  /** Returns how many could not be decrypted. */
  const resealAll = async (values: readonly SealedValue[]) => {
    let unopened = 0
    for (const value of values) {
      const outcome = await resealOne(store, secrets, value)
      if (outcome === 'sealed') done++
      if (outcome === 'unopened') unopened++
    }
    return unopened
  }
  /** One pass over all devices that another key encrypted. */
  const resealDevices = async () => {
    const notBy = await secrets.keyId() // read in each pass, since there may have been another rotation
    total = done + (await store.countSealedDevices(notBy))
    let unopened = 0
    for await (const page of pagesOfDevices(store, notBy)) {
      unopened += await resealAll(page)
      onProgress({ done, total: Math.max(done + unopened, total), unopened })
    }
    return unopened
  }

  let unopenedDevices: number
  do {
    unopenedDevices = await resealDevices()
  } while ((await store.countSealedDevices(await secrets.keyId())) > unopenedDevices)

  let unopenedKeys: number
  do {
    unopenedKeys = await resealAll(await oldSigningKeys(store, secrets))
  } while ((await oldSigningKeys(store, secrets)).length > unopenedKeys)

  const unopened = unopenedDevices + unopenedKeys
  return { done, total: done + unopened, unopened }
}

/** Pages of the devices whose secret was not encrypted by the key `notBy`, by user id. */
async function* pagesOfDevices(store: Store, notBy: string): AsyncGenerator<readonly SealedValue[]> {
  let after = ''
  while (true) {
    const page = await store.sealedDevices({ notBy, after, limit: BATCH })
    const last = page.at(-1)
    if (!last) return
    yield page
    after = last.userId
  }
}

/** The signing keys that are encrypted under another master key than the current one. */
export async function oldSigningKeys(store: Store, secrets: Secrets): Promise<SealedValue[]> {
  const current = `${await secrets.keyId()}.`
  const keys = await store.signingKeys()
  return keys
    .filter(({ sealedPrivateJwk }) => !sealedPrivateJwk.startsWith(current))
    .map(({ kid, sealedPrivateJwk }) => ({
      kind: 'signing key',
      userId: '',
      id: kid,
      sealed: sealedPrivateJwk,
    }))
}

async function resealOne(
  store: Store,
  secrets: Secrets,
  value: SealedValue,
): Promise<'sealed' | 'changed' | 'unopened'> {
  const aad = value.kind === 'device' ? deviceSecretAad(value) : signingKeyAad(value.id)
  let plaintext: string
  try {
    plaintext = await secrets.open(value.sealed, aad)
  } catch (error) {
    if (doesNotOpen(error)) return 'unopened'
    throw error
  }
  return (await store.reseal(value, await secrets.seal(plaintext, aad))) ? 'sealed' : 'changed'
}
