import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { openData } from '../../src/cli/common.ts'
import { commands } from '../../src/cli/main.ts'
import { newMasterKey } from '../../src/server/crypto/secrets.ts'
import { createTotpServer } from '../../src/server/index.ts'
import { sqliteStore } from '../../src/server/store/sqlite.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { command } from '../support/cli-in-process.ts'
import { dumpDatabase, makeDatabase, query } from '../support/postgres.ts'
import { cli, type ServerProcess, startServer } from '../support/server-process.ts'
import { masterKeyOf } from '../support/world.ts'

let folder: string
const running: ServerProcess[] = []
const started = async (env: Record<string, string>, args: string[] = []) => {
  const server = await startServer(env, args, folder)
  running.push(server)
  return server
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-cli-'))
})
afterEach(async () => {
  for (const server of running.splice(0)) await server.end('SIGKILL')
  rmSync(folder, { recursive: true })
})
const sqlite = () => ({ DATABASE_URL: `sqlite:${join(folder, 'test.db')}` })
/** Changes what is stored, as no server does. */
const tamper = (sql: string) => {
  const database = new DatabaseSync(join(folder, 'test.db'))
  database.exec(sql)
  database.close()
}
const codeOf = (secret: string, stepsAhead = 0) => authenticator(secret).code(stepsAhead)

