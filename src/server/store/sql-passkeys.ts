import type { Transaction } from 'kysely'
import { mayRegister } from './session-rules.ts'
import { type Database, Rollback, type Tables } from './sql-database.ts'
import { afterRemoval } from './sql-devices.ts'
import { addMfaToken, consumeProof } from './sql-proofs.ts'
import { changeRules, lockRules } from './sql-sessions.ts'
import type { NewPasskey, PasskeyAssertion, PasskeyRemoval, StoredPasskey } from './store.ts'

export async function passkeysOf(db: Database, userId: string): Promise<StoredPasskey[]> {
  const rows = await db
    .selectFrom('totp_flow_passkeys')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(passkeyFrom)
}

export async function addPasskeyIn(
  trx: Transaction<Tables>,
  { passkey, proof, limit, session, now, mfaToken }: NewPasskey,
): Promise<'added' | 'limit'> {
  const { userId } = passkey
  const rules = await lockRules(trx, userId, now)
  if (!mayRegister(session, rules)) throw new Rollback<'session_too_old'>('session_too_old')
  const held = await passkeysOf(trx, userId)
  if (held.some(({ credentialId }) => credentialId === passkey.credentialId))
    throw new Rollback<'exists'>('exists')
  if (held.length >= limit) return 'limit'
  const isFirst = held.length === 0 && !(await hasVerifiedDevice(trx, userId))
  if (proof !== 'first') await consumeProof(trx, userId, proof, now)
  else if (!isFirst) throw new Rollback<'proof_refused'>('proof_refused')
  if (isFirst) await trx.deleteFrom('totp_flow_devices').where('user_id', '=', userId).execute()
  const added = await trx
    .insertInto('totp_flow_passkeys')
    .values(passkeyRow(passkey))
    .onConflict((conflict) => conflict.column('credential_id').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!added) throw new Rollback<'exists'>('exists')
  if (mfaToken) await addMfaToken(trx, mfaToken)
  return 'added'
}

/** The statement before locked the user's row: see `lockRules`. */
async function hasVerifiedDevice(trx: Transaction<Tables>, userId: string): Promise<boolean> {
  const device = await trx
    .selectFrom('totp_flow_devices')
    .select('id')
    .where('user_id', '=', userId)
    .where('verified_at', 'is not', null)
    .executeTakeFirst()
  return device !== undefined
}

export async function acceptAssertionIn(
  trx: Transaction<Tables>,
  { userId, id, signCount, backedUp, now, mfaToken }: PasskeyAssertion,
): Promise<'accepted' | 'cloned' | 'gone'> {
  const used = await trx
    .updateTable('totp_flow_passkeys')
    .set({ sign_count: signCount, backed_up: backedUp ? 1 : 0, last_used_at: now })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .where('sign_count', signCount > 0 ? '<' : '=', signCount)
    .returning('id')
    .executeTakeFirst()
  if (!used) return (await passkeysOf(trx, userId)).some((one) => one.id === id) ? 'cloned' : 'gone'
  if (mfaToken) await addMfaToken(trx, mfaToken)
  return 'accepted'
}

export async function removePasskeyIn(
  trx: Transaction<Tables>,
  { userId, passkeyId, now, proof, sessionId, endsOthers }: PasskeyRemoval,
): Promise<'removed'> {
  await changeRules(trx, userId, now, afterRemoval(sessionId, endsOthers))
  await consumeProof(trx, userId, proof, now)
  const removed = await trx
    .deleteFrom('totp_flow_passkeys')
    .where('user_id', '=', userId)
    .where('id', '=', passkeyId)
    .returning('id')
    .executeTakeFirst()
  if (!removed) throw new Rollback<'no_passkey'>('no_passkey')
  await trx.deleteFrom('totp_flow_mfa_tokens').where('user_id', '=', userId).execute()
  return 'removed'
}

export const passkeyRow = (passkey: StoredPasskey): Tables['totp_flow_passkeys'] => ({
  user_id: passkey.userId,
  id: passkey.id,
  credential_id: passkey.credentialId,
  public_key: passkey.publicKey,
  sign_count: passkey.signCount,
  transports: passkey.transports.join(' '),
  backup_eligible: passkey.backupEligible ? 1 : 0,
  backed_up: passkey.backedUp ? 1 : 0,
  aaguid: passkey.aaguid,
  alias: passkey.alias,
  created_at: passkey.createdAt,
  last_used_at: passkey.lastUsedAt,
})

export const passkeyFrom = (row: Tables['totp_flow_passkeys']): StoredPasskey => ({
  id: row.id,
  userId: row.user_id,
  credentialId: row.credential_id,
  publicKey: row.public_key,
  signCount: row.sign_count,
  transports: row.transports.split(' ').filter(Boolean),
  backupEligible: row.backup_eligible === 1,
  backedUp: row.backed_up === 1,
  aaguid: row.aaguid,
  alias: row.alias,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
})
