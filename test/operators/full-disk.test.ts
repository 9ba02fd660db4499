/** A disk of two megabytes that fills up under a server, its log and its backups. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { causeCode } from '../../src/server/audit/cause-code.ts'
import { postgresStore } from '../../src/server/store/postgres.ts'
import { makeDatabase, query } from '../support/postgres.ts'
import { cli, commandFromSource, type ServerProcess, startServer } from '../support/server-process.ts'
import { type SmallDisk, smallDisk } from '../support/small-disk.ts'
import { oathtool } from '../support/tools.ts'
import { createWorld } from '../support/world.ts'

const SIZE = 2 << 20
const SOME_ROOM = 512 << 10

// Elsewhere there is no small disk to be had; on Linux, one that cannot be made is a failure.
describe.skipIf(process.platform !== 'linux')('on a full disk', () => {
  let disk: SmallDisk
  let env: { DATABASE_URL: string }
  let server: ServerProcess | undefined
  beforeEach(async () => {
    disk = await smallDisk(SIZE)
    env = { DATABASE_URL: `sqlite:${disk.path}/data/test.db` }
  })
  afterEach(async () => {
    await server?.end('SIGKILL')
    server = undefined
    await disk.end()
  })
  const serve = async (more: Record<string, string> = {}) => {
    server = await startServer({ ...env, ...more }, [], undefined, {
      command: commandFromSource(...disk.via, process.execPath),
    })
    return server
  }
  const run = (...args: string[]) =>
    cli(args, env, undefined, commandFromSource(...disk.via, process.execPath))
  const ready = async (of: ServerProcess) => (await fetch(`${of.origin}/readyz`)).status

  it('a server whose disk fills up answers 503 with Retry-After, loses no acknowledged write, and recovers once there is room', async () => {
    const of = await serve()
    const owner = await of.signIn('ann')
    const { body } = await of.call('GET', '/users/mfa/register/totp', { token: owner })
    const enrolled = await of.call('POST', '/users/mfa/auth/totp', {
      token: owner,
      body: { code: oathtool(body.secret) },
    })
    expect([enrolled.status, await ready(of)]).toEqual([200, 200])
    disk.fill(SOME_ROOM)

    const acknowledged: string[] = []
    const refused: Awaited<ReturnType<typeof of.call>>[] = []
    await Promise.all(
      Array.from({ length: 8 }, async (_, lane) => {
        for (let turn = 0; refused.length === 0; turn++) {
          const name = `user-${lane}-${turn}`
          const token = await of.signIn(name)
          const answer = await of.call('GET', '/users/mfa/register/totp', { token })
          if (answer.status === 200) acknowledged.push(name)
          else refused.push(answer)
        }
      }),
    )
    expect(acknowledged.length).toBeGreaterThan(8)
    disk.fill()
    const more = async () => {
      const names = Array.from({ length: 8 }, (_, lane) => `more-${refused.length}-${lane}`)
      const register = async (name: string) => {
        const token = await of.signIn(name)
        refused.push(await of.call('GET', '/users/mfa/register/totp', { token }))
      }
      await Promise.all(names.map(register))
      return ready(of)
    }
    // The last free bytes of SQLite's own log take a write or two more.
    await expect.poll(more, { interval: 10 }).toBe(503)
    const code = oathtool(body.secret, 30)
    refused.push(await of.call('POST', '/users/mfa/auth/totp', { token: owner, body: { code } }))
    for (const { status, body, headers } of refused.filter(({ status }) => status !== 200))
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'server', '2'])
    expect(refused.at(-1)?.status).toBe(503)
    const lines = of.said.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.find(({ type }) => type === 'failed')).toMatchObject({ reason: 'Error SQLITE_FULL' })
    expect(lines.find(({ msg }) => msg === 'error')).toMatchObject({ code: 'SQLITE_FULL' })
    const devices = await of.call('GET', '/users/mfa/methods', { token: owner })
    expect([devices.status, devices.body.devices.length]).toEqual([200, 1])

    disk.free()
    await expect.poll(() => ready(of)).toBe(200)
    const verified = await of.call('POST', '/users/mfa/auth/totp', { token: owner, body: { code } })
    expect(verified.status).toBe(200)
    await of.end('SIGKILL')
    const [list, doctor] = await Promise.all([run('users', 'list'), run('doctor')])
    const listed = new Set(list.out.split('\n').map((line) => line.split('\t')[0]))
    expect(acknowledged.filter((name) => !listed.has(name))).toEqual([])
    expect(doctor).toMatchObject({ code: 0, err: expect.stringContaining('✓ disk') })
  })

  it('a first start on a full disk says so, leaves nothing that breaks a later start, and works once there is room', async () => {
    disk.fill()
    const { code, err } = await run('serve', '--development-identity', '--port', '0')
    expect([code, err]).toEqual([1, expect.stringMatching(/SQLITE_FULL.* disk is full. Make room/)])
    disk.free()
    expect(await ready(await serve())).toBe(200)
  })

  it('a log on a full disk stops no server, and says how many lines are missing once there is room', async () => {
    const database = await smallDisk(SIZE)
    const log = join(disk.outside, 'log')
    const of = await startServer({ DATABASE_URL: `sqlite:${database.path}/test.db` }, [], undefined, {
      command: commandFromSource(
        ...database.via,
        'sh',
        '-c',
        'exec "$@" >>"$0"',
        `/proc/${process.pid}/root${log}`,
        process.execPath,
      ),
    })
    try {
      disk.fill()
      for (let turn = 0; turn < 3; turn++)
        expect((await of.call('GET', '/users/mfa/methods')).status).toBe(401)
      await expect
        .poll(() => of.said.err)
        .toContain('the log cannot be written (ENOSPC). The server keeps running.')
      disk.free()
      expect((await of.call('GET', '/users/mfa/methods')).status).toBe(401)
      const lines = () =>
        readFileSync(log, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      await expect
        .poll(lines)
        .toMatchObject([{ type: 'log_lines_lost', count: 3, level: 50 }, { type: 'credential_refused' }])
    } finally {
      await of.end('SIGKILL')
      await database.end()
    }
  })

  it('every command on a full disk says so in words, and a backup leaves no partial file', async () => {
    const of = await serve()
    await of.call('GET', '/users/mfa/register/totp', { token: await of.signIn('ann') })
    disk.fill()
    const [backup, reset, doctor] = await Promise.all([
      run('backup', `${disk.path}/backup.db`),
      run('users', 'reset', 'ann'),
      run('doctor'),
    ])
    for (const { code, err } of [backup, reset])
      expect([code, err]).toEqual([1, expect.stringMatching(/SQLITE_FULL.*The disk is full. Make room/)])
    expect([doctor.code, doctor.err]).toEqual([1, expect.stringContaining('✗ disk: 0 MB are free')])
    expect(readdirSync(disk.outside)).toEqual(['.filler', 'data'])
  })

  it('doctor and serve say that a disk is mounted read-only, and which one', async () => {
    const of = await serve()
    await of.end()
    const [program = '', ...args] = [...disk.via, 'mount', '-o', 'remount,ro', disk.path]
    execFileSync(program, args)
    const [doctor, start] = await Promise.all([
      run('doctor'),
      run('serve', '--development-identity', '--port', '0'),
    ])
    expect([doctor.code, doctor.err]).toEqual([
      1,
      expect.stringContaining(`✗ disk: ${disk.path}/data is not writable for this user. Correct its owner`),
    ])
    expect([start.code, start.err]).toEqual([1, expect.stringContaining('EROFS: read-only file system')])
  })
})

it('a full disk of PostgreSQL causes 503 with Retry-After and its own code in event and log, and the server tries again', async () => {
  const url = await makeDatabase(inject('postgresUrl'), 'full_disk')
  const world = createWorld(() => postgresStore({ url }))
  const { secret } = await world.enroll('ann')
  // As the database says it: a small disk for it alone would fill with its own log first, and stop it.
  await query(
    url,
    `create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`,
  )
  await query(
    url,
    'create trigger full_disk before insert or update on totp_flow_devices for each row execute function refuse()',
  )
  const verify = () =>
    world.call('POST', '/users/mfa/auth/totp', { as: 'ann', body: { code: world.codeOf(secret) } })
  for (const answer of [await verify(), await world.call('GET', '/users/mfa/register/totp', { as: 'bob' })])
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'server', '2'])
  expect(world.events.at(-1)).toMatchObject({ type: 'failed', reason: 'error 53100' })
  expect(causeCode(world.errors.at(-1)?.error)).toBe('53100')
  await query(url, 'drop trigger full_disk on totp_flow_devices')
  expect((await verify()).status).toBe(200)
  await world.close()
})