describe('the command line', () => {
  it('--help prints the options of each command and changes no file', async () => {
    const names = [
      'serve',
      'keys rotate',
      'users reset',
      'users end-sessions',
      'migrate',
      'backup',
      'restore',
      'doctor',
    ]
    const told = await Promise.all(names.map((name) => cli([...name.split(' '), '--help'], {}, folder)))
    for (const { code, out } of told) {
      expect(code).toBe(0)
      expect(out).toContain('--database <url>')
    }
    expect(readdirSync(folder)).toEqual([])
  })

  it('totp-flow without a command prints its commands, and --version its version', async () => {
    expect(await cli([])).toMatchObject({ code: 0, out: expect.stringContaining('keys rotate') })
    expect((await cli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  const mistakes: [string[], number, string][] = [
    [['sreve'], 2, 'There is no command'],
    [['serve', '--prot', '1'], 2, "Unknown option '--prot'. See totp-flow serve --help"],
    [['serve', '--port', 'http'], 2, '--port (PORT) must be a number'],
    [['serve', '--port', ''], 2, '--port (PORT) must be a number'],
    [['serve'], 2, 'give --identity-jwks'],
    [['serve', '--host', '0.0.0.0'], 2, 'needs an identity provider'],
    [['serve', '--identity-issuer', 'x'], 2, 'belong together'],
    [['serve', '--cors-origin', 'example.com'], 2, 'must look like https://app.example.com'],
    [['serve', '--environment', '../x'], 2, '--environment takes letters'],
    [['serve', '--algorithm', 'HS256'], 2, 'EdDSA or ES256'],
    [['serve', 'serve'], 2, "Unexpected argument 'serve'"],
    [['serve', '--trust-proxy', 'notanip'], 2, '--trust-proxy takes loopback or IP addresses'],
    [
      ['serve', '--trust-proxy', 'loopback', '--trust-proxy', '10.0.0.7'],
      2,
      'takes loopback only on its own',
    ],
    [['serve', '--scope', 'wallet:sign'], 2, '--scope must look like wallet:sign=often'],
    [['serve', '--scope', 'wallet:sign=often/0'], 2, 'Correct wallet:sign=often/0.'],
    [['serve', '--scope', 'wallet:sign=often/3601'], 2, 'Correct wallet:sign=often/3601.'],
    [['serve', '--scope', 'Wallet sign=once'], 2, 'Correct Wallet sign=once.'],
    [['serve', '--scope', '__proto__=once'], 2, 'Correct __proto__=once.'],
    [['serve', '--scope', 'credential:unlink=off'], 2, 'the server needs credential:unlink itself'],
    [['serve', '--development-identity', '--database', 'mysql://x'], 1, 'DATABASE_URL must look like'],
    [
      ['migrate', '--database', 'postgres://nobody@127.0.0.1:1/x'],
      1,
      'cannot be migrated (connect ECONNREFUSED',
    ],
    [['serve', '--mfa-grace-until', '2027-01-31T00:00:00Z'], 2, '--mfa-grace-until needs --mfa-required'],
    [
      ['serve', '--mfa-required', '--mfa-if-enrolled'],
      2,
      'Give --mfa-required or --mfa-if-enrolled, not both.',
    ],
    [['serve', '--mfa-required', '--mfa-grace-until', '2027-01-31'], 2, 'and Z or an offset'],
    [['keys', 'rotate'], 1, 'There is no database in ./data/totp-flow.db'],
    [['keys', 'rotate', '--resume'], 2, '--resume needs --master'],
    [['keys', 'rotate', '--master', '--revoke-old'], 2, 'are for signing keys'],
    [['keys'], 2, 'Use totp-flow keys rotate'],
    [['serve', '--issuer', ' '], 2, '--issuer must be a name'],
    [['serve', '--issuer', 'x'.repeat(500)], 2, '--issuer must be a name'],
  ]
  it('each usage mistake exits with its code and one line that says how to fix it', async () => {
    const answers = await Promise.all(
      mistakes.map(async ([args]) => ({ args, ...(await cli(args, {}, folder)) })),
    )
    for (const [index, [args, exit, words]] of mistakes.entries()) {
      expect(answers[index]).toEqual({ args, code: exit, out: '', err: expect.stringContaining(words) })
      expect(answers[index]?.err.trim().split('\n')).toHaveLength(1)
    }
  })

  const takers = commands.flatMap(({ name, takes }) => (takes ? [[name, takes.split(' ')] as const] : []))
  it.each(takers)('%s with more words than it takes does nothing', async (name, takes) => {
    const env = { DATABASE_URL: `sqlite:${join(folder, 'none.db')}` }
    const { code, out, err } = await command([...name.split(' '), ...takes, 'Smith'], env)
    expect([code, out, err]).toEqual([
      2,
      '',
      `totp-flow ${name} takes ${takes.join(' ')}, and no word more. Put quotes around what has spaces.\n`,
    ])
  })

  it('a switch in the environment takes any usual spelling of on and off, and rejects anything else', async () => {
    const { code, err } = await cli(
      ['serve', '--development-identity'],
      { TOTP_FLOW_MFA_REQUIRED: 'maybe' },
      folder,
    )
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('TOTP_FLOW_MFA_REQUIRED') })
    const server = await started({ ...sqlite(), TOTP_FLOW_MFA_REQUIRED: 'On' })
    expect((await server.call('GET', '/settings')).body.security.mfa.required).toBe(true)
  })

  it('help <command> prints the same as <command> --help', async () => {
    expect(await cli(['help', 'keys', 'rotate'])).toEqual(await cli(['keys', 'rotate', '--help']))
  })

  it('serve never prints the password of an unreachable database', async () => {
    const { code, err } = await cli(
      ['serve', '--development-identity'],
      { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' },
      folder,
    )
    expect(code).toBe(1)
    expect(err).not.toContain('hunter2')
    expect(readdirSync(folder)).toEqual([]) // no key either: nobody said that the database is empty
  })

  it('serve never prints a password from the query of a database URL', async () => {
    const { host, username, password, pathname } = new URL(
      await makeDatabase(inject('postgresUrl'), `cli_${crypto.randomUUID().replaceAll('-', '_')}`),
    )
    const server = await started({
      DATABASE_URL: `postgres://${host}${pathname}?user=${username}&password=${password}&application_name=hidden`,
    })
    expect(server.said.err).toContain(`data in PostgreSQL at ${host}${pathname}, master key`)
    expect(server.said.err).not.toMatch(/hidden|password/)
    await server.end()
    await query(inject('postgresUrl'), `drop database ${pathname.slice(1)} with (force)`)
  })
})

describe('serve', () => {
  it('serve starts without configuration, prints its choices, and keeps its key private', async () => {
    const server = await started({})
    expect(server.said.err).toMatch(/Made a new master key in data\/master\.key/)
    expect(server.said.err).toMatch(/data in sqlite:\.\/data\/totp-flow\.db/)
    expect(server.said.err).toMatch(/DEVELOPMENT identity/)
    for (const file of readdirSync(join(folder, 'data'))) {
      expect([file, (statSync(join(folder, 'data', file)).mode & 0o777).toString(8)]).toEqual([file, '600'])
    }
    for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json', '/api/v0/openapi.json']) {
      expect((await fetch(server.origin + path)).status).toBe(200)
    }
  })

  it('serve makes no key file for an in-memory database', async () => {
    const server = await started({ DATABASE_URL: 'sqlite::memory:' })
    expect(server.said.err).toContain('data in sqlite::memory:, master key as long as the process')
    const token = await server.signIn('ann')
    const { secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
    const body = { code: codeOf(secret) }
    expect((await server.call('POST', '/users/mfa/auth/totp', { token, body })).status).toBe(200)
    expect(await server.end()).toBe(0)
    expect(readdirSync(folder)).toEqual([])
  })

  it('six servers started at once in an empty folder agree on one database, one master key and one signing key', async () => {
    const servers = await Promise.all(Array.from({ length: 6 }, () => started({})))
    const sets = await Promise.all(
      servers.map(async ({ origin }) => (await fetch(`${origin}/.well-known/jwks.json`)).text()),
    )
    expect(new Set(sets).size).toBe(1)
    expect(servers.filter(({ said }) => said.err.includes('Made a new master key'))).toHaveLength(1)
    const files = readdirSync(join(folder, 'data')).filter((file) => !/-(shm|wal)$/.test(file))
    expect(files.toSorted()).toEqual(['master.key', 'totp-flow.db'])
    expect((await cli(['doctor'], {}, folder)).code).toBe(0)
  })

  it('serve reads the allowed scopes and their lifetimes from its configuration', async () => {
    const env = {
      ...sqlite(),
      TOTP_FLOW_SCOPES: 'report:read=often/90, wallet:export=once/20,user:delete=off',
    }
    const server = await started(env)
    const token = await server.signIn('ann')
    const { secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
    const verify = (stepsAhead: number, requestedScopes: string[]) =>
      server.call('POST', '/users/mfa/auth/totp', {
        token,
        body: { code: codeOf(secret, stepsAhead), requestedScopes },
      })
    expect((await verify(0, ['user:delete'])).body.code).toBe('scope_not_allowed')
    const won = [await verify(0, ['report:read']), await verify(1, ['report:read', 'wallet:export'])]
    const claims = won.map(({ body }) => decodeJwt(body.elevatedAccessToken))
    expect(claims.map(({ singleUse, exp = 0, iat = 0 }) => [singleUse, exp - iat])).toEqual([
      [false, 90],
      [true, 20],
    ])
  })

  it('serve --link-required registers nobody without an elevation, which another server on the same data can mint', async () => {
    const server = await started(sqlite(), ['--link-required'])
    const token = await server.signIn('ann')
    const register = (headers = {}) => server.call('GET', '/users/mfa/register/totp', { token, headers })
    expect(await register()).toMatchObject({ status: 401, body: { code: 'elevation_required' } })
    const host = createTotpServer({
      store: sqliteStore({ path: join(folder, 'test.db') }),
      issuer: 'totp-flow',
      masterKey: readFileSync(join(folder, 'master.key'), 'utf8'),
      identity: () => null,
    })
    const ann = { userId: 'ann', account: 'ann' }
    const headers = { 'x-dyn-elevated-access-token': await host.mintElevation(ann, ['credential:link']) }
    await host.close()
    expect((await register(headers)).status).toBe(200)
    expect((await register(headers)).status).toBe(401) // spent
  })

  it('serve finishes the request in progress on SIGTERM, accepts no new one, and exits with 0', async () => {
    const server = await started(sqlite())
    const token = await server.signIn('ann')
    const body = JSON.stringify({ scope: 'wallet:sign' })
    const { hostname, port, pathname } = new URL(`${server.api}/stepUp/check`)
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n${body.slice(0, 5)}`,
    )
    await expect.poll(() => answer).toContain('100 Continue')
    const ended = server.end('SIGTERM')
    await expect.poll(() => server.said.err).toContain('finishing requests in progress')
    await expect
      .poll(() =>
        fetch(`${server.origin}/healthz`).then(
          () => 'taken',
          () => 'refused',
        ),
      )
      .toBe('refused')
    socket.write(body.slice(5))
    await once(socket, 'close')
    expect(answer).toContain('HTTP/1.1 200')
    expect(answer).toContain('"isRequired":true')
    expect(await ended).toBe(0)
  })

  const unfinishedCall = async (server: ServerProcess) => {
    const token = await server.signIn('ann')
    const { hostname, port, pathname } = new URL(`${server.api}/stepUp/check`)
    const socket = connect(Number(port), hostname).on('error', () => {})
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-length: 30\r\nexpect: 100-continue\r\n\r\n{"a`,
    )
    await expect.poll(() => answer).toContain('100 Continue')
    return socket
  }

  it('serve exits with 1 after --shutdown-seconds, even if a client keeps a connection open', async () => {
    const server = await started(sqlite(), ['--shutdown-seconds', '1'])
    const socket = await unfinishedCall(server)
    const cut = once(socket, 'close')
    expect(await server.end('SIGTERM')).toBe(1)
    await cut
    expect(server.said.err).toContain('some requests did not finish within 1 s')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('serve exits at once on SIGTERM followed by %s', async (second) => {
    const server = await started(sqlite(), ['--shutdown-seconds', '3600'])
    const socket = await unfinishedCall(server)
    const ended = server.end('SIGTERM')
    await expect.poll(() => server.said.err).toContain('finishing requests in progress')
    server.child.kill(second)
    await ended
    expect(server.child.signalCode).toBe(second)
    socket.destroy()
  })

  it('serve stops as soon as no request is in progress, however long it could wait', async () => {
    const server = await started(sqlite(), ['--shutdown-seconds', '3600'])
    expect(await server.end('SIGTERM')).toBe(0)
  })

  it('serve rejects data encrypted under another master key, and says so', async () => {
    const first = await started(sqlite())
    await first.end()
    const { code, err } = await cli(
      ['serve', '--development-identity', '--port', '0'],
      { ...sqlite(), TOTP_FLOW_MASTER_KEY: masterKeyOf(1) },
      folder,
    )
    expect(code).toBe(1)
    expect(err).toContain('another master key')
    expect(err.trim().split('\n')).toHaveLength(1)
  })

  it('serve refuses to start when the key of its data is missing, and makes no other key', async () => {
    const first = await started(sqlite())
    await first.end()
    rmSync(join(folder, 'master.key'))
    const { code, err } = await cli(['serve', '--development-identity', '--port', '0'], sqlite(), folder)
    expect(code).toBe(1)
    expect(err.trim()).toBe(
      `There is no master key in ${join(folder, 'master.key')}. For a new database, totp-flow serve makes one; else put it back there, or set TOTP_FLOW_MASTER_KEY.`,
    )
    expect(existsSync(join(folder, 'master.key'))).toBe(false)
  })

  it('a command that cannot start closes its database', async () => {
    await (await started(sqlite())).end()
    rmSync(join(folder, 'master.key'))
    const opened = openData({ database: sqlite().DATABASE_URL }, () => {}, { make: true })
    await expect(opened).rejects.toThrow('There is no master key')
    expect(readdirSync(folder)).toEqual(['test.db']) // an open one has a log beside it
  })

  it('serve warns about a key file that others can read', async () => {
    const first = await started(sqlite())
    await first.end()
    chmodSync(join(folder, 'master.key'), 0o644)
    const second = await started(sqlite())
    expect(second.said.err).toContain('chmod 600')
  })
})

it('keys rotate --master keeps the key file’s link and mode, and adds no further key with --resume', async () => {
  mkdirSync(join(folder, 'elsewhere'))
  const real = join(folder, 'elsewhere/real.key')
  const link = join(folder, 'master.key')
  writeFileSync(real, `${masterKeyOf(5)}\n`)
  chmodSync(real, 0o640)
  symlinkSync(real, link)
  expect((await cli(['migrate', '--new-database'], sqlite(), folder)).code).toBe(0)
  expect((await cli(['keys', 'rotate', '--master'], sqlite(), folder)).code).toBe(0)
  const lines = readFileSync(real, 'utf8').trim().split('\n')
  expect(lines).toEqual([expect.any(String), masterKeyOf(5)])
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(statSync(real).mode & 0o777).toBe(0o640)

  const keys = (first: string | undefined, second: string | undefined) => `${first}\n${second}\n`
  writeFileSync(real, keys(lines[1], lines[0])) // as if the sealing had been cut off before it began
  expect(await cli(['doctor'], sqlite(), folder)).toMatchObject({
    code: 1,
    err: expect.stringContaining('keys rotate --master --resume'),
  })
  const resumed = await cli(['keys', 'rotate', '--master', '--resume'], sqlite(), folder)
  expect(resumed).toMatchObject({ code: 0, err: expect.stringContaining('Resealed: 1.') })
  expect(readFileSync(real, 'utf8')).toBe(keys(lines[1], lines[0]))
  expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['real.key'])
})

it('keys rotate --master exits with 1 if a value cannot be decrypted, and says how many and what to do, as doctor does', async () => {
  const server = await started(sqlite())
  const token = await server.signIn('ann')
  await server.call('GET', '/users/mfa/register/totp', { token })
  await server.end()
  tamper("update totp_flow_devices set sealed_secret = 'unknown.' || sealed_secret")
  const { code, err } = await cli(['keys', 'rotate', '--master'], sqlite(), folder)
  expect(code).toBe(1)
  expect(err).toContain('Resealed: 1. Not opened by any of the given keys: 1.')
  expect(err).toContain('run this again with --resume')
  const looked = await cli(['doctor'], sqlite(), folder)
  expect(looked).toMatchObject({ code: 1, err: expect.stringContaining('sealed by an older one: 1.') })
})

it('keys rotate --revoke-old signs with the new key at once, and rejects tokens of the old one', async () => {
  const before = await started(sqlite())
  const token = await before.signIn('ann')
  await before.end()
  const { code, out } = await cli(['keys', 'rotate', '--revoke-old'], sqlite(), folder)
  expect(code).toBe(0)
  const { at, signsFrom, dropped } = JSON.parse(out)
  expect(dropped).toEqual([decodeProtectedHeader(token).kid])
  expect(signsFrom).toBeLessThanOrEqual(at)
  const after = await started(sqlite())
  expect((await after.call('GET', '/users', { token })).status).toBe(401)
  expect((await after.call('GET', '/users', { token: await after.signIn('ann') })).status).toBe(200)
})

it('keys rotate --master needs two keys where they come from the environment: one alone rotates nothing', async () => {
  const [old, fresh] = [newMasterKey(), newMasterKey()]
  const holding = (key: string) => ({ ...sqlite(), TOTP_FLOW_MASTER_KEY: key })
  expect((await command(['migrate', '--new-database'], holding(old))).code).toBe(0)
  for (const alone of [old, ` ${old}\n`, `${old},`, `${old} ${old}`]) {
    const { code, err } = await command(['keys', 'rotate', '--master'], holding(alone))
    expect([code, err]).toEqual([2, expect.stringContaining('TOTP_FLOW_MASTER_KEY has only one key')])
    expect(err).not.toContain(old)
  }
  const resealed = await command(['keys', 'rotate', '--master'], holding(`${fresh},${old}`))
  expect(resealed).toMatchObject({ code: 0, err: expect.stringContaining('Resealed: 1.') })
  const resumed = await command(['keys', 'rotate', '--master', '--resume'], holding(fresh))
  expect(resumed).toMatchObject({ code: 0, err: expect.stringContaining('Resealed: 0.') })
})

describe.each(['SQLite', 'PostgreSQL'])('on %s', (kind) => {
  const env = async () =>
    kind === 'SQLite'
      ? sqlite()
      : {
          DATABASE_URL: await makeDatabase(
            inject('postgresUrl'),
            `cli_${crypto.randomUUID().replaceAll('-', '_')}`,
          ),
          TOTP_FLOW_MASTER_KEY_FILE: join(folder, 'master.key'),
        }
  const forget = async ({ DATABASE_URL: url }: { DATABASE_URL: string }) => {
    if (kind === 'PostgreSQL') {
      await query(inject('postgresUrl'), `drop database ${new URL(url).pathname.slice(1)} with (force)`)
    }
  }

  it('signing and master keys rotate under a running server, which ends no session', async () => {
    const on = await env()
    const server = await started(on)
    const token = await server.signIn('ann')
    const { secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
    const verify = (stepsAhead: number) =>
      server.call('POST', '/users/mfa/auth/totp', { token, body: { code: codeOf(secret, stepsAhead) } })
    expect((await verify(0)).status).toBe(200)

    expect((await cli(['doctor'], on, folder)).code).toBe(0)
    const rotated = await cli(['keys', 'rotate', '--at-once'], on, folder)
    expect(rotated).toMatchObject({ code: 0, err: expect.stringContaining('New signing key') })
    expect(JSON.parse(rotated.out)).toMatchObject({ type: 'signing_key_rotated', dropped: [] })
    const resealed = await cli(['keys', 'rotate', '--master'], on, folder)
    expect(resealed).toMatchObject({ code: 0, err: expect.stringContaining('resealed: 1 of 1') })
    expect(JSON.parse(resealed.out)).toMatchObject({ type: 'secrets_resealed', count: 3 })
    const lines = readFileSync(join(folder, 'master.key'), 'utf8').trim().split('\n')
    expect(lines).toHaveLength(2)

    expect((await verify(1)).status).toBe(200)
    expect(await cli(['doctor'], on, folder)).toMatchObject({
      code: 0,
      err: expect.not.stringContaining('✗'),
    })

    // The old line goes, as the documents say. The server has had its keys in memory since it started.
    writeFileSync(join(folder, 'master.key'), `${lines[0]}\n`)
    const late = await server.signIn('late')
    const registered = (await server.call('GET', '/users/mfa/register/totp', { token: late })).body
    const enroll = { token: late, body: { code: codeOf(registered.secret) } }
    expect((await server.call('POST', '/users/mfa/auth/totp', enroll)).status).toBe(200)
    await server.end()
    expect((await cli(['doctor'], on, folder)).code).toBe(0)
    const again = await started(on)
    const verified = await again.call('POST', '/users/mfa/auth/totp', {
      token: late,
      body: { code: codeOf(registered.secret, 1) },
    })
    expect(verified.status).toBe(200)
    await again.end()
    await forget(on)
  })

  it('serve, migrate and doctor say that a newer version made the database, and change nothing', async () => {
    const on = { ...(await env()), TOTP_FLOW_MASTER_KEY: masterKeyOf(1) }
    await (await started(on)).end()
    const future = "insert into totp_flow_migrations values ('2031-01-01-of-the-future', 0)"
    if (kind === 'SQLite') tamper(future)
    else await query(on.DATABASE_URL, future)
    const held = () => (kind === 'SQLite' ? Promise.resolve([]) : dumpDatabase(on.DATABASE_URL))
    const before = await held()
    for (const args of [['serve', '--development-identity'], ['migrate'], ['doctor']]) {
      const { code, err } = await cli(args, { PORT: '0', ...on }, folder)
      expect([args, code]).toEqual([args, 1])
      expect(err).toContain(
        'made by a newer version of totp-flow (2031-01-01-of-the-future is unknown to this one)',
      )
    }
    expect(await held()).toEqual(before)
    await forget(on)
  })

  it('doctor reports an outdated database without changing it, and migrate updates it', async () => {
    const on = { ...(await env()), TOTP_FLOW_MASTER_KEY: masterKeyOf(1) }
    const files = () => readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'base64')])
    const held = () => (kind === 'SQLite' ? files() : dumpDatabase(on.DATABASE_URL))
    const untouched = await held()
    const before = await cli(['doctor'], on, folder)
    expect(await held()).toEqual(untouched)
    expect(before).toMatchObject({ code: 1, err: expect.stringMatching(/run totp-flow migrate/i) })
    const migrated = await cli(['migrate'], on, folder)
    expect(migrated).toMatchObject({
      code: 0,
      err: expect.stringMatching(/migrated 2026-11-24.*\d steps done/s),
    })
    expect((await cli(['migrate'], on, folder)).err).toContain('was up to date')

    // With a key that is not the one serve will have: it must not become that of the data.
    const migratedHeld = await held()
    const otherKey = { ...on, TOTP_FLOW_MASTER_KEY: masterKeyOf(2) }
    const keyless = await cli(['doctor'], otherKey, folder)
    expect(keyless).toMatchObject({ code: 1, err: expect.stringContaining('there is none yet') })
    expect(await held()).toEqual(migratedHeld)
    await (await started(on)).end()
    expect((await cli(['doctor'], on, folder)).code).toBe(0)
    expect(await cli(['doctor'], otherKey, folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining('another master key'),
    })
    await forget(on)
  })
})

it('the log at the level warn reports guessing and a key that does not open, and nothing routine', async () => {
  await (await started(sqlite())).end()
  tamper("insert into totp_flow_signing_keys values (2, 'foreign', '{}', 'unknown.a.b', 0)")
  const server = await started(sqlite(), ['--log-level', 'warn'])
  const token = await server.signIn('ann')
  const { secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
  const verify = (code: string) => server.call('POST', '/users/mfa/auth/totp', { token, body: { code } })
  expect((await verify(codeOf(secret))).status).toBe(200)
  const other = await server.signIn('ann')
  const guess = { token: other, body: { code: '000000' } }
  for (let wrong = 0; wrong < 6; wrong++) await server.call('POST', '/users/mfa/auth/totp', guess)
  await server.end()
  const lines = server.said.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ level, type }) => [level, type])).toEqual([
    [40, 'signing_key_unreadable'],
    [40, 'throttled'],
  ])
})

