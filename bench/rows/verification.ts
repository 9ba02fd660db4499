import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from '../../src/server/store/sqlite.ts'
import { type Contender, type Figures, sideBySide } from '../rounds.ts'
import { floor } from './floor.ts'
import { oursOn } from './ours.ts'
import { type Work, workOf } from './profile.ts'

/** better-auth as a contender, with enrolled users. */
export interface BetterAuthPeer {
  signIn: Contender
  session: Contender
  close(): Promise<void>
}

/** The exports of bench/peers/better-auth.ts. Its types are not in this program, since peers are installed only in bench/peers. */
interface Peers {
  betterAuthOnSqlite(path: string, users: number): Promise<BetterAuthPeer>
  betterAuthOnPostgres(url: string, users: number): Promise<BetterAuthPeer>
}

export const peers = (): Promise<Peers> => import(new URL('../peers/better-auth.ts', import.meta.url).href)

const USERS = 200

type VerificationRow = Record<
  'floor' | 'floorInSession' | 'ours' | 'oursElsewhere' | 'oursPlain' | 'signIn' | 'session',
  Figures
>

export interface Verifications {
  one: VerificationRow
  many: VerificationRow
  /** Of `many`. */
  work: Record<'ours' | 'oursElsewhere' | 'oursPlain', Work>
}

/** Verifications through the fetch handlers, in process, on SQLite files with the same settings. */
export async function verification(rounds: number): Promise<Verifications> {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-bench-'))
  const ours = await oursOn(() => sqliteStore({ path: join(folder, 'ours.db') }), USERS)
  const { betterAuthOnSqlite } = await peers()
  const peer = await betterAuthOnSqlite(join(folder, 'better-auth.db'), USERS)
  const bottom = floor(folder, USERS)
  const bottomInSession = floor(folder, USERS, { inSession: true })
  const contenders = {
    floor: bottom,
    floorInSession: bottomInSession,
    ours: ours.verifying({ credential: 'session', scopes: ['wallet:export'] }),
    oursElsewhere: ours.verifying({ credential: 'session of another node', scopes: ['wallet:export'] }),
    oursPlain: ours.verifying({ credential: 'host', scopes: [] }),
    signIn: peer.signIn,
    session: peer.session,
  }
  const one = await sideBySide(contenders, { rounds, acts: USERS, inFlight: 1 })
  const many = await sideBySide(contenders, { rounds, acts: USERS, inFlight: 64 })
  const profiled = { rounds: 10, acts: USERS, inFlight: 64 }
  const work = {
    ours: await workOf(contenders.ours, profiled),
    oursElsewhere: await workOf(contenders.oursElsewhere, profiled),
    oursPlain: await workOf(contenders.oursPlain, profiled),
  }
  await Promise.all([ours.close(), peer.close(), bottom.close(), bottomInSession.close()])
  rmSync(folder, { recursive: true })
  return { one, many, work }
}
