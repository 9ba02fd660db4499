import type { CodeAttempt, Store, StoredDevice, StoredMfaToken, StoredSigningKey, Throttle } from './store.ts'

/** A store that lives as long as the page or process: for demos, stories and tests. Each verb is one synchronous turn. */
export function memoryStore(): Store {
  const devices = new Map<string, StoredDevice & { lastStep: number }>()
  const throttles = new Map<string, Throttle>()
  const mfaTokens = new Map<string, StoredMfaToken>()
  const spentTokens = new Map<string, number>()
  const keys: StoredSigningKey[] = []

  const throttleOf = (userId: string) => throttles.get(userId) ?? { failures: 0, retryAt: 0 }
  const newestFirst = () => keys.toSorted((a, b) => b.generation - a.generation)

  function spend(jti: string, expiresAt: number, now: number): boolean {
    for (const [spent, until] of spentTokens) if (until <= now) spentTokens.delete(spent)
    if (spentTokens.has(jti)) return false
    spentTokens.set(jti, expiresAt)
    return true
  }

  return {
    prepare: async () => {},
    find: async (userId) => ({ device: devices.get(userId) ?? null, throttle: throttleOf(userId) }),
    async addPendingDevice(device) {
      if (devices.get(device.userId)?.verifiedAt) return false
      devices.set(device.userId, { ...device, verifiedAt: null, lastStep: -1 })
      return true
    },
    async attempt({ userId, deviceId, now, backoff, look, mfaToken }: CodeAttempt) {
      const { failures, retryAt } = throttleOf(userId)
      if (retryAt > now) return { outcome: 'throttled', retryAt }
      const device = devices.get(userId)
      if (device?.id !== deviceId) return { outcome: 'gone' }
      const step = look()
      if (step === null) {
        const wait = backoff(failures + 1)
        throttles.set(userId, { failures: failures + 1, retryAt: wait > 0 ? now + wait : 0 })
        return { outcome: 'wrong', retryAt: wait > 0 ? now + wait : 0 }
      }
      if (step <= device.lastStep) return { outcome: 'reused' }
      devices.set(userId, { ...device, lastStep: step, verifiedAt: device.verifiedAt ?? now })
      throttles.delete(userId)
      if (mfaToken) mfaTokens.set(mfaToken.hash, mfaToken)
      return { outcome: 'accepted' }
    },
    async removeDevice({ userId, deviceId, now, proof }) {
      if (proof && 'mfaTokenHash' in proof) {
        const token = mfaTokens.get(proof.mfaTokenHash)
        if (token?.userId !== userId || token.expiresAt <= now) return 'proof_refused'
      }
      if (proof && 'jti' in proof && spentTokens.has(proof.jti)) return 'proof_refused'
      if (devices.get(userId)?.id !== deviceId) return 'no_device'
      if (proof && 'jti' in proof) spend(proof.jti, proof.expiresAt, now)
      for (const [hash, token] of mfaTokens) if (token.userId === userId) mfaTokens.delete(hash)
      devices.delete(userId)
      return 'removed'
    },
    consumeToken: async ({ jti, expiresAt, now }) => spend(jti, expiresAt, now),
    async addSigningKey(key) {
      if (!keys.some(({ generation }) => generation === key.generation)) keys.push(key)
      return newestFirst()
    },
    signingKeys: async () => newestFirst(),
    close: async () => {},
  }
}
