import { createContext, runInContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createActor, createMachine } from 'xstate'
import { shown } from '../../src/inspect/shown.ts'

const actor = createActor(createMachine({}), { id: 'lamp' })
class Point {
  x = 1
  #hidden = 2
  get sum() {
    return this.x + this.#hidden
  }
}
const shared = { name: 'ann' }
const form = new FormData()
form.append('name', 'ann')
const circle: Record<string, unknown> = { name: 'round' }
circle.self = circle

describe('a value is shown as it is', () => {
  it.each<[string, unknown, unknown]>([
    ['JSON', { a: [1, 'b', true, null, {}] }, { a: [1, 'b', true, null, {}] }],
    ['a bigint above 2^53', 9007199254740993n, '[9007199254740993n]'],
    [
      'numbers that JSON lacks',
      [Number.NaN, 1 / 0, -1 / 0, -0],
      ['[NaN]', '[Infinity]', '[-Infinity]', '[-0]'],
    ],
    ['undefined', { a: undefined }, { a: '[undefined]' }],
    ['a symbol', Symbol('once'), '[Symbol(once)]'],
    ['a function', [function click() {}, () => {}], ['[function click]', '[function without a name]']],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['no date', new Date('never'), '[Invalid Date]'],
    ['a regular expression', /a+/gi, '[RegExp /a+/gi]'],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', 1],
        [{ b: 2 }, new Set([3])],
      ]),
      {
        '[Map]': [
          ['a', 1],
          [{ b: 2 }, { '[Set]': [3] }],
        ],
      },
    ],
    ['a set', new Set(['a']), { '[Set]': ['a'] }],
    ['a symbol as a name', { [Symbol('once')]: 1 }, { '[Symbol(once)]': 1 }],
    [
      'what only claims to be headers',
      { [Symbol.toStringTag]: 'Headers', a: 1 },
      { a: 1, '[Symbol(Symbol.toStringTag)]': 'Headers' },
    ],
    [
      'primitives in objects',
      [Object(1n), Object(2), Object('a'), Object(true), Object(Symbol('once'))],
      ['[BigInt 1]', '[Number 2]', '[String a]', '[Boolean true]', '[Symbol Symbol(once)]'],
    ],
    [
      'what only claims to be a number',
      { [Symbol.toStringTag]: 'Number', a: 1 },
      { a: 1, '[Symbol(Symbol.toStringTag)]': 'Number' },
    ],
    ['headers', new Headers({ accept: 'a/b' }), { '[class]': 'Headers' }],
    [
      'a query',
      new URLSearchParams('a=1&a=2'),
      {
        '[URLSearchParams]': [
          ['a', '1'],
          ['a', '2'],
        ],
      },
    ],
    ['a form', form, { '[class]': 'FormData' }],
    ['bytes', new Uint8Array([1, 2]), '[Uint8Array of 2: 1, 2]'],
    ['many bytes', new Float32Array(1000), `[Float32Array of 1000: ${'0, '.repeat(16)}…]`],
    ['a view without elements', new DataView(new ArrayBuffer(8)), '[DataView of 8 bytes]'],
    ['a promise', Promise.resolve(), '[Promise]'],
    ['an actor', { lamp: actor }, { lamp: `[actor lamp (${actor.sessionId})]` }],
    ['an instance', new Point(), { x: 1 }],
    ['what says by itself how it is written', { toJSON: () => 'sealed' }, 'sealed'],
    [
      'what is written as it is',
      {
        toJSON() {
          return this
        },
        a: 1,
      },
      { toJSON: '[function toJSON]', a: 1 },
    ],
    ['a name that would set a prototype', JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}')],
    [
      'parts that come twice',
      { first: shared, second: shared },
      { first: { name: 'ann' }, second: '[same as first]' },
    ],
    ['a circle', { circle }, { circle: { name: 'round', self: '[same as circle]' } }],
  ])('%s', (_, value, as) => {
    expect(shown(value)).toEqual(as)
  })

  it('an error is shown with its stack, its cause and its extra properties', () => {
    const error = Object.assign(new RangeError('too far', { cause: 'a slip' }), { limit: 3 })
    expect(shown(error)).toEqual({
      name: 'RangeError',
      message: 'too far',
      stack: error.stack,
      cause: 'a slip',
      limit: 3,
    })
  })

  it('an AggregateError is shown with its errors', () => {
    const joined = new AggregateError([new Error('one'), 'two'], 'both')
    expect(shown(joined)).toMatchObject({ message: 'both', errors: [{ message: 'one' }, 'two'] })
  })

  it('an error and a map of another window are shown like those of this one', () => {
    const there = runInContext('({ error: new TypeError("there"), map: new Map([[1, 2]]) })', createContext())
    expect(shown(there)).toMatchObject({
      error: { name: 'TypeError', message: 'there' },
      map: { '[Map]': [[1, 2]] },
    })
  })
})

