/** What an operator does for a user, beside a server that runs. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { authenticator } from '../../src/testing/authenticator.ts'
import { command } from '../support/cli-in-process.ts'
import { browserWith } from '../support/passkeys.ts'
import { cli, type ServerProcess, startServer } from '../support/server-process.ts'

let folder: string
let server: ServerProcess
const env = () => ({ DATABASE_URL: `sqlite:${join(folder, 'test.db')}` })
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-users-'))
  server = await startServer(env(), [], folder)
})
afterEach(async () => {
  await server.end('SIGKILL')
  rmSync(folder, { recursive: true })
})
const users = (...words: string[]) => cli(['users', ...words], env(), folder)
const statusOf = async (token: string) => (await server.call('GET', '/users', { token })).status

it('users reset removes the authenticator and ends the sessions of that user, under a running server', async () => {
  const [token, bob] = [await server.signIn('ann'), await server.signIn('bob')]
  const { secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
  const body = { code: authenticator(secret).code() }
  expect((await server.call('POST', '/users/mfa/auth/totp', { token, body })).status).toBe(200)
  const { code, out, err } = await users('reset', 'ann')
  expect([code, err]).toEqual([
    0,
    'Removed the authenticator and all passkeys of the user, and ended all sessions.\n',
  ])
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { type: 'sessions_ended', userId: 'ann' },
    { type: 'reset', userId: 'ann' },
  ])
  expect([await statusOf(token), await statusOf(bob)]).toEqual([401, 200])
  const fresh = await server.signIn('ann')
  expect((await server.call('GET', '/users/mfa', { token: fresh })).body.count).toBe(0)
  expect((await users('reset', 'ann')).err).toBe(
    'There was no authenticator and no passkey. Ended all sessions of the user.\n',
  )
})

it('users end-sessions ends the sessions of one user, or all that began before a time', async () => {
  const [ann, bob] = [await server.signIn('ann'), await server.signIn('bob')]
  expect((await users('end-sessions', 'ann')).code).toBe(0)
  expect([await statusOf(ann), await statusOf(bob)]).toEqual([401, 200])
  const { code, err } = await users('end-sessions', '--before', new Date().toISOString())
  expect(code).toBe(0)
  expect(err).toMatch(/^Ended all sessions that began before 20\S+Z\.\n$/)
  expect([await statusOf(bob), await statusOf(await server.signIn('bob'))]).toEqual([401, 200])
})

it.each<[string[], string]>([
  [['reset'], 'Give the id of the user'],
  [['end-sessions'], 'Give the id of a user, or --before'],
  [['end-sessions', 'ann', '--before', '2026-01-01T00:00:00Z'], 'Give the id of a user, or --before'],
  [['end-sessions', '--before', 'yesterday'], '--before takes a past time'],
  [['end-sessions', '--before', '2999-01-01T00:00:00Z'], '--before takes a past time'],
  [['show'], 'Give the id of the user'],
  [['unlock'], 'Give the id of the user'],
  [['rename', 'ann'], 'Give the old id and the new one'],
  [['rename', 'ann', 'ann'], 'Give the old id and the new one'],
  [['forget', 'ann'], 'Use totp-flow users list, totp-flow users show'],
])('users %j exits with 2 and a message', async (words, said) => {
  const { code, err } = await command(['users', ...words])
  expect([code, err]).toEqual([2, expect.stringContaining(said)])
})

const here = (...words: string[]) => command(['users', ...words], env())

it('users rename moves the authenticator to a new id, where its codes still work, and ends the sessions of both ids', async () => {
  const [ann, anna] = [await server.signIn('ann'), await server.signIn('anna')]
  const { secret } = (await server.call('GET', '/users/mfa/register/totp', { token: ann })).body
  const verify = (token: string, stepsAhead: number) =>
    server.call('POST', '/users/mfa/auth/totp', {
      token,
      body: { code: authenticator(secret).code(stepsAhead) },
    })
  expect((await verify(ann, 0)).status).toBe(200)
  const { code, out, err } = await here('rename', 'ann', 'anna')
  expect([code, err]).toEqual([
    0,
    'Moved the authenticator and the passkeys to the new id, and ended all sessions of both ids.\n',
  ])
  expect(out).toMatch(/"type":"renamed","userId":"anna","from":"ann"/)
  expect([await statusOf(ann), await statusOf(anna)]).toEqual([401, 401])
  expect((await verify(await server.signIn('anna'), 1)).status).toBe(200)
  const old = await server.signIn('ann')
  expect((await server.call('GET', '/users/mfa', { token: old })).body.count).toBe(0)

  await server.call('GET', '/users/mfa/register/totp', { token: old })
  const taken = await here('rename', 'ann', 'anna')
  expect([taken.code, taken.err]).toEqual([
    1,
    'The new id has an authenticator or a passkey already. Nothing was changed.\n',
  ])
  expect(await here('rename', 'nobody', 'x')).toMatchObject({
    code: 1,
    err: expect.stringContaining('The old id has no authenticator and no passkey'),
  })
})

it('users unlock ends a wait, which users show and users list report without a secret', async () => {
  const token = await server.signIn('ann')
  const { secret } = (await server.call('GET', '/users/mfa/register/totp', { token })).body
  const verify = (code: string) => server.call('POST', '/users/mfa/auth/totp', { token, body: { code } })
  const right = authenticator(secret).code()
  const wrong = right === '000000' ? '000001' : '000000'
  for (let tries = 0; tries < 5; tries++) await verify(wrong)
  expect((await verify(right)).status).toBe(429)
  const shown = await here('show', 'ann', '--json')
  expect(JSON.parse(shown.out)).toMatchObject({
    userId: 'ann',
    verified: false,
    failures: 5,
    retryAt: expect.stringMatching(/^20.*Z$/),
    recoveryCodesLeft: 0,
    sessionsEndedBefore: null,
  })
  const listed = await here('list', '--json')
  expect(JSON.parse(listed.out)).toMatchObject({ userId: 'ann', failures: 5 })
  for (const { out } of [shown, listed, await here('list'), await here('show', 'ann')]) {
    expect(out).not.toContain(secret)
    expect(out).not.toMatch(/sealed|secret/i)
  }
  const { code, err, out } = await here('unlock', 'ann')
  expect([code, err]).toEqual([0, 'Ended the waits and the lock of the user.\n'])
  expect(out).toMatch(/"type":"unlocked"/)
  expect((await verify(authenticator(secret).code())).status).toBe(200)
  expect(JSON.parse((await here('show', 'ann', '--json')).out)).toMatchObject({
    verified: true,
    recoveryCodesLeft: 10,
  })
  expect(await here('show', 'nobody')).toMatchObject({
    code: 1,
    out: expect.stringContaining('deviceId: none'),
    err: 'The user has no authenticator and no passkey.\n',
  })
  expect(await here('unlock', 'nobody')).toMatchObject({
    code: 1,
    err: expect.stringContaining('The user has no authenticator.'),
  })
})

it.each([['show', 'ann'], ['list']])('users %s stops silently when its reader has left', async (...words) => {
  await server.call('GET', '/users/mfa/register/totp', { token: await server.signIn('ann') })
  const args = ['--conditions=totp-flow-source', 'src/cli.ts', 'users', ...words]
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env() } })
  child.stdout.destroy()
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(said).toBe('')
})

it('users list, show, rename and reset cover a user who has a passkey and no authenticator app, and show no key', async () => {
  const site = ['--passkey-rp-id', 'localhost', '--passkey-origin', 'http://localhost:5173']
  const taking = await startServer(env(), site, folder)
  try {
    const token = await taking.signIn('ann')
    const { body } = await taking.call('GET', '/users/passkeys/register', { token })
    const made = { ...browserWith({}, 'http://localhost:5173').create(body), alias: 'Blue phone' }
    expect((await taking.call('POST', '/users/passkeys/register', { token, body: made })).status).toBe(200)
    const { passkeys } = (await taking.call('GET', '/users/passkeys', { token: await taking.signIn('ann') }))
      .body
    const [passkey] = passkeys

    const listed = await here('list', '--json')
    const told = {
      id: passkey.id,
      alias: made.alias,
      createdAt: passkey.createdAt,
      lastUsedAt: null,
      backedUp: true,
    }
    expect(JSON.parse(listed.out)).toEqual({ userId: 'ann', deviceId: null, passkeys: [told] })
    const shown = await here('show', 'ann', '--json')
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(shown.out)).toMatchObject({ userId: 'ann', deviceId: null, passkeys: [told] })
    const [list, show] = [await here('list'), await here('show', 'ann')]
    expect(list.out).toBe('ann\tno app\tfailures 0\tpasskeys 1\n')
    expect(show.out).toContain(
      `passkeys: 1\n  ${passkey.id}: Blue phone, created ${passkey.createdAt}, last used never, backed up\n`,
    )
    for (const { out } of [listed, shown, list, show])
      expect(out).not.toMatch(new RegExp(`publicKey|credentialId|${passkey.credentialId}`))

    expect(await here('rename', 'ann', 'anna')).toMatchObject({ code: 0 })
    expect((await here('list')).out).toBe('anna\tno app\tfailures 0\tpasskeys 1\n')
    expect(await here('reset', 'anna')).toMatchObject({
      code: 0,
      err: 'Removed the authenticator and all passkeys of the user, and ended all sessions.\n',
    })
    expect((await here('list')).out).toBe('')
  } finally {
    await taking.end('SIGKILL')
  }
})
