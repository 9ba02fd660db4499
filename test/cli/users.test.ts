/** What an operator does for a user, beside a server that runs. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { authenticator } from '../../src/testing/authenticator.ts'
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
  expect([code, err]).toEqual([0, 'Removed the authenticator, and ended all sessions of the user.\n'])
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
    'There was no authenticator. Ended all sessions of the user.\n',
  )
})

it('users end-sessions ends those of a user, or those of all that began before a time', async () => {
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
  [['end-sessions', '--before', 'yesterday'], '--before takes a time that is past'],
  [['end-sessions', '--before', '2999-01-01T00:00:00Z'], '--before takes a time that is past'],
  [['forget', 'ann'], 'There is totp-flow users reset, totp-flow users end-sessions.'],
])('users %j is refused with exit code 2 and a message', async (words, said) => {
  const { code, err } = await users(...words)
  expect([code, err]).toEqual([2, expect.stringContaining(said)])
})
