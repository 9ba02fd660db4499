import { sql, type Transaction } from 'kysely'
import { TotpFlowError } from '../../contract/errors.ts'
import { migrate, pendingMigrations } from './migrations.ts'
import { mayRegister, SESSION_RULES_KEPT_MS } from './session-rules.ts'
import { addCalls, inBatches } from './sql-address-calls.ts'
import { attemptCode, attemptRecoveryIn } from './sql-attempts.ts'
import {
  type Database,
  deviceFrom,
  NO_FAILURES,
  type Retry,
  Rollback,
  type Tables,
  transaction,
} from './sql-database.ts'
import { addRecoveryCodes, codesLeft, forgetDevice, moveIn, removeIn } from './sql-devices.ts'
import { importIn } from './sql-import.ts'
import { acceptAssertionIn, addPasskeyIn, passkeysOf, removePasskeyIn } from './sql-passkeys.ts'
import { consumeProof, consumeToken } from './sql-proofs.ts'
import { ALL_USERS, changeRules, endingAll, lockRules, standingOf } from './sql-sessions.ts'
import { countPasskeys, ownersOf, usersIn, usersOf, usersToExportIn } from './sql-users.ts'
import type { SealedValue, Store, StoredSigningKey } from './store.ts'
import { SPENT_TOKEN_KEPT_MS } from './throttle.ts'

/** Long enough to replace a connection that was closed, since an outage must be reported soon. */
const PING_PATIENCE_MS = 300

/** Below the 32,766 of SQLite and the 65,535 of PostgreSQL. */
const MOST_PARAMETERS = 20_000

/**
 * Implements the store in SQL that SQLite and PostgreSQL share. Each method is one statement, or a transaction that
 * begins by locking the user's row. Uses only features that all databases with PostgreSQL's protocol have: upserts,
 * `returning`, row locks. A statement has at most `mostParameters` parameters; larger ones are split.
 */
