/** Users who come from another system, and go to another instance, by files. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { newSecret } from '../../src/server/codes/totp.ts'
import { command } from '../support/cli-in-process.ts'
import { makeDatabase, query } from '../support/postgres.ts'
import { startServer } from '../support/server-process.ts'
import { oathtool } from '../support/tools.ts'
import { masterKeyOf } from '../support/world.ts'

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const SHORT = 'JBSWY3DPEHPK3PXP'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-move-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const databaseIn = (name: string) => `sqlite:${at(`${name}/test.db`)}`
/** On an instance of its own, with its own master key. */
const on = (name: string, ...words: string[]) => command(['users', ...words, '--database', databaseIn(name)])
async function importNew(name: string, ...words: string[]) {
  await command(['migrate', '--new-database', '--database', databaseIn(name)])
  return on(name, 'import', ...words)
}
function file(lines: readonly unknown[], name = 'users.jsonl') {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  writeFileSync(at(name), text.join('\n'))
  return at(name)
}
const linesIn = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const MIXED = [
  { userId: 'ann', secret: SHORT, recoveryCodes: ['abcde-12345'] },
  `{"userId":"bob","secret":"${SECRET}"`,
  { userId: 'cid', secret: SECRET, algorithm: 'SHA256' },
  '',
  { userId: 'dan', secret: SECRET, verified: false },
  { userId: 'eve', secret: SECRET },
]

it('users import writes nothing if a line is rejected, and reports each such line by its number, without a secret', async () => {
  const given = file(MIXED)
  const { code, out, err } = await importNew('a', given)
  expect([code, out]).toEqual([1, ''])
  expect(err).toContain('line 2 is not JSON')
  expect(err).toContain('line 3 takes SHA256: only SHA-1 is supported\n')
  expect(err).toContain('To be imported: 3 (pending: 1; with recovery codes: 1; to be asked for new ones: 1)')
  expect(err).toContain('Nothing was imported.')
  expect(err).not.toMatch(/GEZDGN|JBSWY/)
  expect((await on('a', 'list')).out).toBe('')

  const skipping = await on('a', 'import', given, '--skip-bad')
  expect([skipping.code, skipping.err.match(/^line/gm)?.length]).toEqual([1, 2])
  expect(skipping.err).toContain('Imported: 3 ')
  expect(skipping.err).toContain('Refused: 2\n')
  expect(skipping.err).toContain('Secrets of less than 128 bits: 1.')
  expect(linesIn(skipping.out)).toMatchObject([
    { type: 'imported', userId: 'ann' },
    { type: 'imported', userId: 'dan' },
    { type: 'imported', userId: 'eve' },
  ])
  const again = await on('a', 'import', file(MIXED.toSpliced(1, 2)))
  expect([again.code, again.out]).toEqual([0, ''])
  expect(again.err).toContain('Imported: 0 ')
  expect(again.err).toContain('Already there: 3\n')
})

it('users import --dry-run --json prints what an import would do, and does nothing', async () => {
  const { code, out, err } = await importNew('a', file(MIXED), '--dry-run', '--json')
  expect([code, err.includes('imported')]).toEqual([1, false])
  expect(linesIn(out)).toEqual([
    { line: 2, reason: 'is not JSON: write one whole object on each line' },
    { line: 3, reason: 'takes SHA256: only SHA-1 is supported' },
    {
      written: false,
      imported: 3,
      pending: 1,
      alreadyThere: 0,
      refused: 2,
      shortSecrets: 1,
      withRecoveryCodes: 1,
      withoutRecoveryCodes: 1,
      withPasskeys: 0,
    },
  ])
  expect((await on('a', 'list')).out).toBe('')
})