it('the logs of a whole story are JSON lines without a secret, code or token', async () => {
  const server = await started(sqlite())
  const token = await server.signIn('ann')
  const { id, secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
  const code = codeOf(secret)
  const enrolled = await server.call('POST', '/users/mfa/auth/totp', { token, body: { code } })
  await server.call('POST', '/users/mfa/auth/totp', { token, body: { code: '000000' } })
  const recovery: string = enrolled.body.recoveryCodes[0]
  const recovered = await server.call('POST', '/users/mfa/auth/recovery', {
    token,
    body: { code: recovery, requestedScopes: ['credential:unlink'] },
  })
  const elevated: string = recovered.body.elevatedAccessToken
  await server.call('DELETE', `/users/mfa/${id}`, {
    token,
    headers: { 'x-dyn-elevated-access-token': elevated },
  })
  await server.end()
  const lines = server.said.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.map(({ type }) => type)).toEqual([
    'signed_in',
    'registered',
    'enrolled',
    'refused',
    'recovered',
    'deleted',
  ])
  const said = server.said.out + server.said.err
  for (const hidden of [secret, code, recovery, recovery.replace('-', ''), token, elevated]) {
    expect(said).not.toContain(hidden)
  }
  expect(existsSync(join(folder, 'data'))).toBe(false)
})
