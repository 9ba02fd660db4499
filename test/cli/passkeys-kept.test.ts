/** What the commands say of a database with passkeys in it. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { command } from '../support/cli-in-process.ts'
import { startServer } from '../support/server-process.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-holdings-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const run = (...words: string[]) => command(words, { DATABASE_URL: `sqlite:${at('test.db')}` })

const passkey = (credentialId: string) => ({
  credentialId,
  publicKey: `pQECAyYgASFYI${'A'.repeat(90)}`,
  backupEligible: true,
})

async function importPasskeys() {
  await run('migrate', '--new-database')
  const users = [
    { userId: 'ann', passkeys: [passkey('YW5u'), passkey('YW5uMg')] },
    { userId: 'bob', secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', passkeys: [passkey('Ym9i')] },
  ]
  writeFileSync(at('users.jsonl'), users.map((user) => JSON.stringify(user)).join('\n'))
  return run('users', 'import', at('users.jsonl'))
}

it('users import, doctor, backup and restore count passkeys', async () => {
  expect((await importPasskeys()).err).toContain('to be asked for new ones: 1; with passkeys: 2)')
  expect((await run('doctor')).err).toContain('✓ passkeys: 3 (users without an authenticator app: 1)\n')
  expect((await run('backup', at('b.db'))).err).toContain(`to ${at('b.db')}: 1 device, 3 passkeys.\n`)
  await run('users', 'reset', 'ann')
  await run('users', 'reset', 'bob')
  expect((await run('doctor')).err).not.toContain('passkeys')
  expect((await run('restore', at('b.db'))).err).toContain(`from ${at('b.db')}: 1 device, 3 passkeys.\n`)
  expect((await run('doctor')).err).toContain('✓ passkeys: 3 ')
})

it('a backup of a database from before passkeys counts its devices', async () => {
  copyFileSync('test/server/store/kept/2026-11-29.db', at('test.db'))
  const { code, err } = await run('backup', at('b.db'))
  expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/b\.db: \d+ devices?\.\n/) })
})

it('serve warns that it accepts no passkeys without --passkey-rp-id, and how many users have nothing else', async () => {
  await importPasskeys()
  const said = async (...args: string[]) => {
    const server = await startServer({ DATABASE_URL: `sqlite:${at('test.db')}` }, args, folder)
    await server.end('SIGKILL')
    return server.said.err
  }
  expect(await said()).toContain('without --passkey-rp-id none is accepted')
  expect(await said()).toContain('Users without an authenticator app: 1.\n')
  const site = ['--passkey-rp-id', 'localhost', '--passkey-origin', 'http://localhost:5173']
  expect(await said(...site)).not.toContain('none is accepted')
  await run('users', 'reset', 'ann')
  expect(await said()).not.toContain('none is accepted')
})
