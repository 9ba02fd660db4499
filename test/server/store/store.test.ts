/** What each verb of a store promises, where a server in front of it would hide a store that broke the promise. */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type {
  CodeAttempt,
  ImportedDevice,
  NewPasskey,
  PasskeyAssertion,
  Proof,
  RecoveryAttempt,
  Store,
  StoredPasskey,
  StoredSigningKey,
  ThrottlePolicy,
} from '../../../src/server/store/store.ts'
import {
  dialectOfPostgres,
  dialectOfSqlite,
  endWorker,
  storeInDurableObject,
} from '../../support/other-stores.ts'
import { createWorld, stores, type World } from '../../support/world.ts'

const all: typeof stores = [
  ...stores,
  ['Kysely’s dialect of SQLite', dialectOfSqlite],
  ['Kysely’s dialect of PostgreSQL', dialectOfPostgres],
  ['a Durable Object', storeInDurableObject],
]
afterAll(endWorker)

const NOW = Date.UTC(2026, 0, 1)
const DAY = 24 * 3_600_000
const SHORT = 1000
const LONG = 60_000
const throttle: ThrottlePolicy = {
  waits: [0, SHORT, LONG],
  ceiling: 5,
  reserve: { failures: 2, milliseconds: DAY },
}

const passkey = (id = 'key', given: Partial<StoredPasskey> = {}): StoredPasskey => ({
  id,
  userId: 'ann',
  credentialId: `credential of ${id}`,
  publicKey: 'cose',
  signCount: 0,
  transports: ['internal', 'hybrid'],
  backupEligible: true,
  backedUp: false,
  aaguid: '00000000-0000-0000-0000-000000000000',
  alias: 'Phone',
  createdAt: NOW,
  lastUsedAt: null,
  ...given,
})

