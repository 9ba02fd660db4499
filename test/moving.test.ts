/** The guide for those who come from another system, on the systems themselves or on what their sources say they store. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { type ExportedUser, memoryStore, type UserToImport } from '../src/server/index.ts'
import { makeDatabase, query } from './support/postgres.ts'
import { createWorld, type World } from './support/world.ts'

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const TEXT = '12345678901234567890'

let world: World
beforeEach(() => {
  world = createWorld(() => memoryStore())
  world.now = Date.now()
})
afterEach(() => world.close())

async function imported(users: AsyncIterable<UserToImport | string> | Iterable<UserToImport | string>) {
  const refused: string[] = []
  const summary = await world.server.importUsers(users, {
    onRefused: ({ line, reason }) => refused.push(`${line} ${reason}`),
  })
  const known: ExportedUser[] = []
  for await (const user of world.server.exportUsers()) known.push(user)
  return { summary, refused, known }
}

it('docs/moving.md makes lines of the realm export of Keycloak, whose secrets are text or base32', async () => {
  const { usersIn } = await import('example:docs/moving.md/2')
  const folder = mkdtempSync(join(tmpdir(), 'totp-flow-moving-'))
  const otp = (value: string, more = {}) => ({
    type: 'otp',
    createdDate: 1_700_000_000_000,
    secretData: JSON.stringify({ value }),
    credentialData: JSON.stringify({
      subType: 'totp',
      digits: 6,
      counter: 0,
      period: 30,
      algorithm: 'HmacSHA1',
      ...more,
    }),
  })
  const users = [
    { id: 'ann', credentials: [{ type: 'password' }, otp(TEXT)] },
    { id: 'bob', credentials: [otp(SECRET, { secretEncoding: 'BASE32' })] },
    { id: 'cid', credentials: [otp(TEXT, { algorithm: 'HmacSHA256' })] },
    { id: 'dan', credentials: [otp(TEXT, { digits: 8 })] },
    { id: 'eve', credentials: [otp(TEXT, { subType: 'hotp' })] },
    { id: 'flo' },
  ]
  writeFileSync(join(folder, 'realm.json'), JSON.stringify({ realm: 'x', users }))
  const { refused, known } = await imported(usersIn(join(folder, 'realm.json')))
  rmSync(folder, { recursive: true })
  expect(refused).toEqual([
    '3 takes HmacSHA256: only SHA-1 is supported',
    '4 has codes of 8 digits: only 6 are supported',
  ])
  expect(known.map(({ userId, secret }) => [userId, secret])).toEqual([
    ['ann', SECRET],
    ['bob', SECRET],
  ])
})

/** What a command line of the page asks a database, by a word in it. */
const selectOf = (word: string) =>
  [...readFileSync('docs/moving.md', 'utf8').matchAll(/-Atc "(select [^"]+)"/g)]
    .map(([, text = '']) => text)
    .find((text) => text.includes(word)) ?? ''

it.each<[string, string, string[], string[], string[]]>([
  [
    'django-otp',
    'otp_totp_totpdevice',
    [
      // As its models say; https://github.com/django-otp/django-otp
      `create table otp_totp_totpdevice (id serial primary key, user_id int not null, name varchar(64), confirmed boolean not null,
        key varchar(80) not null, step smallint not null, t0 bigint not null, digits smallint not null, tolerance smallint,
        drift smallint, last_t bigint not null)`,
      `insert into otp_totp_totpdevice (user_id, confirmed, key, step, t0, digits, last_t) values
        (1, true, '3132333435363738393031323334353637383930', 30, 0, 6, 55000000),
        (1, false, '00112233445566778899', 30, 0, 6, -1),
        (2, false, '3132333435363738393031323334353637383930', 30, 0, 6, -1),
        (3, true, '3132333435363738393031323334353637383930', 60, 0, 6, -1),
        (4, true, '3132333435363738393031323334353637383930', 30, 0, 8, -1)`,
    ],
    ['1 true 55000000', '2 false undefined'],
    ['3 has codes of 60 seconds: only 30 are supported', '4 has codes of 8 digits: only 6 are supported'],
  ],
  [
    'Supabase',
    'auth.mfa_factors',
    [
      'create schema auth',
      `create type auth.factor_status as enum ('unverified', 'verified')`,
      `create table auth.mfa_factors (id uuid default gen_random_uuid() primary key, user_id uuid not null, friendly_name text,
        factor_type text not null, status auth.factor_status not null, created_at timestamptz not null, secret text, phone text)`,
      `insert into auth.mfa_factors (user_id, factor_type, status, created_at, secret) values
        ('00000000-0000-4000-8000-000000000001', 'totp', 'verified', '2024-05-01T12:00:00.123456+02', '${SECRET}'),
        ('00000000-0000-4000-8000-000000000001', 'totp', 'unverified', '2025-05-01T12:00:00Z', 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
        ('00000000-0000-4000-8000-000000000002', 'phone', 'verified', '2024-05-01T12:00:00Z', null),
        ('00000000-0000-4000-8000-000000000003', 'totp', 'unverified', '2024-05-01T12:00:00Z', '${SECRET}'),
        ('00000000-0000-4000-8000-000000000004', 'totp', 'verified', '2024-05-01T12:00:00Z', '{"key_id":"x","data":"y"}')`,
    ],
    [
      '00000000-0000-4000-8000-000000000001 true undefined',
      '00000000-0000-4000-8000-000000000003 false undefined',
    ],
    ['3 has a secret that is not base32 (A to Z, 2 to 7)'],
  ],
  [
    'a table of one’s own',
    'totp_secret',
    [
      'create table users (id serial primary key, totp_secret text, totp_enabled boolean not null default false)',
      `insert into users (totp_secret, totp_enabled) values ('${SECRET}', true), (null, false), ('${SECRET.toLowerCase()}', false)`,
    ],
    ['1 true undefined', '3 false undefined'],
    [],
  ],
])('docs/moving.md makes lines of %s', async (_, word, statements, expected, refusals) => {
  const url = await makeDatabase(inject('postgresUrl'), 'moving')
  try {
    for (const statement of statements) await query(url, statement)
    const rows = await query(url, selectOf(word))
    const { refused, known } = await imported(rows.map((row) => JSON.stringify(Object.values(row)[0])))
    expect(refused).toEqual(refusals)
    expect(known.map(({ userId, verified, lastStep }) => `${userId} ${verified} ${lastStep}`)).toEqual(
      expected,
    )
    expect(known.every(({ secret }) => secret === SECRET)).toBe(true)
  } finally {
    await query(inject('postgresUrl'), 'drop database if exists moving with (force)')
  }
})

it('docs/moving.md shows a line with a passkey that is imported as it is, and names every member of one', async () => {
  const page = readFileSync('docs/moving.md', 'utf8')
  const line = /^```json\n(.*?)\n^```$/ms.exec(page)?.[1] ?? ''
  const { summary, refused, known } = await imported([line])
  expect({ refused, summary }).toMatchObject({ refused: [], summary: { imported: 1, withPasskeys: 1 } })
  const [passkey = {}] = known[0]?.passkeys ?? []
  expect(known).toMatchObject([JSON.parse(line)])
  const section = page.slice(page.indexOf('### Passkeys'), page.indexOf('```json'))
  const named = [...section.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(
    ([, names = '']) => names.match(/\w+/g) ?? [],
  )
  expect(named.toSorted()).toEqual(Object.keys(passkey).toSorted())
})
