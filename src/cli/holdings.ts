import type { Store } from '../server/index.ts'

/** What a database holds, for people: `3 devices, 1 passkey`. One of an earlier version has no passkeys, and no table for them. */
export async function holdingsOf(store: Store): Promise<string> {
  const devices = counted(await store.countSealedDevices(''), 'device')
  if ((await store.pendingSteps()).length > 0) return devices
  const { passkeys } = await store.countPasskeys()
  return passkeys > 0 ? `${devices}, ${counted(passkeys, 'passkey')}` : devices
}

const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`