it('users import takes 10,000 users, reports its progress, and continues an interrupted import', async () => {
  const users = Array.from({ length: 10_000 }, (_, index) => ({
    userId: `user-${index}`,
    secret: newSecret(),
    recoveryCodes: Array.from({ length: 2 }, (__, nth) => `abcd${nth}-${String(index).padStart(5, '0')}`),
  }))
  const given = file(users)
  await importNew('a', file(users.slice(0, 3000), 'part.jsonl'), '--log-level', 'silent')
  const { code, out, err } = await on('a', 'import', given, '--log-level', 'silent')
  expect([code, out]).toEqual([0, ''])
  expect(err).toContain('checked: 10000\n')
  expect(err).toContain('done: 9000 of 10000\n')
  expect(err).toContain('Imported: 7000 ')
  expect(err).toContain('Already there: 3000\n')
  expect((await on('a', 'show', 'user-9999')).out).toContain('recoveryCodesLeft: 2')
}, 60_000)

it('users import reads standard input, and a file with a byte order mark and Windows line ends', async () => {
  const text = `\ufeff${JSON.stringify({ userId: 'ann', secret: SECRET })}\r\n${JSON.stringify({ userId: 'bob', secret: SHORT })}\r\n`
  const entry = new URL('../../src/cli.ts', import.meta.url).pathname
  await command(['migrate', '--new-database', '--database', databaseIn('a')])
  const words = ['users', 'import', '-', '--database', databaseIn('a')]
  const { status, stderr } = spawnSync(process.execPath, ['--conditions=totp-flow-source', entry, ...words], {
    input: text,
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, expect.stringContaining('Imported: 2 ')])
  writeFileSync(at('windows.jsonl'), text)
  expect((await on('a', 'import', at('windows.jsonl'))).err).toContain('Already there: 2\n')
})

it('users export writes a file that a second instance can import, readable by its owner only, and replaces a file only with --force', async () => {
  await importNew(
    'a',
    file([
      { userId: 'ann', secret: SHORT },
      { userId: 'bob', secret: SECRET, verified: false },
    ]),
  )
  const made = await on('a', 'export', at('out.jsonl'))
  expect(made.code).toBe(0)
  expect(made.err).toContain('Exported: 2\n')
  expect(made.err).toContain('holds their secrets in the clear')
  expect(linesIn(made.out)).toMatchObject([{ type: 'exported', count: 2 }])
  expect(statSync(at('out.jsonl')).mode & 0o777).toBe(0o600)
  const text = readFileSync(at('out.jsonl'), 'utf8')
  expect(linesIn(text)).toMatchObject([
    { userId: 'ann', secret: SHORT, verified: true },
    { userId: 'bob', secret: SECRET, verified: false },
  ])
  const again = await on('a', 'export', at('out.jsonl'))
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('exists already')])
  expect((await on('a', 'export', at('out.jsonl'), '--force')).code).toBe(0)
  const piped = await on('a', 'export', '-')
  expect([piped.out, piped.err]).toEqual([text, expect.stringContaining('"type":"exported"')])
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])

  const url = await makeDatabase(inject('postgresUrl'), 'users_move')
  try {
    const env = { DATABASE_URL: url, TOTP_FLOW_MASTER_KEY: masterKeyOf(8) }
    const taken = await command(['users', 'import', at('out.jsonl')], env)
    expect([taken.code, taken.err]).toEqual([0, expect.stringContaining('Imported: 2 (pending: 1;')])
    const server = await startServer(env)
    try {
      const token = await server.signIn('ann')
      const verify = (code: string) => server.call('POST', '/users/mfa/auth/totp', { token, body: { code } })
      const code = oathtool(SHORT)
      expect((await verify(code)).status).toBe(200)
      await command(['users', 'export', at('spent.jsonl')], env)
      await importNew('b', at('spent.jsonl'))
      const second = await startServer({ DATABASE_URL: databaseIn('b') })
      try {
        const there = await second.signIn('ann')
        const spent = await second.call('POST', '/users/mfa/auth/totp', { token: there, body: { code } })
        expect([spent.status, spent.body.error]).toEqual([400, expect.stringMatching(/already used/)])
      } finally {
        await second.end('SIGKILL')
      }
    } finally {
      await server.end('SIGKILL')
    }
  } finally {
    await query(inject('postgresUrl'), 'drop database if exists users_move with (force)')
  }
}, 60_000)

