/** URLs of databases as people write them: of several hosts, and with passwords that are not escaped. */
import { expect, it } from 'vitest'
import { openStore, reasonOf } from '../../../src/server/node/index.ts'
import { placeOfPostgres, urlsOf } from '../../../src/server/store/postgres-url.ts'

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
])('no piece of a password with an unescaped “%s” is said', async (mark) => {
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
