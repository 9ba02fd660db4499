/** Four server processes on one PostgreSQL that is restarted under them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isErrorCode, TotpFlowError } from '../../src/contract/errors.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { type PostgresServer, query, startPostgres } from '../support/postgres.ts'
import { cli, type ServerProcess, startServer } from '../support/server-process.ts'

const NODES = 4
let folder: string
let postgres: PostgresServer
let env: Record<string, string>
let nodes: ServerProcess[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-nodes-'))
  postgres = await startPostgres({ durable: true })
  env = {
    DATABASE_URL: postgres.url,
    TOTP_FLOW_MASTER_KEY_FILE: join(folder, 'master.key'),
    LOG_LEVEL: 'error',
  }
  // All at once, on an empty database and without a key file: they must agree on schema, signing key and master key.
  nodes = await Promise.all(Array.from({ length: NODES }, () => startServer(env, [], folder)))
})
afterAll(async () => {
  const codes = await Promise.all(nodes.map((node) => node.end()))
  await postgres.stop()
  rmSync(folder, { recursive: true })
  expect(codes).toEqual([0, 0, 0, 0])
})

const node = (index: number): ServerProcess => {
  const chosen = nodes[index % NODES]
  if (!chosen) throw new Error('no node')
  return chosen
}
const codeOf = (secret: string, stepsAhead = 0) => authenticator(secret).code(stepsAhead)

async function enroll(account: string) {
  const token = await node(0).signIn(account)
  const { id, secret } = (await node(1).call('GET', '/users/mfa/register/totp', { token })).body
  const verified = await node(2).call('POST', '/users/mfa/auth/totp', {
    token,
    body: { code: codeOf(secret) },
  })
  expect(verified.status).toBe(200)
  return {
    token,
    id: String(id),
    secret: String(secret),
    recoveryCodes: verified.body.recoveryCodes as string[],
  }
}
const countBy = <Item>(items: readonly Item[], key: (item: Item) => string) =>
  Object.fromEntries(
    [...new Set(items.map(key))]
      .sort()
      .map((name) => [name, items.filter((item) => key(item) === name).length]),
  )

/** `count` jobs, `width` of them at a time. */
async function inBatches<Result>(count: number, width: number, job: (index: number) => Promise<Result>) {
  const results: Result[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let index = next++; index < count; index = next++) results[index] = await job(index)
    }),
  )
  return results
}

it('four nodes that start at once make one schema, one signing key and one master key', async () => {
  const sets = await Promise.all(
    nodes.map(async ({ origin }) => (await fetch(`${origin}/.well-known/jwks.json`)).text()),
  )
  expect(new Set(sets).size).toBe(1)
  expect(JSON.parse(sets[0] ?? '').keys).toHaveLength(1)
})

it('four nodes accept a code that is sent to them 200 times in parallel once', async () => {
  const { token, secret } = await enroll('once')
  const code = codeOf(secret, 1)
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      node(index).call('POST', '/users/mfa/auth/totp', { token, body: { code } }),
    ),
  )
  expect(countBy(answers, ({ status, body }) => `${status} ${body.code ?? ''}`)).toEqual({
    '200 ': 1,
    '400 mfa_invalid_code': 199,
  })
})

it('four nodes check five of 1,000 wrong codes sent in parallel, and slow nobody else', async () => {
  const { token, secret } = await enroll('guessed')
  const other = await enroll('other')
  const right = [-1, 0, 1, 2].map((steps) => codeOf(secret, steps))
  const wrong = Array.from({ length: 1004 }, (_, index) => String(index).padStart(6, '0'))
    .filter((code) => !right.includes(code))
    .slice(0, 1000)
  const answers = await Promise.all(
    wrong.map((code, index) => node(index).call('POST', '/users/mfa/auth/totp', { token, body: { code } })),
  )
  expect(countBy(answers, ({ status, body }) => `${status} ${body.code}`)).toEqual({
    '400 mfa_invalid_code': 5,
    '429 mfa_rate_limited': 995,
  })
  const throttled = answers.filter(({ status }) => status === 429)
  expect(throttled.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true)
  const others = await node(3).call('POST', '/users/mfa/auth/totp', {
    token: other.token,
    body: { code: codeOf(other.secret, 1) },
  })
  expect(others.status).toBe(200)
})

