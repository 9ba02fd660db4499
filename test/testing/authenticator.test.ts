import { expect, it } from 'vitest'
import { authenticator } from '../../src/testing/authenticator.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { oathtool } from '../support/tools.ts'

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const START = Date.UTC(2026, 0, 1)

it('shows what a real authenticator shows, at any step', () => {
  const phone = authenticator(SECRET)
  // Both look at the system's clock, which may tick between their two looks.
  const theirs = () => [-1, 0, 1].map((steps) => oathtool(SECRET, steps * 30))
  const ours = () => [-1, 0, 1].map((steps) => phone.code(steps))
  const looks = [theirs(), ours(), theirs()]
  expect([looks[0], looks[2]]).toContainEqual(looks[1])
})

it('shows the codes of RFC 6238, appendix B, with 8 digits and three algorithms', () => {
  const seed = (bytes: number) => '12345678901234567890'.repeat(4).slice(0, bytes)
  const base32 = (text: string) => {
    const bits = [...text].map((char) => char.charCodeAt(0).toString(2).padStart(8, '0')).join('')
    const groups = bits.match(/.{1,5}/g) ?? []
    return groups
      .map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group.padEnd(5, '0'), 2)])
      .join('')
  }
  const shown = (algorithm: string, bytes: number, seconds: number) =>
    authenticator(`otpauth://totp/A?secret=${base32(seed(bytes))}&algorithm=${algorithm}&digits=8`, {
      clock: { now: () => seconds * 1000 },
    }).code()
  expect(shown('SHA1', 20, 59)).toBe('94287082')
  expect(shown('SHA256', 32, 59)).toBe('46119246')
  expect(shown('SHA512', 64, 59)).toBe('90693936')
  expect(shown('SHA1', 20, 20_000_000_000)).toBe('65353130')
})

it('nextUnused() returns the code of no step twice, and waits for the next step on its own clock', async () => {
  const clock = new TestClock(START)
  const phone = authenticator(SECRET, { clock })
  const codes = [await phone.nextUnused(), await phone.nextUnused(), await phone.nextUnused()]
  expect(clock.now()).toBe(START + 60_000)
  expect(codes).toEqual(
    [0, 1, 2].map((step) => authenticator(SECRET, { clock: new TestClock(START) }).code(step)),
  )
})

it('nextUnused() counts what code() showed as used', async () => {
  const clock = new TestClock(START)
  const phone = authenticator(SECRET, { clock })
  const shown = phone.code()
  expect(await phone.nextUnused()).not.toBe(shown)
})

it('nextUnused() never returns what code() has shown for a later step', async () => {
  const clock = new TestClock(START)
  const phone = authenticator(SECRET, { clock })
  const shown = [phone.code(1), phone.code(2)]
  const codes = [await phone.nextUnused(), await phone.nextUnused()]
  expect(codes.filter((code) => shown.includes(code))).toEqual([])
  expect(clock.now()).toBe(START + 90_000)
})

it('nextUnused() gives simultaneous callers different codes', async () => {
  const phone = authenticator(SECRET, { clock: new TestClock(START) })
  const codes = await Promise.all([phone.nextUnused(), phone.nextUnused(), phone.nextUnused()])
  expect(new Set(codes).size).toBe(3)
})

it('nextUnused() need not wait if the service accepts a code one step ahead', async () => {
  const clock = new TestClock(START)
  const phone = authenticator(SECRET, { clock, ahead: 1 })
  await phone.nextUnused()
  await phone.nextUnused()
  expect(clock.now()).toBe(START)
  await phone.nextUnused()
  expect(clock.now()).toBe(START + 30_000)
})

it('nextUnused() waits in real time on the system’s clock', async () => {
  const late = Date.now()
  const clock = { now: () => Date.now() - late + 29_900 } // a tenth of a second before the next step
  const phone = authenticator(SECRET, { clock })
  await phone.nextUnused()
  await phone.nextUnused()
  expect(clock.now()).toBeGreaterThanOrEqual(30_000)
})

it('reads issuer and account of a URI, however they are written', () => {
  const read = (uri: string) => {
    const { issuer, account } = authenticator(uri)
    return [issuer, account]
  }
  const query = `?secret=${SECRET}`
  expect(read(`otpauth://totp/My%20App:ann%40example.com${query}&issuer=My%20App`)).toEqual([
    'My App',
    'ann@example.com',
  ])
  expect(read(`otpauth://totp/My%20App%3A%20ann${query}`)).toEqual(['My App', 'ann'])
  expect(read(`otpauth://totp/ann${query}`)).toEqual([undefined, 'ann'])
  expect(read(SECRET)).toEqual([undefined, undefined])
})

it('takes a secret as people type it', () => {
  expect(authenticator('jbsw y3dp-ehpk 3pxp JBSWY3DPEHPK3PXP').secret).toBe(SECRET)
})

it.each([
  '',
  'no secret!',
  'otpauth://hotp/A?secret=JBSWY3DP',
  'otpauth://totp/A?secret=1',
  'otpauth://totp/A?secret=JBSWY3DP&algorithm=MD5',
])('does not take %j', (text) => {
  expect(() => authenticator(text)).toThrow(TypeError)
})

it('wrong codes are six digits, differ from each other, and match no code shown near now', () => {
  const at = Date.UTC(2026, 0, 14, 5, 45)
  const code = authenticator(SECRET, { clock: new TestClock(at) }).code()
  expect(code).toBe('000004')
  for (const steps of [-2, -1, 0, 1, 2]) {
    const phone = authenticator(SECRET, { clock: new TestClock(at + steps * 30_000) })
    const wrong = Array.from({ length: 20 }, (_, nth) => phone.wrongCode(nth))
    expect(wrong).not.toContain(code)
    expect(phone.wrongCode()).toBe(wrong[0])
    expect(new Set(wrong).size).toBe(20)
    expect(wrong.filter((one) => !/^\d{6}$/.test(one))).toEqual([])
  }
})
