import type { SealedValue, Store } from '../store/store.ts'
import { deviceSecretAad, doesNotOpen, type Secrets, signingKeyAad } from './secrets.ts'

const BATCH = 200

/** How far it is: values sealed anew, of how many. */
export interface ResealProgress {
  done: number
  total: number
  /** Values that no key at hand opens: they are left as they are, and the others go on. */
  unopened: number
}

/**
 * Seals everything anew under the current master key while the servers run. A value that changed in between is left to
 * the next pass; passes end when one finds nothing. The signing keys come last: a server that starts with the new key
 * alone checks that it opens them, and thereby that all before them is done. A value that does not open is counted and left.
 */
export async function reseal(
  { store, secrets }: { store: Store; secrets: Secrets },
  onProgress: (progress: ResealProgress) => void = () => {},
): Promise<ResealProgress> {
  let [done, total] = [0, 0]
  const resealAll = async (values: readonly SealedValue[]) => {
    let unopened = 0
    for (const value of values) {
      const outcome = await resealOne(store, secrets, value)
      if (outcome === 'sealed') done++
      if (outcome === 'unopened') unopened++
    }
    return unopened
  }

  let unopenedDevices = 0
  for (let left = Number.POSITIVE_INFINITY; left > unopenedDevices; ) {
    const notBy = await secrets.keyId() // anew in each pass: another rotation may have come in between
    total = done + (await store.countSealedDevices(notBy))
    unopenedDevices = 0
    for (let after = ''; ; ) {
      const page = await store.sealedDevices({ notBy, after, limit: BATCH })
      unopenedDevices += await resealAll(page)
      const last = page.at(-1)
      if (!last) break
      onProgress({ done, total: Math.max(done + unopenedDevices, total), unopened: unopenedDevices })
      after = last.userId
    }
    left = await store.countSealedDevices(await secrets.keyId())
  }

  const oldKeys = () => oldSigningKeys(store, secrets)
  let unopenedKeys = 0
  for (let old = await oldKeys(); old.length > unopenedKeys; old = await oldKeys()) {
    unopenedKeys = await resealAll(old)
  }
  const unopened = unopenedDevices + unopenedKeys
  return { done, total: done + unopened, unopened }
}

/** The signing keys that another master key sealed than the current one. */
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
