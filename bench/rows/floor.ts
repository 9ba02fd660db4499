import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Contender } from '../rounds.ts'

/**
 * The cost of the bare operations: one read, two durable writes, three HMACs and one signature. `inSession` also checks whether the
 * session was ended, and signs the next session token.
 */
export function floor(folder: string, users: number, { inSession = false } = {}): Contender {
  const database = new DatabaseSync(join(folder, inSession ? 'floor-in-session.db' : 'floor.db'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec(
    'create table devices (user_id text primary key, secret blob not null, last_step int not null)',
  )
  const insert = database.prepare('insert into devices values (?, ?, 0)')
  for (let user = 0; user < users; user++) insert.run(`user-${user}`, randomBytes(20))
  const read = database.prepare('select * from devices where user_id = ?')
  const write = database.prepare('update devices set last_step = last_step + 1 where user_id = ?')
  const { privateKey } = generateKeyPairSync('ed25519')
  const claims = Buffer.from(
    JSON.stringify({ sub: 'x'.repeat(36), exp: 1e9, scope: 'wallet:export', jti: 'y'.repeat(36) }),
  )
  return {
    ready: async (count) =>
      Array.from({ length: count }, (_, act) => async () => {
        const user = `user-${act % users}`
        if (inSession) read.get(user)
        const row = read.get(user)
        if (!(row?.secret instanceof Uint8Array)) throw new Error('no row')
        for (const step of [0, 1, 2]) createHmac('sha1', row.secret).update(String(step)).digest()
        write.run(user)
        write.run(user)
        if (inSession) sign(null, claims, privateKey)
        return sign(null, claims, privateKey)
      }),
    close: async () => database.close(),
  }
}
