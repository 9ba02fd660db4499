/**
 * `kill -9` at random moments under load. TOTP_FLOW_KILLS sets how many; the ordinary run does some. Two users of three keep
 * their device, so that what they were promised can be looked for.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, it, vi } from 'vitest'
import { authenticator } from '../../src/testing/authenticator.ts'
import { makeDatabase, query } from '../support/postgres.ts'
import { cli, type ServerProcess, startServer } from '../support/server-process.ts'

const KILLS = Number(process.env.TOTP_FLOW_KILLS ?? 20)
vi.setConfig({ testTimeout: 60_000 + KILLS * 5000 })

const UNLINK = 'credential:unlink'
const codeOf = (secret: string, stepsAhead = 0) => authenticator(secret).code(stepsAhead)

/** What one user was told, and so what must be so after the crash. */
interface Promised {
  account: string
  enrolled?: { id: string; secret: string }
  spent: string[]
  /** `asked` when the crash came before the answer: then either is right. */
  removal?: 'asked' | 'done'
  recoveryCode?: string
}

/** Enrolls, verifies, recovers and removes, noting what is acknowledged, until the server is gone. */
async function live(server: ServerProcess, promised: Promised, removes: boolean): Promise<void> {
  const token = await server.signIn(promised.account)
  const post = (path: string, body: unknown) => server.call('POST', path, { token, body })
  const { id, secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
  const first = codeOf(secret)
  const verified = await post('/users/mfa/auth/totp', { code: first })
  if (verified.status !== 200) throw new Error(`not enrolled: ${verified.status}`)
  promised.enrolled = { id, secret }
  promised.spent.push(first)
  const [recoveryCode] = verified.body.recoveryCodes
  const recovered = await post('/users/mfa/auth/recovery', { code: recoveryCode, requestedScopes: [UNLINK] })
  if (recovered.status !== 200) throw new Error(`not recovered: ${recovered.status}`)
  promised.recoveryCode = recoveryCode
  const second = codeOf(secret, 1)
  if ((await post('/users/mfa/auth/totp', { code: second })).status === 200) promised.spent.push(second)
  if (!removes) return
  promised.removal = 'asked'
  const headers = { 'x-dyn-elevated-access-token': recovered.body.elevatedAccessToken }
  const removed = await server.call('DELETE', `/users/mfa/${id}`, { token, headers })
  if (removed.status === 204) promised.removal = 'done'
}

async function check(server: ServerProcess, { account, enrolled, spent, removal, recoveryCode }: Promised) {
  const token = await server.signIn(account)
  const { devices } = (await server.call('GET', '/users/mfa', { token })).body
  if (removal === 'done') expect([account, devices]).toEqual([account, []])
  if (enrolled && removal === undefined) expect(devices).toMatchObject([{ id: enrolled.id, verified: true }])
  for (const code of spent) {
    const { status } = await server.call('POST', '/users/mfa/auth/totp', { token, body: { code } })
    expect([account, code, status === 200]).toEqual([account, code, false])
  }
  if (recoveryCode) {
    const { status } = await server.call('POST', '/users/mfa/auth/recovery', {
      token,
      body: { code: recoveryCode },
    })
    expect([account, status === 200]).toEqual([account, false])
  }
}

it.concurrent.each(['SQLite', 'PostgreSQL'])(
  'every acknowledged enrollment, removal and used code survives kill -9 on %s',
  async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'totp-flow-crash-'))
    const name = `crash_${crypto.randomUUID().replaceAll('-', '_')}`
    const env = {
      DATABASE_URL:
        kind === 'SQLite'
          ? `sqlite:${join(folder, 'crash.db')}`
          : await makeDatabase(inject('postgresUrl'), name),
      TOTP_FLOW_MASTER_KEY_FILE: join(folder, 'master.key'),
      LOG_LEVEL: 'silent',
      NODE_COMPILE_CACHE: join(folder, 'compiled'), // a start takes half the time
    }
    expect((await cli(['migrate'], env, folder)).code).toBe(0) // ends in peace, and so fills that cache
    const looked = { kept: 0, spent: 0, removed: 0 }
    let server = await startServer(env, [], folder)
    for (let round = 0; round < KILLS; round++) {
      const promises: Promised[] = []
      // A random moment, counted in what was done rather than in time, so that it falls amid work on any machine.
      const moment = 1 + Math.random() * 24
      const amidWork = Promise.withResolvers<void>()
      let isOver = false
      const workers = Array.from({ length: 8 }, async (_, worker) => {
        for (let turn = 0; !isOver; turn++) {
          const promised: Promised = { account: `u${round}-${worker}-${turn}`, spent: [] }
          if (promises.push(promised) > moment) amidWork.resolve()
          const end = await live(server, promised, (turn + worker) % 3 === 0).then(
            () => 'lived',
            (error: Error) => error.message,
          )
          if (!/lived|fetch failed|terminated/.test(end)) throw new Error(end)
        }
      })
      await Promise.race([amidWork.promise, ...workers])
      const killed = server.end('SIGKILL')
      isOver = true
      await Promise.all([killed, ...workers])
      server = await startServer(env, [], folder)
      await Promise.all(promises.map((promised) => check(server, promised)))
      for (const { enrolled, removal, spent } of promises) {
        if (removal === 'done') looked.removed++
        else if (enrolled && !removal) {
          looked.kept++
          looked.spent += spent.length
        }
      }
    }
    expect(looked.kept).toBeGreaterThan(KILLS)
    expect(looked.spent).toBeGreaterThan(KILLS)
    expect(looked.removed).toBeGreaterThan(0)
    await server.end()
    rmSync(folder, { recursive: true })
    if (kind === 'PostgreSQL') await query(inject('postgresUrl'), `drop database ${name} with (force)`)
  },
)
