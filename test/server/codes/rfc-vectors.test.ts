import { createGuardrails, generateSecret, generateSync } from 'otplib'
import { describe, expect, it } from 'vitest'
import { keyUri, matchStep, newSecret } from '../../../src/server/codes/totp.ts'

/** The ASCII secret of RFC 4226 appendix D and RFC 6238 appendix B (SHA-1), as base32. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

describe('RFC 4226 appendix D', () => {
  const codes = [
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ]
  it.each(codes.map((code, step) => [step, code] as const))(
    'RFC 4226 appendix D: counter %i has the code %s',
    (step, code) => {
      expect(matchStep({ secret, code, now: step * 30_000 })).toBe(step)
    },
  )
})

describe('RFC 6238 appendix B, the last six digits of the SHA-1 vectors', () => {
  const vectors: [number, string][] = [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ]
  it.each(vectors)('RFC 6238 appendix B: second %i has the code %s', (seconds, code) => {
    expect(matchStep({ secret, code, now: seconds * 1000 })).toBe(Math.floor(seconds / 30))
  })
})

it('takes the codes of one step before and after, and no further', () => {
  const step = 1000
  const matches = [-3, -2, -1, 0, 1, 2, 3].map((away) => {
    const code = generateSync({ secret, epoch: (step + away) * 30 })
    return matchStep({ secret, code, now: step * 30_000 + 15_000 }) !== null
  })
  expect(matches).toEqual([false, false, true, true, true, false, false])
})

it('makes secrets of 160 bits that differ', () => {
  const secrets = new Set(Array.from({ length: 100 }, newSecret))
  expect(secrets.size).toBe(100)
  for (const one of secrets) expect(one).toMatch(/^[A-Z2-7]{32}$/)
})

it.each([
  ['ACME & Söhne', 'ann+o’hara@example.com'],
  ['A: B', 'x:y "z" 🦊'],
])('a key URI for issuer %j and account %j parses back', (issuer, account) => {
  const uri = new URL(keyUri({ issuer, account, secret }))
  const [label, ...rest] = uri.pathname.replace(/^\/+(totp\/)?/, '').split(':')
  expect(decodeURIComponent(label ?? '')).toBe(issuer.replaceAll(':', ' '))
  expect(rest.map(decodeURIComponent)).toEqual([account])
  expect(uri.searchParams.get('issuer')).toBe(issuer.replaceAll(':', ' '))
  expect(uri.searchParams.get('secret')).toBe(secret)
})

it.each([10, 16, 20, 32, 64, 128])('takes the codes of a secret of %i bytes', (length) => {
  const other = generateSecret({ length })
  const guardrails = createGuardrails({ MIN_SECRET_BYTES: 1, MAX_SECRET_BYTES: 1024 })
  const code = generateSync({ secret: other, epoch: 30_000, guardrails })
  expect(matchStep({ secret: other, code, now: 30_000_000 })).toBe(1000)
})
