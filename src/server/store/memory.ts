import { FIRST_RULES, generationAfter, mayRegister, SESSION_RULES_KEPT_MS } from './session-rules.ts'
import type {
  Proof,
  Refusal,
  SealedValue,
  SessionRules,
  Store,
  StoredDevice,
  StoredMfaToken,
  StoredPasskey,
  StoredSigningKey,
  Throttle,
  ThrottlePolicy,
} from './store.ts'
import { SPENT_TOKEN_KEPT_MS, waitAfter, waitsUntil } from './throttle.ts'

/** Creates a store that lives as long as the page or process: for demos, stories and tests. Each method runs synchronously. */
export function memoryStore(): Store {
  const devices = new Map<string, StoredDevice & { lastStep: number }>()
  const recovery = new Map<string, Set<string>>()
  const passkeys = new Map<string, StoredPasskey>()
  const mfaTokens = new Map<string, StoredMfaToken>()
  const spentTokens = new Map<string, number>()
  /** By the end of the window, then by network. */
  const calls = new Map<number, Map<string, number>>()
  const rules = new Map<string, Omit<SessionRules, 'begunFrom'> & { changedAt: number }>()
  const reserves = new Map<string, { failures: number; until: number }>()
  let begunFrom = 0
  const keys: StoredSigningKey[] = []

  const byId = (a: string, b: string) => (a < b ? -1 : 1)
  const pageOf = <One extends { userId: string }>(
    all: Iterable<One>,
    { after, limit }: { after: string; limit: number },
  ) =>
    [...all]
      .filter(({ userId }) => userId > after)
      .sort((a, b) => byId(a.userId, b.userId))
      .slice(0, limit)

  function usersOf(userIds: Iterable<string>) {
    return [...new Set(userIds)].flatMap((userId) => {
      const device = devices.get(userId)
      const held = passkeysOf(userId).map((passkey) => ({ ...passkey }))
      return device || held.length > 0
        ? [{ userId, device: device ? { ...device } : null, passkeys: held }]
        : []
    })
  }
  const allUsers = () => usersOf([...devices.keys(), ...[...passkeys.values()].map(({ userId }) => userId)])

  const newestFirst = () => keys.map((key) => ({ ...key })).sort((a, b) => b.generation - a.generation)

  function consumeToken(jti: string, expiresAt: number): boolean {
    if (spentTokens.has(jti)) return false
    spentTokens.set(jti, expiresAt)
    return true
  }

  /** Checks before anything changes, so that `consumeProof` cannot fail. */
  function canConsumeProof(proof: Proof, userId: string, now: number): boolean {
    if (proof === null) return true
    if ('jti' in proof) return !spentTokens.has(proof.jti)
    const token = mfaTokens.get(proof.mfaTokenHash)
    return token?.userId === userId && token.expiresAt > now
  }
  function consumeProof(proof: Proof): void {
    if (proof && 'jti' in proof) consumeToken(proof.jti, proof.expiresAt)
    if (proof && 'mfaTokenHash' in proof) mfaTokens.delete(proof.mfaTokenHash)
  }

  const passkeysOf = (userId: string) =>
    [...passkeys.values()]
      .filter((passkey) => passkey.userId === userId)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))

  const ownersOf = (credentialIds: readonly string[]) =>
    [...passkeys.values()]
      .filter(({ credentialId }) => credentialIds.includes(credentialId))
      .map(({ credentialId, userId }) => ({ credentialId, userId }))

  const rulesOf = (userId: string): SessionRules => ({ ...(rules.get(userId) ?? FIRST_RULES), begunFrom })
  function changeRules(userId: string, now: number, change: (generation: number) => Partial<SessionRules>) {
    const before = rulesOf(userId)
    const generation = generationAfter(before.generation, now)
    rules.set(userId, { ...before, spared: null, ...change(generation), generation, changedAt: now })
  }
  const afterRemoval = (spared: string | null, endsOthers: boolean) => (generation: number) => ({
    registersFrom: generation,
    spared,
    ...(endsOthers && { liveFrom: generation }),
  })
  const endingAll = (generation: number) => ({ liveFrom: generation, registersFrom: generation })

  function forgetMfaTokens(userId: string): void {
    for (const [hash, token] of mfaTokens) if (token.userId === userId) mfaTokens.delete(hash)
  }
  function forgetDevice(userId: string, deviceId: string): void {
    forgetMfaTokens(userId)
    recovery.delete(deviceId)
    devices.delete(userId)
  }

  function barred(throttle: Throttle, policy: ThrottlePolicy, now: number, isVerified: boolean) {
    const retryAt = waitsUntil(throttle, policy, now)
    if (retryAt !== null) return { outcome: 'throttled', retryAt } as const
    return isVerified && throttle.failures >= policy.ceiling ? ({ outcome: 'locked' } as const) : null
  }
  /** The recent failures of a session in which the device was verified. */
  function reserveOf(
    kind: 'code' | 'recovery',
    session: { sessionId: string } | undefined,
    { reserve }: ThrottlePolicy,
    now: number,
  ) {
    const name = session && `${kind} ${session.sessionId}`
    const known = name === undefined ? undefined : reserves.get(name)
    // A time further ahead was written by a clock that ran fast.
    const counts = known && known.until > now && known.until <= now + reserve.milliseconds
    const failures = counts ? known.failures : 0
    return {
      isLeft: name !== undefined && failures < reserve.failures,
      /** Counts a failure, and returns until when to wait. Once the reserve is used up, others' waits apply again. */
      fail(retryAt: number): number {
        if (name === undefined) return retryAt
        reserves.set(name, { failures: failures + 1, until: now + reserve.milliseconds })
        return failures + 1 < reserve.failures ? 0 : retryAt
      },
      refill: () => name !== undefined && reserves.delete(name),
    }
  }
  const retryAtOf = (bar: Refusal) => ('retryAt' in bar ? bar.retryAt : 0)
  function failed({ failures }: Throttle, policy: ThrottlePolicy, now: number): Throttle {
    const wait = waitAfter(failures + 1, policy)
    return { failures: failures + 1, retryAt: wait > 0 ? now + wait : 0 }
  }
  const NO_FAILURE: Throttle = { failures: 0, retryAt: 0 }

  return {
    prepare: async () => {},
    pendingSteps: async () => [],
    ping: async () => {},
    find: async (userId) => devices.get(userId) ?? null,
    standing: async (userId, sessionId) => ({
      device: devices.get(userId) ?? null,
      passkeyIds: passkeysOf(userId).map(({ id }) => id),
      rules: rulesOf(userId),
      isEnded: sessionId !== null && spentTokens.has(sessionId),
      hasFailed: reserves.has(`code ${sessionId}`),
    }),
    async addPendingDevice(device, proof, now, session) {
      if (!mayRegister(session, rulesOf(device.userId))) return 'session_too_old'
      const old = devices.get(device.userId)
      if (old?.verifiedAt) return 'device_limit'
      if (
        proof === 'first' ? passkeysOf(device.userId).length > 0 : !canConsumeProof(proof, device.userId, now)
      )
        return 'proof_refused'
      if (proof !== 'first') consumeProof(proof)
      devices.set(device.userId, {
        throttle: NO_FAILURE,
        recoveryThrottle: NO_FAILURE,
        ...old,
        ...device,
        verifiedAt: null,
        lastStep: -1,
        recoveryAcknowledged: false,
      })
      return 'added'
    },
    async attempt(attempt) {
      const { userId, deviceId, now, throttle, step, recoveryHashes, mfaToken } = attempt
      const device = devices.get(userId)
      if (device?.id !== deviceId) return { outcome: 'gone' }
      const enrolled = device.verifiedAt === null
      const bar = barred(device.throttle, throttle, now, !enrolled)
      const reserve = reserveOf('code', attempt.reserve, throttle, now)
      if (bar && !reserve.isLeft) return bar
      if (step === null) {
        const next = bar ? device.throttle : failed(device.throttle, throttle, now)
        devices.set(userId, { ...device, throttle: next })
        return { outcome: 'wrong', retryAt: reserve.fail(bar ? retryAtOf(bar) : next.retryAt) }
      }
      if (step <= device.lastStep) return { outcome: 'reused' }
      if (enrolled && !mayRegister(attempt.session, rulesOf(userId))) return { outcome: 'gone' }
      reserve.refill()
      devices.set(userId, {
        ...device,
        lastStep: step,
        verifiedAt: device.verifiedAt ?? now,
        throttle: NO_FAILURE,
      })
      if (enrolled) recovery.set(deviceId, new Set(recoveryHashes))
      if (mfaToken) mfaTokens.set(mfaToken.hash, mfaToken)
      return { outcome: 'accepted', enrolled }
    },
    async attemptRecovery(attempt) {
      const { userId, deviceId, now, throttle, hashes, mfaToken } = attempt
      const device = devices.get(userId)
      if (device?.id !== deviceId || device.verifiedAt === null) return { outcome: 'gone' }
      const bar = barred(device.recoveryThrottle, throttle, now, true)
      const reserve = reserveOf('recovery', attempt.reserve, throttle, now)
      if (bar && !reserve.isLeft) return bar
      const codes = recovery.get(deviceId)
      const spent = hashes.find((hash) => codes?.delete(hash))
      if (!codes || spent === undefined) {
        const next = bar ? device.recoveryThrottle : failed(device.recoveryThrottle, throttle, now)
        devices.set(userId, { ...device, recoveryThrottle: next })
        return { outcome: 'wrong', retryAt: reserve.fail(bar ? retryAtOf(bar) : next.retryAt) }
      }
      reserve.refill()
      devices.set(userId, { ...device, throttle: NO_FAILURE, recoveryThrottle: NO_FAILURE })
      if (mfaToken) mfaTokens.set(mfaToken.hash, mfaToken)
      return { outcome: 'accepted', left: codes.size }
    },
    recoveryCodesLeft: async (deviceId) => recovery.get(deviceId)?.size ?? 0,
    async replaceRecoveryCodes({ userId, deviceId, now, proof }, hashes) {
      const device = devices.get(userId)
      if (device?.id !== deviceId || device.verifiedAt === null) return 'no_device'
      if (!canConsumeProof(proof, userId, now)) return 'proof_refused'
      consumeProof(proof)
      recovery.set(deviceId, new Set(hashes))
      devices.set(userId, { ...device, recoveryAcknowledged: false })
      return 'replaced'
    },
    async acknowledgeRecoveryCodes(userId) {
      const device = devices.get(userId)
      if (device?.verifiedAt) devices.set(userId, { ...device, recoveryAcknowledged: true })
    },
    async removeDevice({ userId, deviceId, now, proof, sessionId, endsOthers }) {
      if (!canConsumeProof(proof, userId, now)) return 'proof_refused'
      if (devices.get(userId)?.id !== deviceId) return 'no_device'
      consumeProof(proof)
      forgetDevice(userId, deviceId)
      changeRules(userId, now, afterRemoval(sessionId, endsOthers))
      return 'removed'
    },
    passkeysOf: async (userId) => passkeysOf(userId).map((passkey) => ({ ...passkey })),
    async addPasskey({ passkey, proof, limit, session, now, mfaToken }) {
      const { userId, credentialId } = passkey
      const held = passkeysOf(userId)
      if (!mayRegister(session, rulesOf(userId))) return 'session_too_old'
      if ([...passkeys.values()].some((one) => one.credentialId === credentialId)) return 'exists'
      if (held.length >= limit) return 'limit'
      const isFirst = held.length === 0 && !devices.get(userId)?.verifiedAt
      if (proof === 'first' ? !isFirst : !canConsumeProof(proof, userId, now)) return 'proof_refused'
      if (proof !== 'first') consumeProof(proof)
      if (isFirst) devices.delete(userId)
      passkeys.set(passkey.id, { ...passkey })
      if (mfaToken) mfaTokens.set(mfaToken.hash, mfaToken)
      return 'added'
    },
    async acceptAssertion({ userId, id, signCount, backedUp, now, mfaToken }) {
      const passkey = passkeys.get(id)
      if (passkey?.userId !== userId) return 'gone'
      if (signCount <= passkey.signCount && (signCount > 0 || passkey.signCount > 0)) return 'cloned'
      passkeys.set(id, { ...passkey, signCount, backedUp, lastUsedAt: now })
      if (mfaToken) mfaTokens.set(mfaToken.hash, mfaToken)
      return 'accepted'
    },
    async renamePasskey({ userId, id, alias }) {
      const passkey = passkeys.get(id)
      if (passkey?.userId !== userId) return false
      passkeys.set(id, { ...passkey, alias })
      return true
    },
    async removePasskey({ userId, passkeyId, now, proof, sessionId, endsOthers }) {
      if (!canConsumeProof(proof, userId, now)) return 'proof_refused'
      if (passkeys.get(passkeyId)?.userId !== userId) return 'no_passkey'
      consumeProof(proof)
      passkeys.delete(passkeyId)
      forgetMfaTokens(userId)
      changeRules(userId, now, afterRemoval(sessionId, endsOthers))
      return 'removed'
    },
    async resetUser({ userId, now }) {
      const device = devices.get(userId)
      const held = passkeysOf(userId)
      if (device) forgetDevice(userId, device.id)
      for (const { id } of held) passkeys.delete(id)
      forgetMfaTokens(userId)
      changeRules(userId, now, endingAll)
      return device !== undefined || held.length > 0
    },
    async endSessions({ userId, now }) {
      changeRules(userId, now, endingAll)
      forgetMfaTokens(userId)
    },
    async moveFactors({ from, to, device, now }) {
      const known = devices.get(from)
      const held = passkeysOf(from)
      if (devices.has(to) || passkeysOf(to).length > 0) return 'device_limit'
      if (known?.id !== device?.id || known?.sealedSecret !== device?.sealedSecret) return 'changed'
      if (!known && held.length === 0) return 'nothing'
      devices.delete(from)
      if (known && device) devices.set(to, { ...known, userId: to, sealedSecret: device.resealed })
      for (const passkey of held) passkeys.set(passkey.id, { ...passkey, userId: to })
      for (const userId of [from, to]) {
        forgetMfaTokens(userId)
        changeRules(userId, now, endingAll)
      }
      return 'moved'
    },
    async unlock(userId) {
      const device = devices.get(userId)
      if (device) devices.set(userId, { ...device, throttle: NO_FAILURE, recoveryThrottle: NO_FAILURE })
      return device !== undefined
    },
    users: async (page) => pageOf(allUsers(), page),
    usersOf: async (userIds) => usersOf(userIds),
    usersToExport: async (page) =>
      pageOf(allUsers(), page).map(({ device, ...user }) => ({
        ...user,
        device: device && { ...device, recoveryHashes: [...(recovery.get(device.id) ?? [])] },
      })),
    async importUsers(users) {
      const added: string[] = []
      for (const { userId, device, passkeys: brought } of users) {
        const [known, held] = [devices.get(userId), passkeysOf(userId)]
        const isDone =
          known?.id === device?.id && brought.every(({ id }) => held.some((one) => one.id === id))
        const isPending = device?.verifiedAt === null && brought.length === 0
        const isBarred = held.length > 0 || (known && (known.verifiedAt !== null || isPending))
        const isTaken = ownersOf(brought.map(({ credentialId }) => credentialId)).length > 0
        if (isDone) added.push(userId)
        if (isDone || isBarred || isTaken) continue
        if (known) forgetDevice(userId, known.id)
        if (device) {
          const { recoveryHashes, ...stored } = device
          devices.set(userId, { ...stored, throttle: NO_FAILURE, recoveryThrottle: NO_FAILURE })
          recovery.set(device.id, new Set(recoveryHashes))
        }
        for (const passkey of brought) passkeys.set(passkey.id, { ...passkey })
        added.push(userId)
      }
      return added
    },
    ownersOf: async (credentialIds) => ownersOf(credentialIds),
    async countPasskeys() {
      const alone = allUsers().filter(({ device }) => device === null)
      return { passkeys: passkeys.size, alone: alone.length }
    },
    async times() {
      const times = [...devices.values()].flatMap(({ createdAt, verifiedAt }) => [createdAt, verifiedAt ?? 0])
      return {
        clock: null,
        newest: Math.max(0, ...times, ...[...rules.values()].map((rule) => rule.changedAt)),
      }
    },
    async endSessionsBefore(moment) {
      begunFrom = Math.max(begunFrom, moment)
      mfaTokens.clear()
    },
    consumeToken: async ({ jti, expiresAt }) => consumeToken(jti, expiresAt),
    isConsumed: async (jti) => spentTokens.has(jti),
    async countCalls({ windowEnd, calls: more }) {
      const counts = calls.get(windowEnd) ?? new Map<string, number>()
      calls.set(windowEnd, counts)
      return more.map(({ address, calls: added }) => {
        const total = (counts.get(address) ?? 0) + added
        counts.set(address, total)
        return { address, calls: total }
      })
    },
    async addSigningKey(key) {
      const isTaken = keys.some(({ generation, kid }) => generation === key.generation || kid === key.kid)
      if (!isTaken) keys.push({ ...key })
      return newestFirst()
    },
    signingKeys: async () => newestFirst(),
    async dropSigningKey(kid) {
      const at = keys.findIndex((key) => key.kid === kid)
      if (at >= 0) keys.splice(at, 1)
    },
    async sealedDevices({ notBy, after, limit }) {
      const isOther = ({ sealedSecret }: StoredDevice) => !sealedSecret.startsWith(`${notBy}.`)
      return pageOf([...devices.values()].filter(isOther), { after, limit }).map(
        ({ userId, id, sealedSecret }): SealedValue => ({
          kind: 'device',
          userId,
          id,
          sealed: sealedSecret,
        }),
      )
    },
    countSealedDevices: async (notBy) =>
      [...devices.values()].filter(({ sealedSecret }) => !sealedSecret.startsWith(`${notBy}.`)).length,
    async reseal({ kind, userId, id, sealed }, to) {
      if (kind === 'device') {
        const device = devices.get(userId)
        if (device?.id !== id || device.sealedSecret !== sealed) return false
        devices.set(userId, { ...device, sealedSecret: to })
        return true
      }
      const key = keys.find(({ kid, sealedPrivateJwk }) => kid === id && sealedPrivateJwk === sealed)
      if (key) key.sealedPrivateJwk = to
      return key !== undefined
    },
    async sweep(now) {
      for (const [jti, until] of spentTokens) if (until + SPENT_TOKEN_KEPT_MS <= now) spentTokens.delete(jti)
      for (const [hash, { expiresAt }] of mfaTokens) if (expiresAt <= now) mfaTokens.delete(hash)
      for (const windowEnd of calls.keys()) if (windowEnd <= now) calls.delete(windowEnd)
      for (const [userId, { changedAt }] of rules)
        if (changedAt + SESSION_RULES_KEPT_MS <= now) rules.delete(userId)
      for (const [name, { until }] of reserves) if (until <= now) reserves.delete(name)
    },
    close: async () => {},
  }
}
