/** Which database and key a command takes: by URL, by a file that holds the URL, never by a mistake. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { filePath } from '../../src/server/node/index.ts'
import { command } from '../support/cli-in-process.ts'

let folder: string
let home: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-which-'))
  home = join(folder, 'home')
  mkdirSync(home)
})
afterEach(() => rmSync(folder, { recursive: true }))

it.each(['sqlite://~/x/totp.db', 'sqlite:~/x/totp.db'])('%s is in the home folder', async (url) => {
  const { code } = await command(['migrate', '--database', url], { HOME: home })
  expect([code, readdirSync(folder), readdirSync(join(home, 'x'))]).toEqual([0, ['home'], ['totp.db']])
})

it.each(['sqlite:~ann/x.db', 'sqlite://$HOME/x.db', 'sqlite:%APPDATA%/x.db'])(
  '%s, which no shell has expanded, is rejected',
  async (url) => {
    const { code, err } = await command(['migrate', '--database', url])
    expect([code, err, readdirSync(folder)]).toEqual([1, expect.stringContaining('whole path'), ['home']])
  },
)

it.each(['x.db?mode=ro', 'x.db?cache=shared', '%7E/x.db', 'my%20data/x.db', 'x.db#main'])(
  'sqlite:%s, which would be read as a URL elsewhere, makes no file of that name',
  async (name) => {
    const { code, err } = await command(['migrate', '--database', `sqlite:${join(folder, name)}`])
    expect([code, err, readdirSync(folder)]).toEqual([1, expect.stringContaining('as it is'), ['home']])
  },
)

it.each(['sqlite:', 'sqlite:/', 'sqlite://', 'sqlite:///'])('%s names no database', async (url) => {
  const { code, err } = await command(['migrate', '--database', url])
  expect([code, err]).toEqual([1, expect.stringContaining('DATABASE_URL must look like')])
})

it.each([
  'TOTP_FLOW_MASTER_KEY',
  'TOTP_FLOW_MASTER_KEY_FILE',
  'DATABASE_URL',
  'DATABASE_URL_FILE',
  'TOTP_FLOW_ISSUER',
  'TOTP_FLOW_MFA_REQUIRED',
  'TOTP_FLOW_CORS_ORIGINS',
  'HOST',
  'PORT',
])('serve rejects an empty %s with a message', async (name) => {
  for (const value of ['', ' ']) {
    const { code, err } = await command(['serve', '--development-identity'], { [name]: value })
    expect([code, err]).toEqual([2, `${name} is empty. Give it a value, or unset it.\n`])
  }
})

it('DATABASE_URL_FILE names a file that holds the URL, whose line end is ignored', async () => {
  const file = join(folder, 'url')
  writeFileSync(file, `sqlite:${join(folder, 'from-file.db')}\n`)
  expect((await command(['migrate'], { DATABASE_URL_FILE: file })).code).toBe(0)
  expect(readdirSync(folder)).toContain('from-file.db')
  const both = await command(['migrate'], { DATABASE_URL_FILE: file, DATABASE_URL: 'sqlite:x.db' })
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining('both set. Unset one.') })
})

it.each<[string, string | null, string]>([
  ['is missing', null, 'Cannot read'],
  ['is empty', '\n', 'is empty. Put the URL in it.'],
  ['holds more than a URL', 'postgres://u:hunter2@h/x\npostgres://u@h/y', 'must hold only the URL'],
])('a DATABASE_URL_FILE that %s is rejected with a message that quotes none of it', async (_, text, said) => {
  const file = join(folder, 'url')
  if (text !== null) writeFileSync(file, text)
  const { code, err } = await command(['migrate'], { DATABASE_URL_FILE: file })
  expect([code, err]).toEqual([1, expect.stringContaining(said)])
  expect(err).not.toContain('hunter2')
})

it('a path keeps every ~ and $ that a shell would not expand', () => {
  for (const path of ['/srv/a~1/x.db', './~x/x.db', 'x$y.db', ':memory:'])
    expect(filePath(path, 'X')).toBe(path)
})
