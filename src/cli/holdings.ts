import type { Store } from '../server/index.ts'

/** Says what a database holds: `3 devices, 1 passkey`. A database of an earlier version has no table for passkeys. */
export async function holdingsOf(store: Store): Promise<string> {
  const devices = counted(await store.countSealedDevices(''), 'device')
  if ((await store.pendingSteps()).length > 0) return devices
  const { passkeys } = await store.countPasskeys()
  return passkeys > 0 ? `${devices}, ${counted(passkeys, 'passkey')}` : devices
}

const counted = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`