describe('whatever throws is shown as that', () => {
  const broken = (): never => {
    throw new Error('broken')
  }
  it.each<[string, unknown, unknown]>([
    [
      'a getter',
      Object.defineProperty({ a: 1 }, 'b', { get: broken, enumerable: true }),
      { a: 1, b: '[threw: broken]' },
    ],
    ['toJSON', { a: { toJSON: broken } }, { a: '[threw: broken]' }],
    ['a proxy', new Proxy({}, { ownKeys: broken, has: broken, get: broken }), '[threw: broken]'],
    ['a proxy that lists nothing', new Proxy({}, { ownKeys: broken }), { '[threw]': '[threw: broken]' }],
    [
      'an iterator',
      Object.assign(new Map([[1, 2]]), { [Symbol.iterator]: broken }),
      { '[threw]': '[threw: broken]' },
    ],
    [
      'a revoked proxy',
      (() => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return { proxy }
      })(),
      { proxy: expect.stringMatching(/^\[threw: /) },
    ],
    [
      'what throws what cannot be written',
      Object.defineProperty({}, 'a', {
        get() {
          throw Object.create(null)
        },
        enumerable: true,
      }),
      { a: '[threw]' },
    ],
  ])('%s', (_, value, as) => {
    expect(shown(value)).toEqual(as)
  })
})

describe('a value of any size costs little', () => {
  const chain = (levels: number) => {
    let inner: object = {}
    for (let level = 0; level < levels; level++) inner = { inner }
    return inner
  }
  const doubled = (levels: number) => {
    let part: object = { end: true }
    for (let level = 0; level < levels; level++) part = { left: part, right: part }
    return part
  }
  const endless = (): object => ({ toJSON: endless })
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, index]))

  it.each<[string, unknown]>([
    ['shared parts, 40 levels of them', doubled(40)],
    ['100,000 levels', chain(100_000)],
    ['100,000 properties', wide],
    ['an array of a billion holes', new Array(1e9)],
    ['a map of 100,000', new Map(Object.entries(wide))],
    ['a text of 50 MB', 'x'.repeat(50_000_000)],
    ['10,000 long texts', Array.from({ length: 10_000 }, (_, index) => `${index}${'x'.repeat(10_000)}`)],
    [
      'long names',
      Object.fromEntries(Array.from({ length: 4_000 }, (_, index) => [`${index}${'x'.repeat(1_000)}`, 1])),
    ],
    ['a name of 50 MB', { ['x'.repeat(50_000_000)]: 1 }],
    ['toJSON that leads to toJSON, for ever', endless()],
  ])('%s', (_, value) => {
    const text = JSON.stringify(shown(value))
    expect(text.length).toBeLessThan(600_000)
    expect(text).toMatch(/\[cut|\[same as/)
  })

  it('an object is read without its inherited properties, however many', () => {
    const ownKeys = vi.fn<() => string[]>(() => [])
    const own = Object.assign(Object.create(new Proxy({}, { ownKeys })), { own: true })
    expect(shown(own)).toEqual({ own: true })
    expect(ownKeys).not.toHaveBeenCalled()
  })

  it('a value that is too large is shown from the outside in', () => {
    const { first, last } = Object(shown({ first: wide, last: 'seen' }))
    expect([Object.keys(first).length > 4_000, first['[cut]'], last]).toEqual([true, 'there is more', 'seen'])
  })
})

it('any value whatever is shown as JSON, and JSON of a common size as itself', () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withObjectString: true,
        withNullPrototype: true,
      }),
      (value) => {
        JSON.stringify(shown(value))
      },
    ),
  )
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      expect(shown(JSON.parse(text))).toEqual(JSON.parse(text))
    }),
  )
})
