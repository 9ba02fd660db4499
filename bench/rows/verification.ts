import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Contender, type Figures, sideBySide } from '../rounds.ts'
import { floor } from './floor.ts'
import { oursOnSqlite } from './ours.ts'

/** What bench/peers/better-auth.ts gives; it is not part of this program's types, since peers are installed in bench/ only. */
export interface BetterAuthPeer {
  signIn: Contender
  session: Contender
  close(): Promise<void>
}

const USERS = 200

export type VerificationRow = Record<
  'floor' | 'floorInSession' | 'ours' | 'oursElsewhere' | 'oursPlain' | 'signIn' | 'session',
  Figures
>

/** Verifications through the fetch handler, in process, on SQLite files with the same settings. */
export async function verification(rounds: number): Promise<{ one: VerificationRow; many: VerificationRow }> {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-bench-'))
  const peers: { betterAuthPeer(folder: string, users: number): Promise<BetterAuthPeer> } = await import(
    new URL('../peers/better-auth.ts', import.meta.url).href
  )
  const ours = await oursOnSqlite(folder, USERS)
  const peer = await peers.betterAuthPeer(folder, USERS)
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
  await Promise.all([ours.close(), peer.close(), bottom.close(), bottomInSession.close()])
  rmSync(folder, { recursive: true })
  return { one, many }
}
