/**
 * Makes the files of this folder: what a version stores of the same few users. Run it when the schema has a new step, before the
 * next release: `node --conditions=totp-flow-source test/server/store/kept/keep.ts NAME`. It needs `pg_dump`, and in
 * `DATABASE_URL` an empty PostgreSQL database.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { PasskeysCredentialsMemoryRepository, serializeCredential } from 'nid-webauthn-emulator'
import { createTotpServer } from '../../../../src/server/index.ts'
import { openStore } from '../../../../src/server/node/index.ts'
import { authenticator } from '../../../../src/testing/authenticator.ts'
import { browserWith, passkeysOfTests } from '../../../support/passkeys.ts'

const [, , name = 'unnamed'] = process.argv
const file = (ending: string) => new URL(`${name}.${ending}`, import.meta.url).pathname
const NOW = Date.UTC(2026, 0, 1)
const masterKey = createHash('sha256').update('kept for tests').digest('base64')

/** Fills a database as its version does, and answers what the users have. */
async function fill(url: string) {
  let now = NOW
  const { store } = await openStore(url)
  const server = createTotpServer({
    store,
    issuer: 'Kept',
    masterKey,
    passkeys: passkeysOfTests(),
    clock: () => now,
    identity: (credential: string) => ({ userId: credential, account: `${credential}@example.com` }),
  })
  async function call(user: string, method: string, path: string, body?: object) {
    const response = await server.fetch(
      new Request(`http://kept.test/api/v0/sdk/default${path}`, {
        method,
        headers: { authorization: `Bearer ${user}` },
        ...(body && { body: JSON.stringify(body) }),
      }),
    )
    const text = await response.text()
    return text === '' ? undefined : JSON.parse(text)
  }
  const clock = { now: () => now }
  const register = async (user: string) => (await call(user, 'GET', '/users/mfa/register/totp')).secret
  const verify = (user: string, code: string) => call(user, 'POST', '/users/mfa/auth/totp', { code })

  const ann = await register('ann')
  const { recoveryCodes } = await verify('ann', authenticator(ann, { clock }).code())
  now += 30_000
  await call('ann', 'POST', '/users/mfa/auth/recovery', { code: recoveryCodes[0] })
  const bob = await register('bob')
  const cid = await register('cid')
  await verify('cid', authenticator(cid, { clock }).code())
  now += 30_000
  for (let guess = 0; guess < 5; guess++) await verify('cid', authenticator(cid, { clock }).wrongCode(guess))

  // A passkey and no app, whose authenticator counts.
  const credentialsRepository = new PasskeysCredentialsMemoryRepository()
  const inIt = () => credentialsRepository.loadCredentials().map(serializeCredential)
  const browser = browserWith({ signCounterIncrement: 1, credentialsRepository })
  const made = browser.create(await call('dan', 'GET', '/users/passkeys/register'))
  await call('dan', 'POST', '/users/passkeys/register', { ...made, alias: 'Blue phone' })
  const copied = inIt()
  const used = browser.get(await call('dan', 'GET', '/users/passkeys/authenticate'))
  await call('dan', 'POST', '/users/mfa/auth/passkey', used)

  await server.rotateSigningKey()
  await server.close()
  return { now, secrets: { ann, bob, cid }, recoveryCodes, passkeys: { used: inIt(), copied } }
}

rmSync(file('db'), { force: true })
const sqlite = await fill(`sqlite:${file('db')}`)
const database = new DatabaseSync(file('db'))
database.exec('pragma journal_mode = delete; vacuum') // one file
database.close()
const postgres = await fill(process.env.DATABASE_URL ?? '')
const dump = execFileSync('pg_dump', [
  '--no-owner',
  '--no-privileges',
  '--inserts',
  process.env.DATABASE_URL ?? '',
])
writeFileSync(file('sql'), dump)
writeFileSync(file('json'), `${JSON.stringify({ masterKey, sqlite, postgres }, null, 2)}\n`)
