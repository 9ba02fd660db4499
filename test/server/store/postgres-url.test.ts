/** URLs of databases as people write them: of several hosts, and with passwords that are not escaped. */
import { expect, it } from 'vitest'
import { openStore, reasonOf } from '../../../src/server/node/index.ts'
import { placeOfPostgres, urlsOf } from '../../../src/server/store/postgres-url.ts'
import { command } from '../../support/cli-in-process.ts'

/** All that is said about a URL, by a start that fails. */
async function saidOf(url: string): Promise<string> {
  try {
    const { store } = await openStore(url)
    const failed: unknown = await store.ping().catch((error: unknown) => error)
    await store.close()
    return `${reasonOf(failed)} ${placeOfPostgres(url)}`
  } catch (error) {
    return `${reasonOf(error)} ${error instanceof Error ? error.message : ''}`
  }
}

it.each([
  '@',
  '/',
  '#',
  '?',
  '%',
  '%zz',
  '%4',
  ':',
  '[',
  ']',
  '\\',
  ' ',
  '"',
  '&',
  ',',
  '@@',
  '/@',
  '#@',
  '?@',
  '@:1/',
])('no message quotes a piece of a password with an unescaped “%s”', async (mark) => {
  const password = `hun${mark}ter2`
  for (const url of [
    `postgres://ann:${password}@127.0.0.1:1/data`,
    `postgres://ann:${password}@127.0.0.1:1,127.0.0.1:2/data?sslmode=disable`,
    `postgres://127.0.0.1:1/data?user=ann&password=${password}`,
    ...(mark === '@' ? [] : [`postgres://ann:${password}`]), // where an @ is followed by a host
  ]) {
    expect(await saidOf(url)).not.toMatch(/hun|ter2/)
  }
})

it('each of several hosts is asked with the same user, database and options', () => {
  expect(urlsOf('postgres://ann:p%40w@one,two:5433,[::1]:5434/data?sslmode=require')).toEqual([
    'postgres://ann:p%40w@one/data?sslmode=require',
    'postgres://ann:p%40w@two:5433/data?sslmode=require',
    'postgres://ann:p%40w@[::1]:5434/data?sslmode=require',
  ])
  expect(placeOfPostgres('postgres://ann:p%40w@one,two:5433/data?sslmode=require')).toBe(
    'PostgreSQL at one,two:5433/data',
  )
  expect(urlsOf('postgres:///data')).toEqual(['postgres:///data'])
})

it.each([
  ['sslmode=bogus', 'has an sslmode that does not exist. It takes disable, prefer,'],
  ['sslmode=', 'has an sslmode that does not exist'],
  [
    'search_path=app',
    'has the parameter search_path, which would be ignored. Write options=-c%20search_path%3D…',
  ],
  ['schema=app', 'has the parameter schema, which would be ignored. Write options=-c%20search_path%3D…'],
  [
    'sslmode=disable&ssl-ter2=1',
    'has a TLS parameter that would be ignored: number 2 after the ?. It takes ssl, sslmode,',
  ],
  ['options=%zz', 'has a % that does not begin an escape. Write it as %25'],
])(
  'the parameters %s of a URL are rejected with a message that quotes nothing unknown',
  async (query, words) => {
    const { code, err } = await command(['migrate'], {
      DATABASE_URL: `postgres://ann:hun%25t@127.0.0.1:1/data?${query}`,
    })
    expect([code, err]).toEqual([1, expect.stringContaining(`The database URL ${words}`)])
    expect(err).not.toMatch(/hun|ter2|bogus|app/)
  },
)

it.each(['p%4', 'p%', 'p%zz', 'p%ff'])(
  'a password with the bad escape “%s” is rejected with a message that quotes none of it',
  async (password) => {
    const { code, err } = await command(['migrate'], {
      DATABASE_URL: `postgres://ann:${password}@127.0.0.1:1/data`,
    })
    expect([code, err]).toEqual([
      1,
      'The database URL has a % that does not begin an escape. Write it as %25.\n',
    ])
  },
)

it('the parameters that pg reads, and those of providers that change nothing here, are accepted', async () => {
  for (const query of [
    'sslmode=disable&application_name=a&options=-c%20search_path%3Da',
    'sslmode=disable&channel_binding=require&connect_timeout=5&target_session_attrs=read-write',
    'sslmode=disable&pgbouncer=true&connection_limit=1&schema=public&anything=else',
  ]) {
    const { store } = await openStore(`postgres://ann:p%25@127.0.0.1:1/data?${query}`)
    await store.close()
  }
})