export function storeOver(db: Database, retry: Retry, mostParameters = MOST_PARAMETERS): Store {
  const read = <Result>(work: () => Promise<Result>) => retry(true, work)
  const once = <Result>(work: () => Promise<Result>) => retry(false, work)
  const inTransaction = <Result>(work: (trx: Transaction<Tables>) => Promise<Result>) =>
    once(() => transaction(db, work))

  return {
    prepare: (note = () => {}) => read(() => migrate(db, note)),
    pendingSteps: () => read(() => pendingMigrations(db)),
    async ping(to = 'read') {
      // An update of no row takes no lock and writes nothing, but it requires write privileges and a writable database.
      const look =
        to === 'read'
          ? sql`select 1`
          : sql`update totp_flow_devices set failures = failures where user_id = ${ALL_USERS}`
      await retry(true, () => look.execute(db), PING_PATIENCE_MS)
    },

    async find(userId) {
      const row = await read(() =>
        db.selectFrom('totp_flow_devices').selectAll().where('user_id', '=', userId).executeTakeFirst(),
      )
      return row ? deviceFrom(row) : null
    },

    standing: (userId, sessionId) => read(() => standingOf(db, userId, sessionId)),

    // The same id replaces the same pending device, so without a proof to consume it may be retried.
    addPendingDevice: (device, proof, now, session) =>
      retry(proof === null || proof === 'first', () =>
        transaction(db, async (trx) => {
          const { id, userId, sealedSecret, createdAt } = device
          const rules = await lockRules(trx, userId, now)
          if (!mayRegister(session, rules)) {
            throw new Rollback<'session_too_old'>('session_too_old')
          }
          const pending = {
            id,
            sealed_secret: sealedSecret,
            created_at: createdAt,
            verified_at: null,
            last_step: -1,
            recovery_acknowledged: 0,
          }
          const added = await trx
            .insertInto('totp_flow_devices')
            .values({ ...pending, ...NO_FAILURES, user_id: userId })
            .onConflict((conflict) =>
              conflict
                .column('user_id')
                .doUpdateSet(pending)
                .where('totp_flow_devices.verified_at', 'is', null),
            )
            .returning('id')
            .executeTakeFirst()
          if (!added) return 'device_limit'
          if (proof !== 'first') await consumeProof(trx, userId, proof, now)
          else if ((await passkeysOf(trx, userId)).length > 0)
            throw new Rollback<'proof_refused'>('proof_refused')
          return 'added'
        }),
      ),

    // Never retried blindly: the code may be consumed already, and a second run would call it used.
    attempt: (attempt) => once(() => attemptCode(db, attempt)),
    attemptRecovery: (attempt) => inTransaction((trx) => attemptRecoveryIn(trx, attempt)),

    recoveryCodesLeft: (deviceId) => read(() => codesLeft(db, deviceId)),
    replaceRecoveryCodes: (act, hashes) =>
      inTransaction(async (trx) => {
        const { userId, deviceId, now, proof } = act
        const locked = await trx
          .updateTable('totp_flow_devices')
          .set({ recovery_acknowledged: 0 })
          .where('user_id', '=', userId)
          .where('id', '=', deviceId)
          .where('verified_at', 'is not', null)
          .returning('id')
          .executeTakeFirst()
        if (!locked) return 'no_device'
        await consumeProof(trx, userId, proof, now)
        await trx.deleteFrom('totp_flow_recovery_codes').where('device_id', '=', deviceId).execute()
        await addRecoveryCodes(trx, deviceId, hashes)
        return 'replaced'
      }),
    async acknowledgeRecoveryCodes(userId) {
      await read(() =>
        db
          .updateTable('totp_flow_devices')
          .set({ recovery_acknowledged: 1 })
          .where('user_id', '=', userId)
          .where('verified_at', 'is not', null)
          .execute(),
      )
    },
    removeDevice: (act) => inTransaction((trx) => removeIn(trx, act)),
    passkeysOf: (userId) => read(() => passkeysOf(db, userId)),
    addPasskey: (given) => inTransaction((trx) => addPasskeyIn(trx, given)),
    // Not retried: a counter that was stored already would look like a clone.
    acceptAssertion: (use) => inTransaction((trx) => acceptAssertionIn(trx, use)),
    renamePasskey: ({ userId, id, alias }) =>
      read(async () => {
        const renamed = await db
          .updateTable('totp_flow_passkeys')
          .set({ alias })
          .where('user_id', '=', userId)
          .where('id', '=', id)
          .returning('id')
          .executeTakeFirst()
        return renamed !== undefined
      }),
    removePasskey: (act) => inTransaction((trx) => removePasskeyIn(trx, act)),
    resetUser: ({ userId, now }) =>
      inTransaction(async (trx) => {
        await changeRules(trx, userId, now, endingAll)
        const removed = await trx
          .deleteFrom('totp_flow_devices')
          .where('user_id', '=', userId)
          .returning('id')
          .executeTakeFirst()
        if (removed) await forgetDevice(trx, userId, removed.id)
        const passkeys = await trx
          .deleteFrom('totp_flow_passkeys')
          .where('user_id', '=', userId)
          .returning('id')
          .execute()
        await trx.deleteFrom('totp_flow_mfa_tokens').where('user_id', '=', userId).execute()
        return removed !== undefined || passkeys.length > 0
      }),
    endSessions: ({ userId, now }) =>
      inTransaction(async (trx) => {
        await changeRules(trx, userId, now, endingAll)
        await trx.deleteFrom('totp_flow_mfa_tokens').where('user_id', '=', userId).execute()
      }),
    moveFactors: (move) => inTransaction((trx) => moveIn(trx, move)),
    unlock: (userId) =>
      read(async () => {
        const unlocked = await db
          .updateTable('totp_flow_devices')
          .set(NO_FAILURES)
          .where('user_id', '=', userId)
          .returning('id')
          .executeTakeFirst()
        return unlocked !== undefined
      }),
    users: (page) => read(() => usersIn(db, page)),
    usersOf: (userIds) => read(() => usersOf(db, userIds, mostParameters)),
    usersToExport: (page) => read(() => usersToExportIn(db, page, mostParameters)),
    // Rows with the same ids came from this very call, so it may be retried.
    importUsers: async (users) => {
      const add = (trx: Transaction<Tables>): Promise<string[] | null> => importIn(trx, users, mostParameters)
      while (true) {
        const added = await read(() => transaction(db, add))
        if (added) return added
      }
    },
    ownersOf: (credentialIds) =>
      read(async () => {
        const owners = await ownersOf(db, credentialIds, mostParameters)
        return owners.map(({ credentialId, userId }) => ({ credentialId, userId }))
      }),
    countPasskeys: () => read(() => countPasskeys(db)),
    times: () => read(() => timesOf(db)),
    async endSessionsBefore(moment) {
      const rules = { live_from: moment, changed_at: moment }
      await read(async () => {
        await db
          .insertInto('totp_flow_session_rules')
          .values({ ...rules, user_id: ALL_USERS, generation: 0, registers_from: 0, spared_session: null })
          .onConflict((conflict) =>
            conflict
              .column('user_id')
              .doUpdateSet(rules)
              .where('totp_flow_session_rules.live_from', '<', moment),
          )
          .execute()
        await db.deleteFrom('totp_flow_mfa_tokens').execute()
      })
    },

    consumeToken: ({ jti, expiresAt }) => once(() => consumeToken(db, jti, expiresAt)),
    isConsumed: (jti) =>
      read(async () => {
        const row = await db
          .selectFrom('totp_flow_spent_tokens')
          .select('jti')
          .where('jti', '=', jti)
          .executeTakeFirst()
        return row !== undefined
      }),

    async countCalls({ windowEnd, calls }) {
      const added = await Promise.all(
        inBatches(calls, mostParameters).map((batch) => once(() => addCalls(db, windowEnd, batch))),
      )
      return added.flat()
    },

    addSigningKey: ({ generation, kid, signsFrom, publicJwk, sealedPrivateJwk }) =>
      read(async () => {
        await db
          .insertInto('totp_flow_signing_keys')
          .values({
            generation,
            kid,
            signs_from: signsFrom,
            public_jwk: publicJwk,
            sealed_private_jwk: sealedPrivateJwk,
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute()
        return signingKeys(db)
      }),
    signingKeys: () => read(() => signingKeys(db)),
    async dropSigningKey(kid) {
      await read(() => db.deleteFrom('totp_flow_signing_keys').where('kid', '=', kid).execute())
    },

    sealedDevices: ({ notBy, after, limit }) =>
      read(async () => {
        const rows = await db
          .selectFrom('totp_flow_devices')
          .select(['user_id', 'id', 'sealed_secret'])
          .where('user_id', '>', after)
          .where('sealed_secret', 'not like', `${notBy}.%`)
          .orderBy('user_id')
          .limit(limit)
          .execute()
        return rows.map(
          ({ user_id, id, sealed_secret }): SealedValue => ({
            kind: 'device',
            userId: user_id,
            id,
            sealed: sealed_secret,
          }),
        )
      }),
    countSealedDevices: (notBy) =>
      read(async () => {
        const { count } = await db
          .selectFrom('totp_flow_devices')
          .select((row) => row.fn.countAll<number>().as('count'))
          .where('sealed_secret', 'not like', `${notBy}.%`)
          .executeTakeFirstOrThrow()
        return Number(count)
      }),
    reseal: ({ kind, userId, id, sealed }, to) =>
      once(async () => {
        const { numUpdatedRows } =
          kind === 'device'
            ? await db
                .updateTable('totp_flow_devices')
                .set({ sealed_secret: to })
                .where('user_id', '=', userId)
                .where('id', '=', id)
                .where('sealed_secret', '=', sealed)
                .executeTakeFirst()
            : await db
                .updateTable('totp_flow_signing_keys')
                .set({ sealed_private_jwk: to })
                .where('kid', '=', id)
                .where('sealed_private_jwk', '=', sealed)
                .executeTakeFirst()
        return numUpdatedRows > 0n
      }),

    async sweep(now) {
      await once(async () => {
        await db
          .deleteFrom('totp_flow_spent_tokens')
          .where('expires_at', '<=', now - SPENT_TOKEN_KEPT_MS)
          .execute()
        await db.deleteFrom('totp_flow_mfa_tokens').where('expires_at', '<=', now).execute()
        await db.deleteFrom('totp_flow_address_calls').where('window_end', '<=', now).execute()
        await db
          .deleteFrom('totp_flow_session_rules')
          .where('changed_at', '<=', now - SESSION_RULES_KEPT_MS)
          .execute()
        await db.deleteFrom('totp_flow_session_reserves').where('counts_until', '<=', now).execute()
      })
    },
    close: () => db.destroy(),
  }
}

/** `current_timestamp` is a string in SQLite, where it is this machine's clock. */
async function timesOf(db: Database): Promise<{ clock: number | null; newest: number }> {
  const { rows } = await sql<{
    now: Date | string
    created: number
    verified: number
    changed: number
  }>`select
    current_timestamp as now,
    (select coalesce(max(created_at), 0) from totp_flow_devices) as created,
    (select coalesce(max(verified_at), 0) from totp_flow_devices) as verified,
    (select coalesce(max(changed_at), 0) from totp_flow_session_rules) as changed`.execute(db)
  const [row] = rows
  if (!row) throw new TotpFlowError('server')
  return {
    clock: row.now instanceof Date ? row.now.getTime() : null,
    newest: Math.max(row.created, row.verified, row.changed),
  }
}

async function signingKeys(db: Database): Promise<StoredSigningKey[]> {
  const rows = await db
    .selectFrom('totp_flow_signing_keys')
    .selectAll()
    .orderBy('generation', 'desc')
    .execute()
  return rows.map(({ generation, kid, signs_from, public_jwk, sealed_private_jwk }) => ({
    generation,
    kid,
    signsFrom: signs_from,
    publicJwk: public_jwk,
    sealedPrivateJwk: sealed_private_jwk,
  }))
}