it('four nodes keep one pending device of 500 parallel registrations, and none next to a verified one', async () => {
  const token = await node(0).signIn('eager')
  const register = (index: number) => node(index).call('GET', '/users/mfa/register/totp', { token })
  const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => register(index)))
  // All wait for the user's row: on a slow machine the last of them run out of time, and may try again.
  const refused = answers.filter(({ status }) => status !== 200)
  expect(refused.length).toBeLessThan(answers.length)
  for (const { body } of refused)
    expect(isErrorCode(body.code) && new TotpFlowError(body.code).retryable).toBe(true)
  const { body } = await node(1).call('GET', '/users/mfa', { token })
  expect(body.count).toBe(1)
  const kept = answers.find((answer) => answer.body.id === body.devices[0].id)?.body
  const verified = await node(2).call('POST', '/users/mfa/auth/totp', {
    token,
    body: { code: codeOf(kept.secret) },
  })
  expect(verified.status).toBe(200)
  const late = await Promise.all(Array.from({ length: 40 }, (_, index) => register(index)))
  expect(countBy(late, (answer) => `${answer.status} ${answer.body.code}`)).toEqual({
    '409 device_limit': 40,
  })
})

it('four nodes consume a recovery code, and a proof of removal, once', async () => {
  const { token, id, recoveryCodes } = await enroll('lost')
  const [code] = recoveryCodes
  const body = { code, requestedScopes: ['credential:unlink'] }
  const recovered = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      node(index).call('POST', '/users/mfa/auth/recovery', { token, body }),
    ),
  )
  const accepted = recovered.filter(({ status }) => status === 200)
  expect(accepted).toHaveLength(1)
  const headers = { 'x-dyn-elevated-access-token': String(accepted[0]?.body.elevatedAccessToken) }
  const removed = await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      node(index).call('DELETE', `/users/mfa/${id}`, { token, headers }),
    ),
  )
  expect(removed.filter(({ status }) => status === 204)).toHaveLength(1)
  expect((await node(2).call('GET', '/users/mfa', { token })).body.count).toBe(0)
})

it('four nodes end a session everywhere, and take up a new signing key without a restart', async () => {
  const ended = await node(0).signIn('leaving')
  expect((await node(1).call('POST', '/revoke', { token: ended })).status).toBe(204)
  const statuses = await Promise.all(nodes.map((each) => each.call('GET', '/users', { token: ended })))
  expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 401])

  expect((await cli(['keys', 'rotate', '--at-once'], env, folder)).code).toBe(0)
  const fresh = await startServer(env, [], folder) // knows the new key from its start
  const token = await fresh.signIn('staying')
  expect(
    (await fetch(`${fresh.origin}/.well-known/jwks.json`).then((response) => response.json())).keys[0].kid,
  ).toBe(decodeProtectedHeader(token).kid)
  await expect
    .poll(async () => {
      const seen = await Promise.all(nodes.map((each) => each.call('GET', '/users', { token })))
      return seen.map(({ status }) => status)
    })
    .toEqual([200, 200, 200, 200])
  expect(await fresh.end()).toBe(0)
})

it('four nodes answer with typed, retryable errors while PostgreSQL restarts and cuts connections, and accept no code twice', async () => {
  const users = await inBatches(240, 24, (index) => enroll(`load-${index}`))
  const kinds = new Set<string>()
  let verifiedUsers = 0
  const isDefinite = (status: number) => status !== 503
  /** One fresh code, sent to three nodes at once, and again to whichever failed, until each has said yes or no. */
  const verify = async ({ token, secret }: { token: string; secret: string }) => {
    const code = codeOf(secret, 1)
    const send = async (index: number): Promise<number> => {
      const { status, body } = await node(index).call('POST', '/users/mfa/auth/totp', {
        token,
        body: { code },
      })
      kinds.add(`${status} ${body.reason ?? body.code ?? ''}`)
      return isDefinite(status) ? status : send(index + 1)
    }
    const statuses = await Promise.all([0, 1, 2].map(send))
    verifiedUsers++
    return statuses.filter((status) => status === 200).length
  }
  const load = inBatches(users.length, 12, (index) => verify(users[index] ?? expect.unreachable()))
  const reached = (count: number) =>
    expect.poll(() => verifiedUsers, { timeout: 60_000, interval: 2 }).toBeGreaterThan(count)
  await reached(30)
  await postgres.restart()
  await reached(120)
  const cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'totp-flow'"
  for (let count = 0; count < 5; count++) await query(postgres.url, cut)
  const accepted = await load
  // None twice. None at all is possible where the connection broke between a commit and its answer: the code is spent then.
  expect(accepted.filter((times) => times > 1)).toEqual([])
  expect(accepted.filter((times) => times === 1).length).toBeGreaterThan(200)
  expect([...kinds].filter((kind) => !['200 ', '400 code_reused', '503 server'].includes(kind))).toEqual([])
  const again = await inBatches(users.length, 24, async (index) => {
    const { token, secret } = users[index] ?? expect.unreachable()
    return (
      await node(index).call('POST', '/users/mfa/auth/totp', { token, body: { code: codeOf(secret, -1) } })
    ).status
  })
  expect(new Set(again)).toEqual(new Set([400]))
})
