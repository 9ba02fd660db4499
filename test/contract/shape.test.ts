import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as answers from '../../src/contract/answers.ts'
import {
  array,
  looseObject,
  nothing,
  number,
  object,
  oneOf,
  readAs,
  type Shape,
  string,
  union,
  unknown,
} from '../../src/contract/shape.ts'
import { qrPath } from '../../src/qr/qr-path.ts'
import { keyUri } from '../../src/server/codes/totp.ts'

const device = {
  id: 'd1',
  type: 'totp',
  verified: true,
  createdAt: '2026-01-01',
  alias: 'phone',
  default: true,
}
const secret = 'JBSWY3DPEHPK3PXP'
const user = { id: 'u1', email: 'ann@example.com', mfaBackupCodeAcknowledgement: 'pending', chain: ['EVM'] }
const elevation = { scopes: ['wallet:sign'], expiresAt: 2, issuedAt: 1, singleUse: true, token: 't' }
const examples: [name: string, shape: Shape<unknown>, whole: unknown][] = [
  ['MfaDevice', answers.mfaDevice, device],
  ['MfaDeviceList', answers.mfaDeviceList, { count: 1, devices: [device] }],
  [
    'TotpRegistration',
    answers.totpRegistration,
    { id: 'd1', type: 'totp', uri: `otpauth://totp/A:b?secret=${secret}`, secret },
  ],
  [
    'Authentication',
    answers.authentication,
    { deviceId: 'd1', sessionExpiresAt: 3, issuedAt: 1, elevation, mfaToken: 'm', recoveryCodes: ['a', 'b'] },
  ],
  ['SessionUser', answers.sessionUser, user],
  [
    'VerifyResponse',
    answers.verifyResponse,
    { user, minifiedJwt: 'a.b.c', expiresAt: 3, nextView: 'done', deviceId: 'd1', recoveryCodesLeft: 9 },
  ],
  ['ErrorBody', answers.errorAnswer, { error: 'No.', code: 'server', reason: 'server' }],
  ['RecoveryCodes', answers.recoveryCodes, { count: 2, recoveryCodes: ['a', 'b'], acknowledged: false }],
  [
    'MfaMethods',
    answers.mfaMethods,
    { devices: [device], passkeys: [{}, null], userHasVerifiedMfaMethods: true },
  ],
  [
    'StepUpCheck',
    answers.stepUpCheck,
    {
      isRequired: true,
      credentials: [{ id: 'd1', format: 'totp', type: 'totp' }],
      defaultCredentialId: 'd1',
    },
  ],
  ['object', object({ given: unknown }, { more: unknown }), { given: null, more: 'abc' }],
  ['either', union<string | null>(nothing, string(/^a/)), 'abc'],
]

/** Of a value, others like it: a part left out, put in the place of another kind, or added. */
const likenesses = (value: unknown): fc.Arbitrary<unknown> => {
  const others = fc.oneof(
    fc.constantFrom('', 'totp', 'x'.repeat(129), '😀'.repeat(128), 0, -1, true, null, [], {}, [null]),
    fc.jsonValue(),
  )
  if (typeof value !== 'object' || value === null)
    return fc.oneof({ weight: 8, arbitrary: fc.constant(value) }, others)
  if (Array.isArray(value)) {
    const items =
      value.length > 0 ? fc.array(fc.oneof(...value.map(likenesses)), { maxLength: 3 }) : fc.array(others)
    return fc.oneof({ weight: 8, arbitrary: items }, others)
  }
  const parts = Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      fc.option(likenesses(part), { nil: undefined, freq: 10 }),
    ]),
  )
  const record = fc
    .tuple(fc.record(parts), fc.dictionary(fc.string(), others, { maxKeys: 1 }))
    .map((both) => JSON.parse(JSON.stringify(Object.assign({}, ...both)))) // `undefined` is left out
  return fc.oneof({ weight: 8, arbitrary: record }, others)
}

/** JSON Schema forbids what a reading drops. */
const takesMore = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema), (key, part) => (key === 'additionalProperties' ? undefined : part))

describe.each(examples)('%s', (_, shape, whole) => {
  const isValid = new Ajv2020().compile(Object(takesMore(shape.schema)))
  const isWritten = new Ajv2020().compile(shape.schema)

  it('the shape accepts exactly the values that its schema accepts, and returns values of its schema', () => {
    expect(isWritten(whole)).toBe(true)
    expect(shape.read(whole)).toEqual(whole)
    let read = 0
    fc.assert(
      fc.property(likenesses(whole), (value) => {
        const found = readAs(shape, value)
        expect(found !== undefined).toBe(isValid(value))
        if (found === undefined) return
        read++
        expect(isWritten(found)).toBe(true)
        expect(readAs(shape, found)).toEqual(found)
      }),
      { numRuns: 500 },
    )
    expect(read).toBeGreaterThan(20)
  })
})

it('an unnamed field is dropped at every depth, and kept where every field is wanted', () => {
  const pair = object({ inner: object({ id: string() }) })
  expect(pair.read({ inner: { id: 'a', extra: 1 }, extra: 2 })).toEqual({ inner: { id: 'a' } })
  expect(looseObject(pair).read({ inner: { id: 'a', extra: 1 }, extra: 2 })).toEqual({
    inner: { id: 'a' },
    extra: 2,
  })
})

it('`__proto__` in an answer is no prototype, of what is asked or of what is read', () => {
  const evil: unknown = JSON.parse('{"__proto__": {"id": "a"}}')
  expect(readAs(object({ id: string() }), evil)).toBeUndefined()
  const kept = looseObject(object({})).read(evil)
  expect(Object.getPrototypeOf(kept)).toBe(Object.prototype)
  expect(Object.hasOwn(kept, '__proto__')).toBe(false) // or it would be the prototype of what is copied from it
})

it('a value that JSON cannot express matches no shape', () => {
  for (const none of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, Symbol('a'), () => 'a'])
    for (const shape of [string(), number, nothing, array(unknown), object({}), oneOf('a')])
      expect(readAs<unknown>(shape, none)).toBeUndefined()
  // biome-ignore lint/suspicious/noSparseArray: what a stranger's code may answer
  expect(readAs(array(string()), ['a', , 'b'])).toBeUndefined()
})

it('an array is not an object, whatever its properties', () => {
  const list = Object.assign(['a'], { id: 'a' })
  expect(readAs(object({ id: string() }), list)).toBeUndefined()
  expect(readAs(looseObject(object({})), list)).toBeUndefined()
})

it('an object that throws when it is read matches no shape', () => {
  const hostile = {
    get id(): string {
      throw new Error('no')
    },
  }
  expect(readAs(object({ id: string() }), hostile)).toBeUndefined()
  expect(readAs(looseObject(object({})), hostile)).toBeUndefined()
})

it('the type of a shape is that of the values that it returns', () => {
  const shape = object({ id: string(), kind: oneOf('a', 'b') }, { size: number })
  expectTypeOf(shape.read({ id: '', kind: 'a' })).toExtend<{ id: string; kind: 'a' | 'b'; size?: number }>()
})

it('a registration fits in a QR code, however long the names that it is made of', () => {
  const uri = keyUri({ issuer: '漢'.repeat(40), account: '漢'.repeat(500), secret })
  expect(readAs(answers.totpRegistration, { id: 'd1', uri, secret })?.uri).toBe(uri)
  expect(() => qrPath(uri)).not.toThrow()
  const tooLong = `otpauth://totp/${'漢'.repeat(1000)}?secret=${secret}`
  expect(readAs(answers.totpRegistration, { id: 'd1', uri: tooLong, secret })).toBeUndefined()
})
