/** Writes that wait at the same time share a commit: what each of them is promised, it still gets. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { THROTTLE } from '../../../src/server/codes/throttle-policy.ts'
import { sqliteStore } from '../../../src/server/store/sqlite.ts'
import type { Store } from '../../../src/server/store/store.ts'

const USERS = Array.from({ length: 64 }, (_, index) => `user-${index}`)
const UNLUCKY = 'user-7'
const NOW = Date.UTC(2026, 0, 1)

let folder: string
let path: string
let store: Store

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-commits-'))
  path = join(folder, 'test.db')
  store = sqliteStore({ path })
  await store.prepare()
  for (const userId of USERS) {
    await store.addPendingDevice({ id: userId, userId, sealedSecret: 'sealed', createdAt: NOW }, null, NOW)
  }
  await Promise.all(USERS.map((userId) => attempt(userId, 1)))
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const attempt = (userId: string, step: number | null) =>
  store.attempt({
    userId,
    deviceId: userId,
    now: NOW,
    throttle: THROTTLE,
    step,
    isPending: step === 1,
    recoveryHashes: step === 1 ? ['hash'] : [],
  })
const attemptAll = (step: number | null) => Promise.allSettled(USERS.map((userId) => attempt(userId, step)))

/** Runs SQL in a connection of its own, as another process would. */
function elsewhere(sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

/** Frames of the write-ahead log that end a transaction hold the database's size (SQLite file format §4.1). */
function commits(): number {
  const log = readFileSync(`${path}-wal`)
  const frame = 24 + log.readUInt32BE(8)
  const salt = log.readBigUInt64BE(16)
  let count = 0
  for (let at = 32; at + frame <= log.length; at += frame) {
    if (log.readBigUInt64BE(at + 8) === salt && log.readUInt32BE(at + 4) !== 0) count++
  }
  return count
}

it('64 codes at once are accepted in a few durable transactions', async () => {
  elsewhere('pragma wal_checkpoint(truncate)')
  expect(await attemptAll(2)).toEqual(
    USERS.map(() => ({ status: 'fulfilled', value: { outcome: 'accepted', enrolled: false } })),
  )
  expect(commits()).toBeGreaterThan(0)
  expect(commits()).toBeLessThan(8)
})

it('no acceptance is reported before it is committed', async () => {
  const heard = USERS.map(async (userId) => {
    await attempt(userId, 2)
    const other = new DatabaseSync(path, { readOnly: true })
    const row = other.prepare('select last_step from totp_flow_devices where user_id = ?').get(userId)
    other.close()
    return row?.last_step
  })
  expect(new Set(await Promise.all(heard))).toEqual(new Set([2]))
})

it('one code sent 200 times at once, among other users’ codes, is accepted once', async () => {
  const same = Promise.all(Array.from({ length: 200 }, () => attempt(UNLUCKY, 2)))
  const others = await Promise.all(
    USERS.filter((userId) => userId !== UNLUCKY).map((userId) => attempt(userId, 2)),
  )
  expect(others.every(({ outcome }) => outcome === 'accepted')).toBe(true)
  expect((await same).filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1)
})

it.each([
  ['only its own statement', "select raise(abort, 'unlucky')"],
  ['the whole transaction', "select raise(rollback, 'unlucky')"],
  ['the commit', "insert into children values ('nobody')"],
])('a write whose failure rolls back %s rolls back no other write', async (_, act) => {
  elsewhere(`
    create table parents (id text primary key);
    create table children (parent text references parents (id) deferrable initially deferred);
    create trigger unlucky after update on totp_flow_devices when new.user_id = '${UNLUCKY}' begin ${act}; end`)
  const outcomes = await attemptAll(2)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(USERS.length - 1)
  expect(outcomes[USERS.indexOf(UNLUCKY)]).toMatchObject({
    status: 'rejected',
    reason: { code: 'server', retryable: true },
  })
  elsewhere('drop trigger unlucky')
  const again = await Promise.all(USERS.map((userId) => attempt(userId, 2)))
  expect(again.map(({ outcome }) => outcome)).toEqual(
    USERS.map((userId) => (userId === UNLUCKY ? 'accepted' : 'reused')),
  )
})

it('group commits wait while another process writes, and lose nothing', async () => {
  const other = new DatabaseSync(path)
  other.exec('begin immediate')
  const waiting = attemptAll(2)
  expect(await store.find(UNLUCKY)).not.toBeNull()
  other.exec('commit')
  other.close()
  expect((await waiting).every(({ status }) => status === 'fulfilled')).toBe(true)
})

it('an enrollment, a separate transaction, is visible to calls in between whole or not at all', async () => {
  const enrolled = await Promise.all(
    USERS.map(async (userId) => {
      const fresh = { id: `${userId}-new`, userId: `${userId}-new`, sealedSecret: 'sealed', createdAt: NOW }
      await store.addPendingDevice(fresh, null, NOW)
      const verified = store.attempt({
        userId: fresh.userId,
        deviceId: fresh.id,
        now: NOW,
        throttle: THROTTLE,
        step: 1,
        isPending: true,
        recoveryHashes: ['one', 'two'],
      })
      const [seen, left] = [await store.find(fresh.userId), await store.recoveryCodesLeft(fresh.id)]
      expect((await verified).outcome).toBe('accepted')
      return seen?.verifiedAt === null || left === 2
    }),
  )
  expect(enrolled).not.toContain(false)
})

it('a call that waits when the store closes is completed, or rejected with a typed error', async () => {
  const last = attemptAll(2)
  await store.close()
  const outcomes = await last
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected')
      expect(outcome.reason).toMatchObject({ code: 'server', retryable: true })
  }
  store = sqliteStore({ path })
  const again = await Promise.all(USERS.map((userId) => attempt(userId, 2)))
  expect(again.map(({ outcome }) => outcome)).toEqual(
    outcomes.map(({ status }) => (status === 'fulfilled' ? 'reused' : 'accepted')),
  )
})

it('transactions that have begun, or wait for their turn, complete before the store closes', async () => {
  const registering = USERS.map((userId) => {
    const fresh = { id: `${userId}-new`, userId: `${userId}-new`, sealedSecret: 'sealed', createdAt: NOW }
    return store.addPendingDevice(fresh, null, NOW)
  })
  await Promise.race(registering)
  await store.close()
  expect(await Promise.all(registering)).toEqual(USERS.map(() => 'added'))
  store = sqliteStore({ path })
  expect(await store.countSealedDevices('')).toBe(2 * USERS.length)
})
