import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTotpServer } from '../../src/server/index.ts'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { type ServerProcess, startServer } from '../../test/support/server-process.ts'
import { inTurn, quantile } from '../rounds.ts'

const MASTER_KEY = createHash('sha256').update('bench').digest('base64')
const ISSUER = 'Bench'
/** Users per round and number of processes, since each code works once. */
const USERS = 100
const ROUNDS = 3
const IN_FLIGHT = 32

export interface NodesRow {
  processes: number
  perSecond: number
  /** Wrong answers: neither an acceptance nor, for a repeated code, a rejection. */
  wrongAnswers: number
  acceptedTwice: number
}

/** One PostgreSQL with durable commits, and a number of `totp-flow serve` processes on it, over HTTP. */
export async function nodes(
  counts: readonly number[],
): Promise<{ rows: NodesRow[]; residentMegabytes: { atStart: number; afterLoad: number } }> {
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-bench-'))
  const postgres = await startPostgres({ durable: true })
  const crowd = await enrolled(postgres.url, USERS * counts.length * ROUNDS)
  const env = { DATABASE_URL: postgres.url, TOTP_FLOW_MASTER_KEY: MASTER_KEY, LOG_LEVEL: 'error' }
  const processes: ServerProcess[] = []
  for (let count = 0; count < Math.max(...counts); count++)
    processes.push(await startServer(env, ['--issuer', ISSUER], folder))
  const atStart = residentMegabytes(processes[0]?.child.pid)

  const seen = counts.map((count, index) => ({
    count,
    users: crowd.slice(index * USERS * ROUNDS, (index + 1) * USERS * ROUNDS),
    speeds: [] as number[],
    wrongAnswers: 0,
    acceptedTwice: 0,
  }))
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of seen) {
      const users = row.users.slice(round * USERS, (round + 1) * USERS)
      const sent = users.map(({ token, codes }) => ({ token, code: codes.code() }))
      const to = (index: number) => processes[index % row.count]?.api ?? ''
      const startedAt = performance.now()
      const answers = await inTurn(sent, IN_FLIGHT, ({ token, code }, index) =>
        verify(to(index), token, code),
      )
      row.speeds.push((sent.length / (performance.now() - startedAt)) * 1000)
      const again = await inTurn(sent, IN_FLIGHT, ({ token, code }, index) =>
        verify(to(index + 1), token, code),
      )
      row.wrongAnswers +=
        answers.filter((status) => status !== 200).length +
        again.filter((status) => status !== 200 && status !== 400).length
      row.acceptedTwice += again.filter((status, index) => status === 200 && answers[index] === 200).length
    }
  }
  const afterLoad = residentMegabytes(processes[0]?.child.pid)
  await Promise.all(processes.map((process) => process.end()))
  await postgres.stop()
  rmSync(folder, { recursive: true })
  return {
    rows: seen.map(({ count, speeds, wrongAnswers, acceptedTwice }) => ({
      processes: count,
      perSecond: quantile(speeds, 0.5),
      wrongAnswers,
      acceptedTwice,
    })),
    residentMegabytes: { atStart, afterLoad },
  }
}

async function verify(api: string, token: string, code: string): Promise<number> {
  const response = await fetch(`${api}/users/mfa/auth/totp`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ code, requestedScopes: ['wallet:export'] }),
  })
  await response.arrayBuffer()
  return response.status
}

/** Users who enrolled ten minutes ago, so that every current code is unused. */
async function enrolled(url: string, count: number) {
  const clock = () => Date.now() - 600_000
  const server = createTotpServer({
    store: postgresStore({ url }),
    issuer: ISSUER,
    masterKey: MASTER_KEY,
    identity: (credential) => ({ userId: credential, account: `${credential}@example.com` }),
    clock,
  })
  await server.ready()
  const users = Array.from({ length: count }, (_, index) => `user-${index}`)
  const crowd = await inTurn(users, 8, async (credential) => {
    const call = (path: string, body?: unknown) =>
      server.fetch(
        new Request(`http://bench.local/api/v0/sdk/default${path}`, {
          method: body ? 'POST' : 'GET',
          headers: { authorization: `Bearer ${credential}` },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        }),
      )
    const { secret } = await (await call('/users/mfa/register/totp')).json()
    const code = authenticator(secret, { clock: { now: clock } }).code()
    const { minifiedJwt } = await (await call('/users/mfa/auth/totp', { code })).json()
    return { token: String(minifiedJwt), codes: authenticator(secret) }
  })
  await server.close()
  return crowd
}

/** The CPU time of a process, as Linux counts it. */
function residentMegabytes(pid: number | undefined): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}
