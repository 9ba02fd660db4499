/** What is said on standard error holds no password, and no piece of one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { given, UsageError } from '../../../src/cli/command.ts'
import { main } from '../../../src/cli/main.ts'
import { openStore, reasonOf } from '../../../src/server/node/index.ts'
import { withoutUrls } from '../../../src/server/node/without-urls.ts'
import { cli } from '../../support/server-process.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-lines-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const PIECES = /hunter|secret|w0rd/
/** Passwords that a person forgot to escape, or that cannot be escaped. */
const DATABASES = [
  'postgres://u:hunter2@127.0.0.1:1/x',
  'postgres://u:hunter@secret@127.0.0.1:1/x',
  'postgres://u:hunter@secret/w0rd@127.0.0.1:1/x',
  'postgres://u:hunter/w0rd@127.0.0.1:1/x',
  'postgres://u:12/secret@127.0.0.1:1/x',
  'postgres://u:12?secret@127.0.0.1:1/x',
  'postgres://u:12#secret@127.0.0.1:1/x',
  'postgres://u:hunter#w0rd@127.0.0.1:1/x',
  'postgres://u:hunter w0rd@127.0.0.1:1/x',
  'postgres://u:hunter%secret@127.0.0.1:1/x',
  'postgres://u:hunter2@[secret/x',
  'postgres://hunter2@127.0.0.1:1/secret@x',
  'postgres://127.0.0.1:1/x?password=hunter2&user=secret',
  'postgres://127.0.0.1:1/x?password=hunter@secret',
  'mysql://u:hunter2@127.0.0.1/x',
  'u:hunter2@127.0.0.1/x',
]

/** What a command says, and what it would say with DEBUG: in this process, since there are many. */
async function said(args: string[]): Promise<{ code: number; line: string; debug: string }> {
  const lines: string[] = []
  const told = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
  try {
    const code = await main(args)
    return { code, line: lines.join(''), debug: '' }
  } catch (error) {
    const line = error instanceof Error ? error.message : String(error)
    return { code: error instanceof UsageError ? 2 : 1, line, debug: withoutUrls(inspect(error)) }
  } finally {
    told.mockRestore()
  }
}

describe('a password', () => {
  it.each(DATABASES)(
    'the password of an unusable database is in no printed line, whatever it contains: %s',
    async (url) => {
      const { code, line, debug } = await said(['migrate', '--database', url])
      expect(code).toBe(1)
      expect(line + debug).not.toMatch(PIECES)
      expect(line).not.toBe('')
    },
  )

  const URL_OF_DATABASE = 'postgres://u:hunter2@127.0.0.1:1/x'
  it.each([
    [URL_OF_DATABASE],
    ['migrate', URL_OF_DATABASE],
    ['serve', '--databse', URL_OF_DATABASE],
    ['serve', `--databse=${URL_OF_DATABASE}`],
    ['serve', '--cors-origin', 'https://u:hunter2@app.example.com'],
    ['serve', '--trust-proxy', 'http://u:hunter2@10.0.0.7'],
    ['serve', '--trust-proxy', 'u:hunter2@10.0.0.7'],
    ['serve', '--scope', URL_OF_DATABASE],
  ])('a password given in the wrong place is in no printed line (%s %s)', async (...args) => {
    const { code, line, debug } = await said(args.filter((word) => typeof word === 'string'))
    expect(code).toBe(2)
    expect(line + debug).not.toMatch(PIECES)
    expect(line.trim().split('\n')).toHaveLength(1)
  })

  it('a password is not printed with DEBUG either', async () => {
    const env = { DATABASE_URL: 'postgres://u:hunter w0rd@h:port/x', DEBUG: '1' }
    const { code, err } = await cli(['migrate'], env, folder)
    expect(code).toBe(1)
    expect(err).toContain('StartError')
    expect(err).not.toMatch(PIECES)
  })
})

it('a reason is one line of the innermost error, without the URLs in it', () => {
  const wrapped = (message: string) => new Error('outer', { cause: new Error(message) })
  expect(reasonOf(wrapped('connect ECONNREFUSED 127.0.0.1:1'))).toBe('connect ECONNREFUSED 127.0.0.1:1')
  expect(reasonOf(wrapped('cannot open postgres://u:hunter w0rd@h/x, sorry\nsecret'))).toBe(
    'cannot open postgres://[url]',
  )
  expect(reasonOf(Object.assign(new Error(''), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED')
  expect(reasonOf(wrapped('x'.repeat(500)))).toHaveLength(200)
  for (const thrown of [undefined, 'hunter2', new Error('')]) expect(reasonOf(thrown)).toBe('unknown reason')
})

it('a stack keeps its files, and loses every other URL', () => {
  const stack =
    'Error: no\n    at file:///a/b.ts:1:2\n    at node:internal\n  input: "POSTGRES://u:hunter2@h",\n  x: 1'
  expect(withoutUrls(stack)).toBe(
    'Error: no\n    at file:///a/b.ts:1:2\n    at node:internal\n  input: "POSTGRES://[url]\n  x: 1',
  )
})

it('a wrong value is quoted only if it cannot hold a password', () => {
  expect(['example.com', 'wallet:sign', 'u@h', 'https://h'].map(given)).toEqual([
    'example.com',
    'wallet:sign',
    'it',
    'it',
  ])
})

it.each([
  'postgres://u:p@h/x',
  'postgresql://h/x',
  'postgres://u:p%40%2F@h:5432/x?sslmode=require',
  'postgres:///x?host=/tmp&user=a%40b',
  'postgres://u@[::1]/x',
])('the location %s is used as it is', async (url) => {
  const { store } = await openStore(url)
  await store.close()
})

it.each([
  'postgres://u:p@ss@h/x',
  'postgres://u:12/ss@h/x',
  'postgres://u:12?ss@h/x',
  'postgres://u:12#ss@h/x',
])('the location %s, which would be misread, is rejected with its correct spelling', async (url) => {
  await expect(openStore(url)).rejects.toThrow('write @ as %40')
})
