/** A node whose clock is wrong, and is set right: a virtual machine that slept, a board without a battery, NTP that was off. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { fakeClock, hasFakeClock } from '../support/fake-clock.ts'
import { makeDatabase } from '../support/postgres.ts'
import { cli, type ServerProcess, startServer } from '../support/server-process.ts'
import { oathtool } from '../support/tools.ts'

const HOUR = 3600

describe.skipIf(!hasFakeClock)('a clock that is wrong', () => {
  let clock: ReturnType<typeof fakeClock>
  let folder: string
  let server: ServerProcess | undefined
  beforeEach(() => {
    clock = fakeClock()
    folder = mkdtempSync(join(tmpdir(), 'totp-flow-clock-'))
  })
  afterEach(async () => {
    await server?.end('SIGKILL')
    clock.end()
    rmSync(folder, { recursive: true })
  })

  it('a server whose clock jumps ahead by an hour and back signs nobody out, ends the waits of that hour, and accepts right codes again', async () => {
    const env = { DATABASE_URL: `sqlite:${join(folder, 'test.db')}`, ...clock.env }
    const of = await startServer(env)
    server = of
    const enroll = async (account: string, seconds = 0) => {
      const token = await of.signIn(account)
      const { secret } = (await of.call('GET', '/users/mfa/register/totp', { token })).body
      const { status } = await verify(token, oathtool(secret, seconds))
      return { token, secret, status }
    }
    const verify = (token: string, code: string) =>
      of.call('POST', '/users/mfa/auth/totp', { token, body: { code } })
    const lists = async (token: string) => (await of.call('GET', '/users/mfa/methods', { token })).status
    const ann = await enroll('ann')
    expect(ann.status).toBe(200)

    clock.set(HOUR)
    for (let turn = 0; turn < 5; turn++)
      expect((await verify(ann.token, oathtool(ann.secret, 30))).body.reason).toBe('invalid_code')
    expect((await verify(ann.token, oathtool(ann.secret, HOUR))).status).toBe(429)
    const bob = await enroll('bob', HOUR)
    expect([bob.status, await lists(ann.token)]).toEqual([200, 200])

    clock.set(0)
    expect((await verify(ann.token, oathtool(ann.secret, 30))).status).toBe(200)
    expect([await lists(ann.token), await lists(bob.token)]).toEqual([200, 200])
    const cat = await enroll('cat')
    expect(cat.status).toBe(200)

    clock.set(-HOUR)
    expect([await lists(ann.token), await lists(cat.token)]).toEqual([200, 200])
    expect((await verify(cat.token, oathtool(cat.secret, -HOUR))).body.reason).toBe('code_reused')
    const doctor = await cli(['doctor'], env)
    expect([doctor.code, doctor.err]).toEqual([
      1,
      expect.stringMatching(/✗ clock: .*7\d\d\d s in the future/),
    ])
  })

  it('doctor compares the clock with that of PostgreSQL, and says by how much it is off', async () => {
    const env = {
      DATABASE_URL: await makeDatabase(inject('postgresUrl'), 'clocks'),
      TOTP_FLOW_MASTER_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
    }
    expect((await cli(['migrate', '--new-database'], env)).code).toBe(0)
    clock.set(HOUR)
    const [right, fast] = await Promise.all([cli(['doctor'], env), cli(['doctor'], { ...env, ...clock.env })])
    expect([right.code, right.err]).toEqual([0, expect.stringContaining('✓ clock\n')])
    expect([fast.code, fast.err]).toEqual([
      1,
      expect.stringMatching(/✗ clock: this node is 3\d\d\d s ahead of the database. Set both by NTP/),
    ])
  })
})