it('users import rejects a file without users', async () => {
  const { code, err } = await importNew('a', '/dev/null')
  expect([code, err]).toEqual([1, 'There is no user in /dev/null.\n'])
})

it.each([
  [2, 'Name the file', ['import']],
  [2, 'Name the file to write', ['export']],
  [1, 'Cannot read', ['import', '/nowhere/users.jsonl']],
  [1, 'There is no database in', ['import', '/dev/null']],
  [1, 'There is no database in', ['export', '/tmp/totp-flow-none.jsonl']],
  [1, 'There is no folder', ['export', '/nowhere/users.jsonl']],
])('users exits with %i and says "%s" for %j', async (code, said, words) => {
  const answer = await on('none', ...words)
  expect([answer.code, answer.err]).toEqual([code, expect.stringContaining(said)])
  expect(existsSync('/tmp/totp-flow-none.jsonl')).toBe(false)
})

/** As a process of its own, which can be told to end. */
function start(...words: string[]) {
  const args = ['--conditions=totp-flow-source', 'src/cli.ts', 'users', ...words]
  return spawn(process.execPath, args, { env: { ...process.env } })
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'users import says on %s that imported users stay, and continues when it is run again',
  async (signal) => {
    await command(['migrate', '--new-database', '--database', databaseIn('a')])
    const given = file(
      Array.from({ length: 3000 }, (_, user) => ({ userId: `user-${user}`, secret: SECRET })),
    )
    const child = start('import', given, '--database', databaseIn('a'))
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
      if (said.includes('done: 1000 of 3000')) child.kill(signal)
    })
    child.stdout.resume()
    expect(await once(child, 'close')).toEqual([null, signal])
    expect(said).toContain(
      'Importing stopped. What was imported stays; run the same command again to continue.',
    )
    const { code, err } = await on('a', 'import', given)
    const [imported, there] = ['Imported', 'Already there'].map((word) => err.match(`${word}: (\\d+)`)?.[1])
    expect([code, Number(imported) + Number(there)]).toEqual([0, 3000])
    expect(Number(there)).toBeGreaterThanOrEqual(1000)
    expect(Number(imported)).toBeGreaterThan(0)
  },
)

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'users export leaves no secret behind when %s stops it',
  async (signal) => {
    await importNew(
      'a',
      file(Array.from({ length: 5000 }, (_, user) => ({ userId: `user-${user}`, secret: SECRET }))),
    )
    mkdirSync(at('out'))
    const watcher = watch(at('out'), () => child.kill(signal))
    const child = start('export', at('out/users.jsonl'), '--database', databaseIn('a'))
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    expect(await once(child, 'close')).toEqual([null, signal])
    watcher.close()
    expect(readdirSync(at('out'))).toEqual([])
    expect(said).toContain('Exporting stopped. No file was made.')
  },
)

it('users export to standard output stops silently when its reader closes the pipe', async () => {
  await importNew(
    'a',
    file(Array.from({ length: 1500 }, (_, user) => ({ userId: `user-${user}`, secret: SECRET }))),
  )
  const child = start('export', '-', '--database', databaseIn('a'))
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const closed = once(child, 'close')
  await once(child.stdout, 'data')
  child.stdout.destroy()
  expect(await closed).toEqual([0, null])
  expect(said).not.toMatch(/EPIPE|at /)
})

it('users import reports how many users are done, new or existing', async () => {
  const given = file(Array.from({ length: 1000 }, (_, user) => ({ userId: `user-${user}`, secret: SECRET })))
  expect((await importNew('a', given)).err).toContain('done: 1000 of 1000\n')
  const { err } = await on('a', 'import', given)
  expect(err).toContain('done: 1000 of 1000\n')
  expect(err).not.toContain('imported: 1000')
})
