import { expect, it } from 'vitest'
import { reseal } from '../../../src/server/crypto/reseal.ts'
import { createSecrets, deviceSecretAad } from '../../../src/server/crypto/secrets.ts'
import { memoryStore } from '../../../src/server/store/memory.ts'
import { masterKeyOf } from '../../support/world.ts'

const [OLD, NEW, LOST] = [masterKeyOf(1), masterKeyOf(2), masterKeyOf(3)]

async function storeWith(devices: Iterable<[userId: string, key: string]>) {
  const store = memoryStore()
  for (const [userId, key] of devices) {
    const device = { id: `${userId}-1`, userId, createdAt: 0 }
    const sealedSecret = await createSecrets(key).seal(userId, deviceSecretAad(device))
    await store.addPendingDevice({ ...device, sealedSecret }, null, 0)
  }
  return store
}
const user = (index: number) => `user-${String(index).padStart(4, '0')}`

it('resealing counts what does not open over all pages, leaves it, and goes on with the others', async () => {
  const store = await storeWith(
    Array.from({ length: 450 }, (_, index): [string, string] => [user(index), index === 449 ? OLD : LOST]),
  )
  const before = (await store.find(user(0)))?.sealedSecret
  const progress: number[] = []
  const secrets = createSecrets(`${NEW},${OLD}`)
  const result = await reseal({ store, secrets }, ({ unopened }) => progress.push(unopened))
  expect(result).toEqual({ done: 1, total: 450, unopened: 449 })
  expect(progress.at(0)).toBe(200)
  expect((await store.find(user(0)))?.sealedSecret).toBe(before)
  const last = await store.find(user(449))
  expect(
    await createSecrets(NEW).open(last?.sealedSecret ?? '', deviceSecretAad(last ?? expect.unreachable())),
  ).toBe(user(449))
})

it('resealing rejects where the master keys cannot be read, and counts nothing as unopened', async () => {
  const store = await storeWith([['ann', OLD]])
  const secrets = createSecrets(`${NEW},${OLD}`)
  const unread = { ...secrets, open: () => Promise.reject(new Error('vault is sealed')) }
  await expect(reseal({ store, secrets: unread })).rejects.toThrow('vault is sealed')
})

it('a device that changes while it is resealed keeps the change, and is resealed in the next pass', async () => {
  const store = await storeWith([['ann', OLD]])
  const { reseal: put } = store
  const again = { id: 'ann-2', userId: 'ann', createdAt: 0 }
  const sealedSecret = await createSecrets(OLD).seal('again', deviceSecretAad(again))
  let isFirst = true
  store.reseal = async (value, to) => {
    if (isFirst) await store.addPendingDevice({ ...again, sealedSecret }, null, 0)
    isFirst = false
    return put(value, to)
  }
  const secrets = createSecrets(`${NEW},${OLD}`)
  expect(await reseal({ store, secrets })).toMatchObject({ done: 1, unopened: 0 })
  const device = await store.find('ann')
  expect(await createSecrets(NEW).open(device?.sealedSecret ?? '', deviceSecretAad(again))).toBe('again')
})