describe.each(all)('on %s', (_, makeStore) => {
  let world: World
  let store: Store
  beforeEach(async () => {
    world = createWorld((path) => {
      store = makeStore(path)
      return store
    })
    await world.server.ready()
  })
  afterEach(() => world.close())

  const register = (userId: string, id = `${userId}-1`, proof: Proof = null) =>
    store.addPendingDevice({ id, userId, sealedSecret: `key.${id}`, createdAt: NOW }, proof, NOW)
  const code = (step: number | null, given: Partial<CodeAttempt> = {}) =>
    store.attempt({
      userId: 'ann',
      deviceId: 'ann-1',
      now: NOW,
      throttle,
      step,
      isPending: false,
      recoveryHashes: [],
      ...given,
    })
  const recover = (hash: string, given: Partial<RecoveryAttempt> = {}) =>
    store.attemptRecovery({
      userId: 'ann',
      deviceId: 'ann-1',
      now: NOW,
      throttle,
      hashes: [hash],
      ...given,
    })
  async function enroll(userId = 'ann', deviceId = `${userId}-1`) {
    await register(userId, deviceId)
    const recoveryHashes = ['one', 'two', 'three'].map((hash) => `${deviceId} ${hash}`)
    expect(await code(1, { userId, deviceId, isPending: true, recoveryHashes })).toEqual({
      outcome: 'accepted',
      enrolled: true,
    })
  }
  const act = (proof: Proof = null, now = NOW) => ({ userId: 'ann', deviceId: 'ann-1', now, proof })
  const removal = (proof: Proof = null, sessionId: string | null = null) => ({
    ...act(proof),
    sessionId,
    endsOthers: true,
  })
  const winToken = (hash: string, expiresAt: number, step: number, userId = 'ann') =>
    code(step, { userId, deviceId: `${userId}-1`, mfaToken: { hash, userId, expiresAt } })
  const rules = async (userId = 'ann') => (await store.standing(userId, null)).rules
  const failures = async (userId = 'ann') => (await store.find(userId))?.throttle.failures
  /** So many wrong codes, each when it is looked at. */
  async function fail(count: number, given: Partial<CodeAttempt> = {}) {
    let now = NOW
    for (let index = 0; index < count; index++) {
      expect(await code(null, { ...given, now })).toMatchObject({ outcome: 'wrong' })
      now += LONG
    }
    return now
  }

  it('a sweep deletes a consumed token a day after it expired and no sooner', async () => {
    await store.consumeToken({ jti: 'spent', expiresAt: NOW })
    await store.sweep(NOW + DAY - 1)
    expect(await store.isConsumed('spent')).toBe(true)
    expect(await store.consumeToken({ jti: 'spent', expiresAt: NOW })).toBe(false)
    await store.sweep(NOW + DAY)
    expect(await store.isConsumed('spent')).toBe(false)
  })

  it('a sweep deletes an MFA token when it expires and no sooner', async () => {
    await enroll()
    await winToken('early', NOW + 999, 2)
    await winToken('late', NOW + 1000, 3)
    await store.sweep(NOW + 999)
    expect(await store.replaceRecoveryCodes(act({ mfaTokenHash: 'early' }), [])).toBe('proof_refused')
    expect(await store.replaceRecoveryCodes(act({ mfaTokenHash: 'late' }), [])).toBe('replaced')
  })

  it('a sweep keeps the end of a user’s sessions for as long as a session may live', async () => {
    await store.endSessions({ userId: 'ann', now: NOW })
    await store.sweep(NOW + 31 * DAY - 1)
    expect(await rules()).toMatchObject({ liveFrom: NOW, registersFrom: NOW, generation: NOW })
    await store.sweep(NOW + 31 * DAY)
    expect(await rules()).toMatchObject({ liveFrom: 0, registersFrom: 0, generation: 0 })
  })

  it('a sweep keeps the end of a user’s sessions by when the last ones were ended, not the first', async () => {
    await store.endSessions({ userId: 'ann', now: NOW })
    await store.endSessions({ userId: 'ann', now: NOW + 20 * DAY })
    await store.sweep(NOW + 40 * DAY)
    expect((await rules()).liveFrom).toBe(NOW + 20 * DAY)
  })

  it('a sweep keeps the end of all users’ sessions for as long as a session may live', async () => {
    await store.endSessionsBefore(NOW)
    await store.sweep(NOW + 31 * DAY - 1)
    expect((await rules()).begunFrom).toBe(NOW)
  })

  it('a sweep deletes the wrong codes of a session once they no longer count, and no sooner', async () => {
    await enroll()
    await code(null, { reserve: { sessionId: 's1', hasFailed: false } })
    await store.sweep(NOW + DAY - 1)
    expect((await store.standing('ann', 's1')).hasFailed).toBe(true)
    await store.sweep(NOW + DAY)
    expect((await store.standing('ann', 's1')).hasFailed).toBe(false)
  })

  it('the end of all sessions before a moment is not undone by an earlier moment', async () => {
    await store.endSessionsBefore(NOW)
    await store.endSessionsBefore(NOW - DAY)
    expect((await rules()).begunFrom).toBe(NOW)
    await store.endSessionsBefore(NOW + 1)
    expect((await rules()).begunFrom).toBe(NOW + 1)
  })

  it('ending sessions makes a later generation each time, even within one millisecond or on a clock that was set back', async () => {
    const seen = []
    for (const now of [NOW, NOW, NOW - DAY]) {
      await store.endSessions({ userId: 'ann', now })
      seen.push((await rules()).liveFrom)
    }
    expect(seen).toEqual([NOW, NOW + 1, NOW + 2])
  })

  it.each(['endSessions', 'resetUser'] as const)(
    '%s does not spare the session that removed a device before',
    async (verb) => {
      await enroll()
      expect(await store.removeDevice(removal(null, 's1'))).toBe('removed')
      expect((await rules()).spared).toBe('s1')
      await store[verb]({ userId: 'ann', now: NOW })
      expect((await rules()).spared).toBeNull()
    },
  )

  it('a session that removed one device is not spared once another session has removed the next', async () => {
    await enroll()
    await store.removeDevice(removal(null, 's1'))
    await enroll()
    await store.removeDevice(removal(null, 's2'))
    expect((await rules()).spared).toBe('s2')
  })

  describe('an attempt on a replaced device', () => {
    beforeEach(async () => {
      await enroll()
      await store.resetUser({ userId: 'ann', now: NOW })
      await enroll('ann', 'ann-2')
    })
    it('a code for a replaced device is refused, and counts nothing on the new one', async () => {
      expect(await code(null)).toEqual({ outcome: 'gone' })
      expect(await code(9)).toEqual({ outcome: 'gone' })
      expect(await failures()).toBe(0)
      expect(await code(2, { deviceId: 'ann-2' })).toMatchObject({ outcome: 'accepted' })
    })
    it('a code for a replaced device is refused on a session’s reserve too', async () => {
      const now = await fail(5, { deviceId: 'ann-2' })
      const reserve = { sessionId: 's1', hasFailed: false }
      expect(await code(9, { now, reserve })).toEqual({ outcome: 'gone' })
      expect(await failures()).toBe(5)
    })
    it('a recovery code for a replaced device is not consumed', async () => {
      expect(await recover('ann-2 one')).toEqual({ outcome: 'gone' })
      expect(await recover('ann-2 one', { deviceId: 'ann-2' })).toEqual({
        outcome: 'accepted',
        left: 2,
      })
    })
    it('the recovery codes of a replaced device are deleted with it', async () => {
      expect(await store.recoveryCodesLeft('ann-1')).toBe(0)
      expect(await recover('ann-1 one', { deviceId: 'ann-2' })).toMatchObject({ outcome: 'wrong' })
    })
  })

  it('a wait ends to the millisecond, for right and wrong codes', async () => {
    await enroll()
    await fail(1)
    expect(await code(null)).toEqual({ outcome: 'wrong', retryAt: NOW + SHORT })
    expect(await code(2, { now: NOW + SHORT - 1 })).toEqual({ outcome: 'throttled', retryAt: NOW + SHORT })
    expect(await code(null, { now: NOW + SHORT })).toMatchObject({ outcome: 'wrong' })
    const retryAt = NOW + SHORT + LONG
    expect(await code(2, { now: retryAt - 1 })).toEqual({ outcome: 'throttled', retryAt })
    expect(await code(2, { now: retryAt })).toMatchObject({ outcome: 'accepted' })
  })

  it('a wait is not lifted by registering again', async () => {
    await register('ann')
    await fail(1)
    expect(await code(null)).toEqual({ outcome: 'wrong', retryAt: NOW + SHORT })
    await register('ann', 'ann-2')
    const first = { deviceId: 'ann-2', isPending: true, recoveryHashes: ['one'] }
    expect(await code(1, first)).toEqual({ outcome: 'throttled', retryAt: NOW + SHORT })
    expect(await code(1, { ...first, now: NOW + SHORT })).toMatchObject({ outcome: 'accepted' })
  })

  it('a wait holds if it is as far ahead as the longest one, and is over if it is further ahead', async () => {
    await enroll()
    await fail(2)
    await code(null, { now: NOW + DAY })
    const retryAt = NOW + DAY + LONG
    expect(await code(2, { now: NOW + DAY })).toEqual({ outcome: 'throttled', retryAt })
    expect(await code(2, { now: NOW + DAY - 1 })).toMatchObject({ outcome: 'accepted' })
  })

  it('a wait after wrong recovery codes ends to the millisecond', async () => {
    await enroll()
    await recover('no')
    expect(await recover('no')).toEqual({ outcome: 'wrong', retryAt: NOW + SHORT })
    expect(await recover('ann-1 one', { now: NOW + SHORT - 1 })).toMatchObject({ outcome: 'throttled' })
    expect(await recover('ann-1 one', { now: NOW + SHORT })).toEqual({
      outcome: 'accepted',
      left: 2,
    })
  })

  it('the ceiling locks a verified device to right and wrong codes, and counts no further', async () => {
    await enroll()
    const now = (await fail(5)) + LONG
    expect(await code(2, { now })).toEqual({ outcome: 'locked' })
    expect(await code(null, { now })).toEqual({ outcome: 'locked' })
    expect(await failures()).toBe(5)
    expect(await recover('ann-1 one', { now })).toEqual({ outcome: 'accepted', left: 2 })
    expect(await code(2, { now })).toMatchObject({ outcome: 'accepted' })
  })

  it('the ceiling does not lock a pending device, which guards nothing yet', async () => {
    await register('ann')
    const now = (await fail(7)) + LONG
    expect(await code(1, { now, isPending: true, recoveryHashes: ['h'] })).toEqual({
      outcome: 'accepted',
      enrolled: true,
    })
    expect(await failures()).toBe(0)
  })

  it('the ceiling of recovery codes refuses right ones too, and leaves app codes alone', async () => {
    await enroll()
    let now = NOW
    for (let index = 0; index < 5; index++, now += LONG) await recover('no', { now })
    expect(await recover('ann-1 one', { now })).toEqual({ outcome: 'locked' })
    expect(await store.recoveryCodesLeft('ann-1')).toBe(3)
    expect(await code(2, { now })).toMatchObject({ outcome: 'accepted' })
  })

  describe('a session’s reserve', () => {
    const reserve = { sessionId: 's1', hasFailed: true }

    it('wrong codes use up a session’s reserve even while the device is not blocked', async () => {
      await enroll()
      await code(null, { reserve })
      await code(null, { reserve })
      await code(null, { now: NOW + SHORT })
      expect(await code(2, { now: NOW + SHORT, reserve })).toMatchObject({ outcome: 'throttled' })
    })

    it('a session’s reserve is full again a day after its last wrong code, not a day after the first', async () => {
      await enroll()
      const barredAt = (await fail(5)) - LONG
      expect(await code(null, { now: barredAt, reserve })).toEqual({ outcome: 'wrong', retryAt: 0 })
      const last = barredAt + DAY - 1
      expect(await code(null, { now: last, reserve })).toMatchObject({ outcome: 'wrong' })
      expect(await code(2, { now: barredAt + DAY, reserve })).toEqual({ outcome: 'locked' })
      expect(await code(2, { now: last + DAY - 1, reserve })).toEqual({ outcome: 'locked' })
      expect(await code(null, { now: last + DAY, reserve })).toEqual({ outcome: 'wrong', retryAt: 0 })
      expect(await code(2, { now: last + DAY, reserve })).toMatchObject({ outcome: 'accepted' })
    })

    it('a right code on the reserve refills it, opens the device for all others and makes an MFA token', async () => {
      await enroll()
      const now = await fail(5)
      await code(null, { now, reserve })
      const mfaToken = { hash: 'token', userId: 'ann', expiresAt: now + 1 }
      expect(await code(2, { now, reserve, mfaToken })).toMatchObject({ outcome: 'accepted' })
      expect((await store.find('ann'))?.throttle).toEqual({ failures: 0, retryAt: 0 })
      expect((await store.standing('ann', 's1')).hasFailed).toBe(false)
      expect(await code(3, { now })).toMatchObject({ outcome: 'accepted' })
      expect(await store.removeDevice(removal({ mfaTokenHash: 'token' }))).toBe('removed')
    })

    it('a right code refills a session’s reserve even while the device is not blocked', async () => {
      await enroll()
      await code(null, { reserve })
      await code(2, { reserve })
      expect((await store.standing('ann', 's1')).hasFailed).toBe(false)
    })

    it('a session’s reserves for app codes and for recovery codes are used and refilled separately', async () => {
      await enroll()
      await recover('no', { reserve })
      expect((await store.standing('ann', 's1')).hasFailed).toBe(false)
      await code(2, { reserve })
      await recover('no', { reserve })
      await recover('no', { now: NOW + SHORT })
      expect(await recover('ann-1 one', { now: NOW + SHORT, reserve })).toMatchObject({
        outcome: 'throttled',
      })
      await code(null, { reserve })
      await recover('ann-1 one', { now: NOW + SHORT + LONG, reserve })
      expect((await store.standing('ann', 's1')).hasFailed).toBe(true)
    })

    it('a right recovery code refills a session’s reserve for recovery codes', async () => {
      await enroll()
      await recover('no', { reserve })
      await recover('ann-1 one', { reserve })
      await recover('no', { reserve })
      await recover('no')
      expect(await recover('ann-1 two', { reserve })).toMatchObject({ outcome: 'accepted' })
    })
  })

  it('an MFA token proves nothing once it has expired, to the millisecond', async () => {
    await enroll()
    await winToken('token', NOW + 1000, 2)
    const by = (now: number) => store.replaceRecoveryCodes(act({ mfaTokenHash: 'token' }, now), [])
    expect(await by(NOW + 1000)).toBe('proof_refused')
    expect(await by(NOW + 999)).toBe('replaced')
    expect(await by(NOW)).toBe('proof_refused')
  })

  it('an MFA token of another user is refused, and stays valid for that user', async () => {
    await enroll()
    await enroll('bob')
    await winToken('token', NOW + 1000, 2, 'bob')
    expect(await store.removeDevice(removal({ mfaTokenHash: 'token' }))).toBe('proof_refused')
    const ofBob = { ...act({ mfaTokenHash: 'token' }), userId: 'bob', deviceId: 'bob-1' }
    expect(await store.replaceRecoveryCodes(ofBob, [])).toBe('replaced')
  })

  it.each(['reset', 'removal'])('an MFA token from before a %s is refused', async (how) => {
    await enroll()
    await enroll('bob')
    await winToken('token', NOW + 1000, 2)
    await winToken('of bob', NOW + 1000, 2, 'bob')
    if (how === 'reset') await store.resetUser({ userId: 'ann', now: NOW })
    else await store.removeDevice(removal())
    await enroll()
    expect(await store.removeDevice(removal({ mfaTokenHash: 'token' }))).toBe('proof_refused')
    const ofBob = { ...act({ mfaTokenHash: 'of bob' }), userId: 'bob', deviceId: 'bob-1' }
    expect(await store.replaceRecoveryCodes(ofBob, [])).toBe('replaced')
  })

  it('a refused proof leaves device, recovery codes, sessions and acknowledgment unchanged', async () => {
    await enroll()
    await store.acknowledgeRecoveryCodes('ann')
    await store.consumeToken({ jti: 'spent', expiresAt: NOW + DAY })
    const before = [await store.standing('ann', 's1'), await store.recoveryCodesLeft('ann-1')]
    const spent = { jti: 'spent', expiresAt: NOW + DAY }
    expect(await store.removeDevice(removal(spent, 's1'))).toBe('proof_refused')
    expect(await store.replaceRecoveryCodes(act(spent), ['new'])).toBe('proof_refused')
    expect([await store.standing('ann', 's1'), await store.recoveryCodesLeft('ann-1')]).toEqual(before)
  })

  it('a proof for a replaced device is not consumed, and changes neither the new device nor a session', async () => {
    await enroll('ann', 'ann-2')
    const proof = { jti: 'good', expiresAt: NOW + DAY }
    const before = [await store.standing('ann', 's1'), await store.recoveryCodesLeft('ann-2')]
    expect(await store.removeDevice(removal(proof, 's1'))).toBe('no_device')
    expect(await store.replaceRecoveryCodes(act(proof), ['new'])).toBe('no_device')
    expect([await store.standing('ann', 's1'), await store.recoveryCodesLeft('ann-2')]).toEqual(before)
    expect(await store.isConsumed('good')).toBe(false)
  })

  it('a proof for new recovery codes of a pending device is not consumed, and makes none', async () => {
    await register('ann')
    const proof = { jti: 'good', expiresAt: NOW + DAY }
    expect(await store.replaceRecoveryCodes(act(proof), ['new'])).toBe('no_device')
    expect(await store.isConsumed('good')).toBe(false)
    expect(await store.recoveryCodesLeft('ann-1')).toBe(0)
  })

  it('a proof for registering is not consumed if a verified device exists', async () => {
    await enroll()
    const proof = { jti: 'good', expiresAt: NOW + DAY }
    expect(await register('ann', 'ann-2', proof)).toBe('device_limit')
    expect(await store.isConsumed('good')).toBe(false)
    expect((await store.find('ann'))?.id).toBe('ann-1')
  })

  it('a consumed proof registers nothing, and the pending device stays', async () => {
    await register('ann')
    await store.consumeToken({ jti: 'spent', expiresAt: NOW + DAY })
    expect(await register('ann', 'ann-2', { jti: 'spent', expiresAt: NOW + DAY })).toBe('proof_refused')
    expect((await store.find('ann'))?.id).toBe('ann-1')
  })

  it('new recovery codes invalidate the old ones, are unacknowledged, and work once each', async () => {
    await enroll()
    await store.acknowledgeRecoveryCodes('ann')
    expect((await store.find('ann'))?.recoveryAcknowledged).toBe(true)
    expect(await store.replaceRecoveryCodes(act(), ['new', 'newer'])).toBe('replaced')
    expect((await store.find('ann'))?.recoveryAcknowledged).toBe(false)
    expect(await recover('ann-1 one')).toMatchObject({ outcome: 'wrong' })
    expect(await recover('new')).toEqual({ outcome: 'accepted', left: 1 })
    expect(await recover('new')).toMatchObject({ outcome: 'wrong' })
  })

  it('recovery codes cannot be acknowledged while the device is pending', async () => {
    await register('ann')
    await store.acknowledgeRecoveryCodes('ann')
    await code(1, { isPending: true, recoveryHashes: ['h'] })
    expect((await store.find('ann'))?.recoveryAcknowledged).toBe(false)
  })

  it('recovery codes survive later app codes', async () => {
    await enroll()
    await code(2)
    await code(3, { recoveryHashes: [] })
    expect(await store.recoveryCodesLeft('ann-1')).toBe(3)
  })

  it('recovery codes of one user open no other user’s device', async () => {
    await enroll()
    await enroll('bob')
    expect(await recover('bob-1 one')).toMatchObject({ outcome: 'wrong' })
    expect(await store.recoveryCodesLeft('bob-1')).toBe(3)
  })

  it('a recovery code ends the waits after wrong codes of both kinds', async () => {
    await enroll()
    const now = await fail(4)
    await recover('no', { now })
    await recover('ann-1 one', { now })
    const none = { failures: 0, retryAt: 0 }
    expect(await store.find('ann')).toMatchObject({ throttle: none, recoveryThrottle: none })
  })

  it('a recovery code makes an MFA token if one is requested', async () => {
    await enroll()
    await recover('ann-1 one', { mfaToken: { hash: 'token', userId: 'ann', expiresAt: NOW + 1 } })
    expect(await store.removeDevice(removal({ mfaTokenHash: 'token' }))).toBe('removed')
  })

  const addPasskey = (given: StoredPasskey, more: Partial<NewPasskey> = {}) =>
    store.addPasskey({ passkey: given, now: NOW, proof: null, limit: 3, ...more })
  const removePasskey = (proof: Proof = null, passkeyId = 'key', sessionId: string | null = null) =>
    store.removePasskey({ userId: 'ann', passkeyId, now: NOW, proof, sessionId, endsOthers: true })

  it('passkeys are listed as they were added, the oldest first, each to its user', async () => {
    const second = passkey('second', { createdAt: NOW + 1, lastUsedAt: NOW, backedUp: true, transports: [] })
    expect(await addPasskey(second)).toBe('added')
    expect(await addPasskey(passkey())).toBe('added')
    expect(await addPasskey(passkey('other', { userId: 'bob' }))).toBe('added')
    expect(await store.passkeysOf('ann')).toEqual([passkey(), second])
    expect(await store.passkeysOf('cid')).toEqual([])
  })

  it('a credential is one passkey of one user, and no user has more passkeys than the limit', async () => {
    await addPasskey(passkey())
    const { credentialId } = passkey()
    expect(await addPasskey(passkey('again', { credentialId }))).toBe('exists')
    expect(await addPasskey(passkey('theirs', { credentialId, userId: 'bob' }))).toBe('exists')
    const twenty = Array.from({ length: 20 }, (_each, index) => passkey(`key ${index}`))
    const outcomes = await Promise.all(twenty.map((one) => addPasskey(one)))
    expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(2)
    expect(new Set(outcomes)).toEqual(new Set(['added', 'limit']))
    expect(await store.passkeysOf('ann')).toHaveLength(3)
  })

  it('only one of several passkeys that are added at once without proof becomes the first factor', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_each, index) => addPasskey(passkey(`key ${index}`), { proof: 'first' })),
    )
    expect(outcomes.toSorted()).toEqual(['added', ...Array.from({ length: 9 }, () => 'proof_refused')])
  })

  it.each(['first', null] as const)(
    'a first passkey ends an enrollment that is pending, and none begins without proof after it: %s',
    async (proof) => {
      await register('ann')
      expect(await addPasskey(passkey(), { proof })).toBe('added')
      expect(await store.find('ann')).toBe(null)
      expect(await code(1, { isPending: true })).toEqual({ outcome: 'gone' })
      const device = { id: 'ann-2', userId: 'ann', sealedSecret: 'key.ann-2', createdAt: NOW }
      expect(await store.addPendingDevice(device, 'first', NOW)).toBe('proof_refused')
      expect(await store.find('ann')).toBe(null)
      expect(await store.addPendingDevice(device, null, NOW)).toBe('added')
    },
  )

  it('no passkey is added without proof to a user who has an authenticator app', async () => {
    await enroll()
    expect(await addPasskey(passkey(), { proof: 'first' })).toBe('proof_refused')
    expect((await store.find('ann'))?.verifiedAt).toBe(NOW)
  })

  it('a proof adds one passkey, and is not consumed where none is added', async () => {
    const proof = { jti: 'once', expiresAt: NOW + LONG }
    await addPasskey(passkey())
    expect(await addPasskey(passkey('again', { credentialId: passkey().credentialId }), { proof })).toBe(
      'exists',
    )
    expect(await addPasskey(passkey('two'), { proof, limit: 1 })).toBe('limit')
    expect(await addPasskey(passkey('two'), { proof })).toBe('added')
    expect(await addPasskey(passkey('three'), { proof })).toBe('proof_refused')
    expect((await store.passkeysOf('ann')).map(({ id }) => id)).toEqual(['key', 'two'])
  })

  it('a second passkey leaves a pending enrollment as it is', async () => {
    await addPasskey(passkey())
    await register('ann')
    expect(await addPasskey(passkey('two'))).toBe('added')
    expect((await store.find('ann'))?.id).toBe('ann-1')
  })

  it('a passkey that is added makes an MFA token if one is requested', async () => {
    const mfaToken = { hash: 'token', userId: 'ann', expiresAt: NOW + LONG }
    await addPasskey(passkey(), { proof: 'first', mfaToken })
    await addPasskey(passkey('two'), { proof: 'first', mfaToken: { ...mfaToken, hash: 'none' } })
    expect(await removePasskey({ mfaTokenHash: 'none' })).toBe('proof_refused')
    expect(await removePasskey({ mfaTokenHash: 'token' })).toBe('removed')
  })

  it('a use of a passkey keeps its counter, backup state and time, and its counter has to grow if there is one', async () => {
    await addPasskey(passkey())
    const use = (signCount: number, given: Partial<PasskeyAssertion> = {}) =>
      store.acceptAssertion({ userId: 'ann', id: 'key', signCount, backedUp: true, now: NOW + 5, ...given })
    expect(await use(0)).toBe('accepted')
    expect(await use(0)).toBe('accepted')
    expect(await store.passkeysOf('ann')).toEqual([passkey('key', { backedUp: true, lastUsedAt: NOW + 5 })])
    expect(await use(7)).toBe('accepted')
    for (const signCount of [7, 6, 0]) expect(await use(signCount)).toBe('cloned')
    expect(await store.passkeysOf('ann')).toMatchObject([{ signCount: 7 }])
    expect((await Promise.all([use(8), use(8), use(8)])).toSorted()).toEqual(['accepted', 'cloned', 'cloned'])
    expect(await use(9, { userId: 'bob' })).toBe('gone')
    expect(await use(9, { id: 'another' })).toBe('gone')
  })

  it('a use of a passkey makes an MFA token if one is requested, which the removal of a passkey deletes', async () => {
    await enroll()
    await addPasskey(passkey())
    await addPasskey(passkey('two'))
    const mfaToken = (hash: string) => ({ hash, userId: 'ann', expiresAt: NOW + LONG })
    const use = { userId: 'ann', id: 'key', signCount: 0, backedUp: false, now: NOW }
    for (const hash of ['one', 'two', 'three'])
      await store.acceptAssertion({ ...use, mfaToken: mfaToken(hash) })
    expect(await store.replaceRecoveryCodes(act({ mfaTokenHash: 'one' }), [])).toBe('replaced')
    expect(await removePasskey({ mfaTokenHash: 'two' })).toBe('removed')
    expect(await removePasskey({ mfaTokenHash: 'three' }, 'two')).toBe('proof_refused')
  })

  it('a passkey is renamed by its user alone', async () => {
    await addPasskey(passkey())
    expect(await store.renamePasskey({ userId: 'bob', id: 'key', alias: 'Mine' })).toBe(false)
    expect(await store.renamePasskey({ userId: 'ann', id: 'key', alias: 'Old phone' })).toBe(true)
    expect(await store.passkeysOf('ann')).toEqual([passkey('key', { alias: 'Old phone' })])
  })

  it('one proof removes one passkey, and of the earlier sessions only the one that removed it can register anything', async () => {
    await addPasskey(passkey())
    await addPasskey(passkey('two'))
    const proof = { jti: 'once', expiresAt: NOW + LONG }
    expect(
      await store.removePasskey({
        userId: 'bob',
        passkeyId: 'key',
        now: NOW,
        proof,
        sessionId: null,
        endsOthers: true,
      }),
    ).toBe('no_passkey')
    expect(await removePasskey(proof, 'nothing')).toBe('no_passkey')
    expect(await rules()).toMatchObject({ generation: 0 })
    const outcomes = await Promise.all([
      removePasskey(proof, 'key', 'mine'),
      removePasskey(proof, 'two', 'mine'),
    ])
    expect(outcomes.toSorted()).toEqual(['proof_refused', 'removed'])
    expect(await rules()).toMatchObject({ registersFrom: NOW, liveFrom: NOW, spared: 'mine' })
    const old = { id: 'theirs', generation: 0 }
    expect(await addPasskey(passkey('three'), { session: old })).toBe('session_too_old')
    expect(await addPasskey(passkey('three'), { session: { ...old, id: 'mine' } })).toBe('added')
  })

  it('a reset removes passkeys too', async () => {
    await addPasskey(passkey())
    expect(await store.resetUser({ userId: 'ann', now: NOW })).toBe(true)
    expect(await store.passkeysOf('ann')).toEqual([])
    expect(await store.resetUser({ userId: 'ann', now: NOW })).toBe(false)
  })

  it('all of a user’s factors are moved, with or without an app, and to nobody who has a factor', async () => {
    await enroll()
    await addPasskey(passkey())
    await addPasskey(passkey('other', { userId: 'bob' }))
    const { id = '', sealedSecret = '' } = (await store.find('ann')) ?? {}
    const device = { id, sealedSecret, resealed: 'key.moved' }
    const move = (from: string, to: string, moved: typeof device | null) =>
      store.moveFactors({ from, to, device: moved, now: NOW })
    expect(await move('ann', 'zoe', null)).toBe('changed')
    expect(await move('ann', 'bob', device)).toBe('device_limit')
    expect(await move('ann', 'zoe', device)).toBe('moved')
    expect(await store.standing('ann', null)).toMatchObject({ device: null, passkeyIds: [] })
    expect(await store.passkeysOf('zoe')).toEqual([passkey('key', { userId: 'zoe' })])
    expect(await store.find('zoe')).toMatchObject({ id, sealedSecret: 'key.moved' })
    expect(await move('bob', 'zoe', null)).toBe('device_limit')
    expect(await move('bob', 'cid', null)).toBe('moved')
    expect((await store.standing('cid', null)).passkeyIds).toEqual(['other'])
    expect(await move('nobody', 'dot', null)).toBe('nothing')
    expect((await store.standing('dot', null)).rules.liveFrom).toBe(0)
  })

  it('a standing names the passkeys of its user, and its other fields do not depend on their number', async () => {
    await enroll()
    await addPasskey(passkey('other', { userId: 'bob' }))
    const before = await store.standing('ann', 's1')
    expect(before.passkeyIds).toEqual([])
    for (const id of ['one', 'two', 'three']) await addPasskey(passkey(id))
    const { passkeyIds, ...after } = await store.standing('ann', 's1')
    expect({ ...after, passkeyIds: [] }).toEqual(before)
    expect(passkeyIds.toSorted()).toEqual(['one', 'three', 'two'])
    expect((await store.standing('ann', null)).passkeyIds).toHaveLength(3)
  })

  it('resealing skips a device that changed since it was read, and one of another id', async () => {
    await register('ann')
    const value = { kind: 'device', userId: 'ann', id: 'ann-1', sealed: 'key.ann-1' } as const
    expect(await store.reseal({ ...value, sealed: 'key.before' }, 'key2.stale')).toBe(false)
    expect(await store.reseal({ ...value, id: 'ann-0' }, 'key2.other')).toBe(false)
    expect((await store.find('ann'))?.sealedSecret).toBe('key.ann-1')
    expect(await store.reseal(value, 'key2.ann-1')).toBe(true)
    expect((await store.find('ann'))?.sealedSecret).toBe('key2.ann-1')
  })

  it('resealing skips a signing key that changed since it was read', async () => {
    const [key] = await store.signingKeys()
    if (!key) return expect.unreachable()
    const value = { kind: 'signing key', userId: '', id: key.kid } as const
    expect(await store.reseal({ ...value, sealed: 'stale' }, 'changed')).toBe(false)
    expect(await store.signingKeys()).toEqual([key])
    expect(await store.reseal({ ...value, sealed: key.sealedPrivateJwk }, 'changed')).toBe(true)
    expect(await store.signingKeys()).toEqual([{ ...key, sealedPrivateJwk: 'changed' }])
  })

  it('resealing finds every device of another master key once, page by page in the order of users', async () => {
    for (const userId of ['d', 'b', 'e', 'a', 'c']) await register(userId)
    await store.addPendingDevice({ id: 'x', userId: 'bb', sealedSecret: 'new.x', createdAt: NOW }, null, NOW)
    const found: string[] = []
    for (let page = 0; page < 3; page++) {
      const values = await store.sealedDevices({ notBy: 'new', after: found.at(-1) ?? '', limit: 2 })
      found.push(...values.map(({ userId }) => userId))
    }
    expect(found).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await store.countSealedDevices('new')).toBe(5)
    expect(await store.countSealedDevices('')).toBe(6)
  })

  it('signing keys are listed newest first, each generation and each id once', async () => {
    const key = (generation: number, kid: string): StoredSigningKey => ({
      generation,
      kid,
      signsFrom: generation,
      publicJwk: '{}',
      sealedPrivateJwk: 'x.y.z',
    })
    await store.addSigningKey(key(5, 'five'))
    await store.addSigningKey(key(3, 'three'))
    await store.addSigningKey(key(3, 'another three'))
    const kids = (await store.addSigningKey(key(7, 'five'))).map(({ kid }) => kid)
    expect(kids.slice(0, -1)).toEqual(['five', 'three'])
    await store.dropSigningKey('three')
    expect((await store.signingKeys()).map(({ generation }) => generation)).toEqual([5, 1])
  })
})

