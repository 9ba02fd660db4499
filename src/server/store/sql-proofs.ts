import type { Transaction } from 'kysely'
import { type Database, Rollback, type Tables } from './sql-database.ts'
import type { Proof, StoredMfaToken } from './store.ts'

export const addMfaToken = (trx: Transaction<Tables>, { hash, userId, expiresAt }: StoredMfaToken) =>
  trx.insertInto('totp_flow_mfa_tokens').values({ hash, user_id: userId, expires_at: expiresAt }).execute()

/** Consumes the proof in the transaction of the act that it authorizes. Rolls the act back if it was already consumed. */
export async function consumeProof(
  trx: Transaction<Tables>,
  userId: string,
  proof: Proof,
  now: number,
): Promise<void> {
  if (proof && 'jti' in proof && !(await consumeToken(trx, proof.jti, proof.expiresAt))) {
    throw new Rollback<'proof_refused'>('proof_refused')
  }
  if (proof && 'mfaTokenHash' in proof) {
    const token = await trx
      .deleteFrom('totp_flow_mfa_tokens')
      .where('hash', '=', proof.mfaTokenHash)
      .where('user_id', '=', userId)
      .where('expires_at', '>', now)
      .returning('hash')
      .executeTakeFirst()
    if (!token) throw new Rollback<'proof_refused'>('proof_refused')
  }
}

export async function consumeToken(db: Database, jti: string, expiresAt: number): Promise<boolean> {
  const spent = await db
    .insertInto('totp_flow_spent_tokens')
    .values({ jti, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('jti')
    .executeTakeFirst()
  return spent !== undefined
}
