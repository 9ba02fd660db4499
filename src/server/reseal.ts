import { boundToDevice } from './handlers.ts'
import type { Secrets } from './secrets.ts'
import { boundToKid } from './signing-keys.ts'
import type { SealedValue, Store } from './store/store.ts'

const BATCH = 200

export interface ResealProgress {
  done: number
  total: number
}

/**
 * Seals everything anew under the current master key while the servers run. A value that changed in between is left to
 * the next pass; passes end when one finds nothing. The signing keys come last: a server that starts with the new key
 * alone checks that it opens them, and thereby that all before them is done.
 */
export async function reseal(
  { store, secrets }: { store: Store; secrets: Secrets },
  onProgress: (progress: ResealProgress) => void = () => {},
): Promise<number> {
  const notBy = await secrets.keyId()
  let total = await store.countSealedDevices(notBy)
  let done = 0
  while (total > 0) {
    for (let after = ''; ; ) {
      const page = await store.sealedDevices({ notBy, after, limit: BATCH })
      for (const value of page) if (await resealOne(store, secrets, value, boundToDevice(value))) done++
      if (page.length > 0) onProgress({ done, total: Math.max(done, total) })
      const last = page.at(-1)
      if (!last) break
      after = last.userId
    }
    const left = await store.countSealedDevices(notBy)
    total = left === 0 ? 0 : done + left
  }
  for (const { kid, sealedPrivateJwk } of await store.signingKeys()) {
    if (sealedPrivateJwk.startsWith(`${notBy}.`)) continue
    const value: SealedValue = { kind: 'signing key', userId: '', id: kid, sealed: sealedPrivateJwk }
    if (await resealOne(store, secrets, value, boundToKid(kid))) done++
  }
  return done
}

async function resealOne(
  store: Store,
  secrets: Secrets,
  value: SealedValue,
  bound: string,
): Promise<boolean> {
  return store.reseal(value, await secrets.seal(await secrets.open(value.sealed, bound), bound))
}
