import { decodeJwt, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { developmentIdentity } from '../../../src/server/identity/development-identity.ts'

const { identity, signIn } = developmentIdentity()
const ask = (body: string, at = signIn) =>
  at(new Request('http://localhost/development/sign-in', { method: 'POST', body }))
const jwtOf = async (account: string, at = signIn) =>
  (await (await ask(JSON.stringify({ account }), at)).json()).jwt

it('a development sign-in is valid for twelve hours, and no cache keeps it', async () => {
  const answer = await ask(JSON.stringify({ account: 'ann@example.com' }))
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const { jwt } = await answer.json()
  const user = { userId: 'ann@example.com', account: 'ann@example.com' }
  expect(await identity(jwt)).toEqual({ ...user, authenticatedAt: (decodeJwt(jwt).iat ?? 0) * 1000 })
  const { iat = 0, exp = 0 } = decodeJwt(jwt)
  expect(exp - iat).toBe(12 * 3600)
})

it('a development sign-in of another process is rejected', async () => {
  expect(await identity(await jwtOf('ann', developmentIdentity().signIn))).toBeNull()
  const key = new Uint8Array(32)
  const forged = await new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject('ann').sign(key)
  expect(await identity(forged)).toBeNull()
  expect(await identity('ann')).toBeNull()
})

it.each(['a'.repeat(254), 'ä@example.com'])('the development account %j can sign in', async (account) => {
  expect(await identity(await jwtOf(account))).toMatchObject({ userId: account })
})

it.each([
  ['too long a name', JSON.stringify({ account: 'a'.repeat(255) })],
  ['no name', JSON.stringify({ account: '' })],
  ['a name with a space', JSON.stringify({ account: 'ann b' })],
  ['a name with a control character', JSON.stringify({ account: 'ann\0' })],
  ['a name that is no text', '{"account":5}'],
  ['nothing', ''],
  ['null', 'null'],
  ['more than a kilobyte', JSON.stringify({ account: 'ann', more: 'x'.repeat(1024) })],
])('%s signs nobody in for development', async (_, body) => {
  const answer = await ask(body)
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ code: 'bad_request' })
})
