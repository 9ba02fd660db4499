import { expect, it } from 'vitest'
import { createTokenVault } from '../../src/client/token-vault.ts'

/** What a client reads of a token; nobody here checks its signature. Times in epoch seconds. */
const tokenOf = (claims: { scope: string; exp: number; iat?: number; singleUse?: boolean }) =>
  `header.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`

it('a token expires exactly on time', () => {
  let now = 0
  const vault = createTokenVault(() => now)
  const token = tokenOf({ scope: 'wallet:sign', exp: 60 })
  vault.keep(token)
  now = 59_999
  expect(vault.take({ scope: 'wallet:sign' })).toBe(token)
  now = 60_000
  expect(vault.take({ scope: 'wallet:sign' })).toBeUndefined()
})

it('a token lasts as long as it says from its arrival, whatever this clock says', () => {
  let now = 5_000_000
  const vault = createTokenVault(() => now)
  vault.keep(tokenOf({ scope: 'wallet:sign', iat: 100, exp: 160 }))
  now += 59_999
  expect(vault.take({ scope: 'wallet:sign' })).toEqual(expect.any(String))
  now += 1
  expect(vault.take({ scope: 'wallet:sign' })).toBeUndefined()
})

it('consuming a single-use token consumes no other, and reading it before consumes nothing', () => {
  const vault = createTokenVault(() => 0)
  const [once, often] = [
    tokenOf({ scope: 'wallet:export', exp: 60, singleUse: true }),
    tokenOf({ scope: 'wallet:sign', exp: 60 }),
  ]
  vault.keep(once)
  vault.keep(often)
  expect(vault.take({ scope: 'wallet:export', consume: false })).toBe(once)
  expect(vault.take({ scope: 'wallet:export' })).toBe(once)
  expect(vault.take({ scope: 'wallet:export' })).toBeUndefined()
  expect(vault.take({ scope: 'wallet:sign' })).toBe(often)
})

it.each(['', ' '])('a token for the scope %j is useless, and is not kept', (scope) => {
  const vault = createTokenVault(() => 0)
  vault.keep(tokenOf({ scope, exp: 60 }))
  expect(vault.take({ scope: '' })).toBeUndefined()
})

it('a token whose payload needs the URL’s alphabet of base64 is read', () => {
  const vault = createTokenVault(() => 0)
  const token = tokenOf({ scope: 'wallet:sign ~~~???>>>ÿÿÿ', exp: 60 })
  expect(token).toMatch(/-.*_|_.*-/)
  vault.keep(token)
  expect(vault.take({ scope: '~~~???>>>ÿÿÿ' })).toBe(token)
})

it.each(['', 'no token', 'a.b.c', 'a.bnVsbA.c', 'a.e30.c'])(
  'a malformed token such as %j is rejected with a message',
  (text) => {
    expect(() => createTokenVault().keep(text)).toThrow(
      expect.objectContaining({ code: 'malformed_response' }),
    )
  },
)
