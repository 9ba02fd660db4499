import type { Kysely, Transaction } from 'kysely'
import type { StoredDevice } from './store.ts'

export interface Tables {
  totp_flow_devices: {
    user_id: string
    id: string
    sealed_secret: string
    created_at: number
    verified_at: number | null
    last_step: number
    failures: number
    retry_at: number
    recovery_failures: number
    recovery_retry_at: number
    recovery_acknowledged: number
  }
  totp_flow_recovery_codes: { device_id: string; hash: string }
  totp_flow_passkeys: {
    user_id: string
    id: string
    credential_id: string
    public_key: string
    sign_count: number
    transports: string
    backup_eligible: number
    backed_up: number
    aaguid: string
    alias: string
    created_at: number
    last_used_at: number | null
  }
  totp_flow_mfa_tokens: { hash: string; user_id: string; expires_at: number }
  totp_flow_spent_tokens: { jti: string; expires_at: number }
  totp_flow_address_calls: { address: string; window_end: number; calls: number }
  /** The row of user `''` applies to all users. */
  totp_flow_session_rules: {
    user_id: string
    generation: number
    live_from: number
    registers_from: number
    spared_session: string | null
    changed_at: number
  }
  totp_flow_session_reserves: {
    session_id: string
    kind: ReserveKind
    failures: number
    counts_until: number
  }
  totp_flow_signing_keys: {
    generation: number
    kid: string
    signs_from: number
    public_jwk: string
    sealed_private_jwk: string
  }
}

export type Database = Kysely<Tables>

export type ReserveKind = 'code' | 'recovery'

/**
 * Runs a database's work again if that is safe. `repeatable`: doing it twice equals doing it once, so it may also run
 * again after a connection broke and nobody knows whether it was done. `patience`: for how long to retry, milliseconds.
 */
export type Retry = <Result>(
  repeatable: boolean,
  work: () => Promise<Result>,
  patience?: number,
) => Promise<Result>

/** Thrown inside a transaction to roll it back and return `result`. */
export class Rollback<Result> extends Error {
  readonly result: Result
  constructor(result: Result) {
    super('undone')
    this.result = result
  }
}

export async function transaction<Result>(
  db: Database,
  work: (trx: Transaction<Tables>) => Promise<Result>,
): Promise<Result> {
  try {
    return await db.transaction().execute(work)
  } catch (error) {
    if (error instanceof Rollback) return error.result
    throw error
  }
}

export const NO_FAILURES = { failures: 0, retry_at: 0, recovery_failures: 0, recovery_retry_at: 0 }

export const deviceFrom = (row: Omit<Tables['totp_flow_devices'], 'last_step'>): StoredDevice => ({
  id: row.id,
  userId: row.user_id,
  sealedSecret: row.sealed_secret,
  createdAt: row.created_at,
  verifiedAt: row.verified_at,
  recoveryAcknowledged: row.recovery_acknowledged === 1,
  throttle: { failures: row.failures, retryAt: row.retry_at },
  recoveryThrottle: { failures: row.recovery_failures, retryAt: row.recovery_retry_at },
})