describe.each(all)('on %s', (_, makeStore) => {
  let world: World
  let store: Store
  beforeEach(async () => {
    world = createWorld((path) => {
      store = makeStore(path)
      return store
    })
    await world.server.ready()
  })
  afterEach(() => world.close())

  const register = (userId: string) =>
    store.addPendingDevice(
      { id: `${userId}-1`, userId, sealedSecret: `key.${userId}`, createdAt: NOW },
      null,
      NOW,
    )
  const move = (from: string, to: string, sealedSecret = `key.${from}`) =>
    store.moveFactors({
      from,
      to,
      device: { id: `${from}-1`, sealedSecret, resealed: `key.${to} anew` },
      now: NOW,
    })

  it('a device that is moved has its new user and secret, and all sessions of both users are over', async () => {
    await register('ann')
    expect(await move('ann', 'anna')).toBe('moved')
    expect(await store.find('ann')).toBeNull()
    expect(await store.find('anna')).toMatchObject({
      id: 'ann-1',
      userId: 'anna',
      sealedSecret: 'key.anna anew',
    })
    for (const userId of ['ann', 'anna']) {
      const { rules } = await store.standing(userId, null)
      expect([rules.liveFrom, rules.registersFrom]).toEqual([NOW, NOW])
    }
  })

  it('a device is not moved to a user who has one, nor after it changed, and then no session ends', async () => {
    await register('ann')
    await register('bob')
    expect(await move('ann', 'bob')).toBe('device_limit')
    expect(await move('ann', 'anna', 'key.other')).toBe('changed')
    expect(await move('eve', 'anna')).toBe('changed')
    expect((await store.find('ann'))?.sealedSecret).toBe('key.ann')
    for (const userId of ['ann', 'anna', 'bob']) {
      expect((await store.standing(userId, null)).rules.liveFrom).toBe(0)
    }
  })

  it('moves that cross end, and move one device alone', async () => {
    await register('ann')
    const outcomes = await Promise.all([move('ann', 'x'), move('ann', 'y'), move('ann', 'z')])
    expect(outcomes.filter((outcome) => outcome === 'moved')).toHaveLength(1)
    expect(await store.countSealedDevices('')).toBe(1)
  })

  it('unlocking ends waits and the ceiling, of codes and of recovery codes', async () => {
    expect(await store.unlock('ann')).toBe(false)
    await register('ann')
    const attempt = {
      userId: 'ann',
      deviceId: 'ann-1',
      now: NOW,
      throttle,
      isPending: true,
      recoveryHashes: [],
    }
    for (let tries = 0; tries < 3; tries++) await store.attempt({ ...attempt, step: null })
    expect((await store.find('ann'))?.throttle.retryAt).toBeGreaterThan(NOW)
    expect(await store.unlock('ann')).toBe(true)
    expect((await store.find('ann'))?.throttle).toEqual({ failures: 0, retryAt: 0 })
  })

  const deviceOf = (userId: string, more: Partial<ImportedDevice> = {}): ImportedDevice => ({
    id: `${userId}-imported`,
    userId,
    sealedSecret: `key.${userId} imported`,
    createdAt: NOW,
    verifiedAt: NOW,
    recoveryAcknowledged: true,
    lastStep: 7,
    recoveryHashes: [`${userId} one`, `${userId} two`],
    ...more,
  })
  type Imported = Parameters<Store['importUsers']>[0][number]
  const imported = (userId: string, more: Partial<ImportedDevice> = {}): Imported => ({
    userId,
    device: deviceOf(userId, more),
    passkeys: [],
  })
  const withPasskeys = (userId: string, ids: readonly string[], device: Imported['device'] = null) => ({
    userId,
    device,
    passkeys: ids.map((id) => passkey(id, { userId })),
  })

  it('an imported device is exported as it was imported, and its spent codes stay spent', async () => {
    const users = [imported('bob'), imported('ann', { lastStep: -1, recoveryHashes: [] })]
    expect((await store.importUsers(users)).sort()).toEqual(['ann', 'bob'])
    const page = await store.usersToExport({ after: '', limit: 2 })
    expect(page).toMatchObject([users[1], users[0]])
    expect(await store.usersToExport({ after: 'ann', limit: 2 })).toMatchObject([users[0]])
    const attempt = { userId: 'bob', deviceId: 'bob-imported', now: NOW, throttle, isPending: false }
    expect(await store.attempt({ ...attempt, recoveryHashes: [], step: 7 })).toEqual({ outcome: 'reused' })
    expect(await store.attemptRecovery({ ...attempt, hashes: ['bob two'] })).toEqual({
      outcome: 'accepted',
      left: 1,
    })
  })

  it('an import leaves the devices of users as they are, but a verified one replaces a pending one', async () => {
    await store.importUsers([imported('ann')])
    await register('bob')
    await register('cid')
    const others = [
      imported('ann', { id: 'other', recoveryHashes: ['other'] }),
      imported('bob'),
      imported('cid', { verifiedAt: null }),
      imported('dan', { verifiedAt: null, recoveryHashes: [] }),
    ]
    expect((await store.importUsers(others)).sort()).toEqual(['bob', 'dan'])
    const users = await store.usersOf(['ann', 'bob', 'cid', 'dan', 'eve'])
    expect(users.map(({ device }) => device?.id).sort()).toEqual([
      'ann-imported',
      'bob-imported',
      'cid-1',
      'dan-imported',
    ])
    expect(await store.recoveryCodesLeft('other')).toBe(0)
    expect([await store.usersOf([]), await store.importUsers([])]).toEqual([[], []])
  })

  it('imported passkeys are exported as they were imported, with a device or alone, and count from where they were', async () => {
    const ann = withPasskeys('ann', ['one', 'two'])
    const bob = withPasskeys('bob', ['three'], deviceOf('bob'))
    const [first] = ann.passkeys
    if (first) first.signCount = 5
    expect((await store.importUsers([bob, ann])).sort()).toEqual(['ann', 'bob'])
    expect(await store.usersToExport({ after: '', limit: 9 })).toMatchObject([ann, bob])
    expect(await store.passkeysOf('ann')).toEqual(ann.passkeys)
    const use = { userId: 'ann', id: 'one', backedUp: false, now: NOW }
    expect(await store.acceptAssertion({ ...use, signCount: 5 })).toBe('cloned')
    expect(await store.acceptAssertion({ ...use, signCount: 6 })).toBe('accepted')
    const credentialIds = ['credential of one', 'credential of three', 'credential of none']
    const owners = await store.ownersOf(credentialIds)
    expect(owners.toSorted((a, b) => (a.userId < b.userId ? -1 : 1))).toEqual([
      { credentialId: 'credential of one', userId: 'ann' },
      { credentialId: 'credential of three', userId: 'bob' },
    ])
    expect(await store.ownersOf([])).toEqual([])
    expect(await store.countPasskeys()).toEqual({ passkeys: 3, alone: 1 })
  })

  it('an import adds each user whole or not at all, and nobody who has a factor or brings a credential of somebody else', async () => {
    await store.importUsers([imported('ann'), withPasskeys('bob', ['held'])])
    await register('cid')
    await register('dan')
    const users = [
      withPasskeys('ann', ['a']),
      withPasskeys('bob', ['b'], deviceOf('bob')),
      withPasskeys('cid', ['c']),
      withPasskeys('dan', ['d'], deviceOf('dan', { verifiedAt: null, recoveryHashes: [] })),
      {
        ...imported('eve'),
        passkeys: [passkey('stolen', { userId: 'eve', credentialId: 'credential of held' })],
      },
    ]
    expect((await store.importUsers(users)).sort()).toEqual(['cid', 'dan'])
    const known = await store.users({ after: '', limit: 9 })
    expect(known.map((user) => [user.userId, user.device?.id, ...user.passkeys.map(({ id }) => id)])).toEqual(
      [
        ['ann', 'ann-imported'],
        ['bob', undefined, 'held'],
        ['cid', undefined, 'c'],
        ['dan', 'dan-imported', 'd'],
      ],
    )
    expect(await store.countPasskeys()).toEqual({ passkeys: 3, alone: 2 })
  })

  it('an import that is repeated because its outcome is unknown adds nothing, and returns the same', async () => {
    const users = [
      imported('ann'),
      imported('bob', { verifiedAt: null, recoveryHashes: [] }),
      withPasskeys('cid', ['one', 'two']),
      withPasskeys('dan', ['three'], deviceOf('dan', { verifiedAt: null, recoveryHashes: [] })),
      withPasskeys('eve', ['four'], deviceOf('eve')),
    ]
    const ids = await store.importUsers(users)
    expect(ids).toHaveLength(5)
    const before = await store.usersToExport({ after: '', limit: 9 })
    expect((await store.importUsers(users)).sort()).toEqual(ids.sort())
    expect(await store.usersToExport({ after: '', limit: 9 })).toEqual(before)
    expect(await store.recoveryCodesLeft('ann-imported')).toBe(2)
  })

  it('imports of the same users at once add each of them once', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `user-${index}`)
    const as = (id: string): Imported[] =>
      names.map((userId, index) =>
        index % 2 === 0
          ? imported(userId, { id: `${userId} ${id}`, recoveryHashes: [id] })
          : withPasskeys(userId, [`${userId} ${id}`]),
      )
    const added = await Promise.all([
      store.importUsers(as('a')),
      store.importUsers(as('b').reverse()),
      store.importUsers(as('c')),
    ])
    expect(added.flat()).toHaveLength(40)
    expect(await store.countSealedDevices('')).toBe(20)
    expect(await store.countPasskeys()).toEqual({ passkeys: 20, alone: 20 })
  })

  it('imports at once that bring one credential for several users give it to one of them', async () => {
    const bringing = (userId: string) => ({
      ...imported(userId),
      passkeys: [passkey(`key of ${userId}`, { userId, credentialId: 'shared' })],
    })
    const names = ['ann', 'bob', 'cid', 'dan']
    const added = await Promise.all(names.map((userId) => store.importUsers([bringing(userId)])))
    expect(added.flat()).toHaveLength(1)
    expect((await store.users({ after: '', limit: 9 })).map(({ userId }) => userId)).toEqual(added.flat())
  })

  it('users are read in pages by user id, each once, with device and passkeys', async () => {
    await register('cid')
    await store.importUsers([
      withPasskeys('eve', ['four']),
      withPasskeys('bob', ['one', 'two'], deviceOf('bob')),
      imported('ann'),
      withPasskeys('abe', ['three']),
    ])
    const page = async (after: string, limit: number) =>
      (await store.users({ after, limit })).map(
        ({ userId, device, passkeys }) => `${userId} ${device?.id ?? '-'} ${passkeys.map(({ id }) => id)}`,
      )
    expect([await page('', 3), await page('bob', 3), await page('eve', 3)]).toEqual([
      ['abe - three', 'ann ann-imported ', 'bob bob-imported one,two'],
      ['cid cid-1 ', 'eve - four'],
      [],
    ])
  })

  it('the newest time of a row is known, and the clock of a database that has one of its own', async () => {
    await register('ann')
    const { clock, newest } = await store.times()
    expect(newest).toBe(NOW)
    if (clock !== null) expect(Math.abs(clock - Date.now())).toBeLessThan(60_000)
  })
})
