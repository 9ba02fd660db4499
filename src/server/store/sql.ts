import type { Kysely, Transaction } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrationProvider } from './migrations.ts'
import type {
  CodeAttempt,
  CodeAttemptResult,
  Removal,
  Store,
  StoredMfaToken,
  StoredSigningKey,
} from './store.ts'

interface Tables {
  devices: {
    user_id: string
    id: string
    sealed_secret: string
    created_at: number
    verified_at: number | null
    last_step: number
  }
  attempts: { user_id: string; failures: number; retry_at: number }
  mfa_tokens: { hash: string; user_id: string; single_use: number; expires_at: number }
  spent_tokens: { jti: string; expires_at: number }
  signing_keys: { generation: number; kid: string; public_jwk: string; sealed_private_jwk: string }
}
export type Database = Kysely<Tables>

/** Thrown inside a transaction to undo it and answer `result`. */
class Undo<Result> extends Error {
  readonly result: Result
  constructor(result: Result) {
    super('undone')
    this.result = result
  }
}

/** The verbs in SQL that SQLite and PostgreSQL share. Each is one statement, or a transaction that begins by locking the user's row. */
export function sqlStore(db: Database): Store {
  return {
    async prepare() {
      const { error } = await new Migrator({ db, provider: migrationProvider }).migrateToLatest()
      if (error) throw error
    },

    async find(userId) {
      const [device, throttle] = await Promise.all([
        db.selectFrom('devices').selectAll().where('user_id', '=', userId).executeTakeFirst(),
        db.selectFrom('attempts').selectAll().where('user_id', '=', userId).executeTakeFirst(),
      ])
      return {
        device: device
          ? {
              id: device.id,
              userId,
              sealedSecret: device.sealed_secret,
              createdAt: device.created_at,
              verifiedAt: device.verified_at,
            }
          : null,
        throttle: { failures: throttle?.failures ?? 0, retryAt: throttle?.retry_at ?? 0 },
      }
    },

    async addPendingDevice({ id, userId, sealedSecret, createdAt }) {
      const pending = {
        id,
        sealed_secret: sealedSecret,
        created_at: createdAt,
        verified_at: null,
        last_step: -1,
      }
      const added = await db
        .insertInto('devices')
        .values({ user_id: userId, ...pending })
        .onConflict((conflict) =>
          conflict.column('user_id').doUpdateSet(pending).where('devices.verified_at', 'is', null),
        )
        .returning('id')
        .executeTakeFirst()
      return added !== undefined
    },

    attempt: (attempt) => undoable(db, (trx) => attemptIn(trx, attempt)),
    removeDevice: (removal) => undoable(db, (trx) => removeIn(trx, removal)),

    async consumeToken({ jti, expiresAt, now }) {
      await db.deleteFrom('spent_tokens').where('expires_at', '<=', now).execute()
      return spend(db, jti, expiresAt)
    },

    async addSigningKey({ generation, kid, publicJwk, sealedPrivateJwk }) {
      await db
        .insertInto('signing_keys')
        .values({ generation, kid, public_jwk: publicJwk, sealed_private_jwk: sealedPrivateJwk })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      return signingKeys(db)
    },
    signingKeys: () => signingKeys(db),
    close: () => db.destroy(),
  }
}

async function undoable<Result>(
  db: Database,
  work: (trx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  try {
    return await db.transaction().execute(work)
  } catch (error) {
    if (error instanceof Undo) return error.result
    throw error
  }
}

async function attemptIn(trx: Transaction<Tables>, attempt: CodeAttempt): Promise<CodeAttemptResult> {
  const { userId, deviceId, now, backoff, look, mfaToken } = attempt
  // The attempt is counted before the code is looked at (RFC 4226 §7.3), and the row stays locked until the end.
  const counted = await trx
    .insertInto('attempts')
    .values({ user_id: userId, failures: 1, retry_at: 0 })
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet((row) => ({ failures: row('attempts.failures', '+', 1) }))
        .where('attempts.retry_at', '<=', now),
    )
    .returning('failures')
    .executeTakeFirst()
  if (!counted) {
    const throttle = await trx
      .selectFrom('attempts')
      .select('retry_at')
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()
    return { outcome: 'throttled', retryAt: throttle.retry_at }
  }

  const step = look()
  if (step === null) {
    const wait = backoff(counted.failures)
    if (wait <= 0) return { outcome: 'wrong', retryAt: 0 }
    await trx
      .updateTable('attempts')
      .set({ retry_at: now + wait })
      .where('user_id', '=', userId)
      .execute()
    return { outcome: 'wrong', retryAt: now + wait }
  }

  const accepted = await trx
    .updateTable('devices')
    .set((row) => ({ last_step: step, verified_at: row.fn.coalesce('verified_at', row.val(now)) }))
    .where('id', '=', deviceId)
    .where('user_id', '=', userId)
    .where('last_step', '<', step)
    .returning('id')
    .executeTakeFirst()
  if (!accepted) {
    const there = await trx.selectFrom('devices').select('id').where('id', '=', deviceId).executeTakeFirst()
    throw new Undo<CodeAttemptResult>({ outcome: there ? 'reused' : 'gone' })
  }
  await trx.deleteFrom('attempts').where('user_id', '=', userId).execute()
  if (mfaToken) await addMfaToken(trx, mfaToken)
  return { outcome: 'accepted' }
}

const addMfaToken = (trx: Transaction<Tables>, { hash, userId, singleUse, expiresAt }: StoredMfaToken) =>
  trx
    .insertInto('mfa_tokens')
    .values({ hash, user_id: userId, single_use: singleUse ? 1 : 0, expires_at: expiresAt })
    .execute()

async function removeIn(trx: Transaction<Tables>, { userId, deviceId, now, proof }: Removal) {
  const removed = await trx
    .deleteFrom('devices')
    .where('id', '=', deviceId)
    .where('user_id', '=', userId)
    .returning('id')
    .executeTakeFirst()
  if (proof && 'jti' in proof && !(await spend(trx, proof.jti, proof.expiresAt))) {
    throw new Undo<'proof_refused'>('proof_refused')
  }
  if (proof && 'mfaTokenHash' in proof) {
    const token = await trx
      .deleteFrom('mfa_tokens')
      .where('hash', '=', proof.mfaTokenHash)
      .where('user_id', '=', userId)
      .where('expires_at', '>', now)
      .returning('hash')
      .executeTakeFirst()
    if (!token) throw new Undo<'proof_refused'>('proof_refused')
  }
  if (!removed) throw new Undo<'no_device'>('no_device')
  await trx.deleteFrom('mfa_tokens').where('user_id', '=', userId).execute()
  return 'removed' as const
}

async function spend(db: Database, jti: string, expiresAt: number): Promise<boolean> {
  const spent = await db
    .insertInto('spent_tokens')
    .values({ jti, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('jti')
    .executeTakeFirst()
  return spent !== undefined
}

async function signingKeys(db: Database): Promise<StoredSigningKey[]> {
  const rows = await db.selectFrom('signing_keys').selectAll().orderBy('generation', 'desc').execute()
  return rows.map(({ generation, kid, public_jwk, sealed_private_jwk }) => ({
    generation,
    kid,
    publicJwk: public_jwk,
    sealedPrivateJwk: sealed_private_jwk,
  }))
}
