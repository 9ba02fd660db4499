import type { StatelyInspectionEvent } from '@statelyai/inspect'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Backlog, entryOf, textOf } from '../../src/inspect/backlog.ts'

const shared = { _version: '', id: '', rootId: 'a', createdAt: '0' }
const actor = (sessionId: string): StatelyInspectionEvent => ({
  ...shared,
  sessionId,
  type: '@xstate.actor',
  name: sessionId,
  parentId: undefined,
  definition: '{"states":{}}',
  snapshot: snapshot('first'),
})
const event = (type: string): StatelyInspectionEvent => ({
  ...shared,
  sessionId: 'a',
  type: '@xstate.event',
  sourceId: undefined,
  event: { type },
})
const moved = (
  sessionId: string,
  value: string,
  status: 'active' | 'done' = 'active',
): StatelyInspectionEvent => ({
  ...shared,
  sessionId,
  type: '@xstate.snapshot',
  event: { type: 'go' },
  snapshot: { ...snapshot(value), status },
})
const snapshot = (value: string) => ({
  status: 'active' as const,
  output: undefined,
  error: undefined,
  context: {},
  value,
})

const MEBIBYTE = 1024 * 1024
const BOUND = 64 * MEBIBYTE
const allOf = (backlog: Backlog): string[] => [...backlog.from(0)].map(textOf)
const toldBy = (backlog: Backlog): StatelyInspectionEvent[] => allOf(backlog).map((text) => JSON.parse(text))
function settleAll(backlog: Backlog): void {
  while (backlog.oldestMessage().entry) backlog.settleOldest()
}

it('the backlog keeps a message unchanged', () => {
  for (const message of [actor('a'), event('go'), moved('a', 'second'), moved('a', '"}', 'done')])
    expect(JSON.parse(textOf(entryOf(message)))).toEqual(JSON.parse(JSON.stringify(message)))
})

it('the backlog knows an actor and its state after more messages than it keeps', () => {
  const backlog = new Backlog()
  backlog.add(entryOf(actor('a')))
  backlog.add(entryOf(moved('a', 'second')))
  for (let count = 0; count < 20_000; count++) backlog.add(entryOf(event(`event ${count}`)))
  const all = toldBy(backlog)
  expect(all.length).toBe(10_001)
  expect(all[0]).toMatchObject({ type: '@xstate.actor', sessionId: 'a', snapshot: { value: 'second' } })
  expect(all.at(-1)).toMatchObject({ event: { type: 'event 19999' } })
})

it.each([
  ['events', (count: number) => event(`${count} `.padEnd(10 * MEBIBYTE))],
  ['definitions', (count: number) => ({ ...actor(`a${count}`), definition: ' '.repeat(15 * MEBIBYTE) })],
  ['snapshots', (count: number) => moved(`a${count % 2}`, ' '.repeat(3 * MEBIBYTE))],
  ['session ids', (count: number) => actor(`${count}`.padEnd(5 * MEBIBYTE))],
])('the backlog holds no more than its limit of large %s', (_kind, message) => {
  const backlog = new Backlog()
  for (const sessionId of ['a0', 'a1']) backlog.add(entryOf(actor(sessionId)))
  let most = 0
  for (let count = 0; count < 9; count++) {
    backlog.add(entryOf(message(count)))
    most = Math.max(most, backlog.bytes)
  }
  expect(most).toBeLessThanOrEqual(BOUND)
  expect(allOf(backlog).join('').length * 2).toBeLessThanOrEqual(backlog.bytes)
  settleAll(backlog)
  expect(allOf(backlog).join('').length * 2).toBeLessThanOrEqual(backlog.bytes)
  expect(backlog.bytes).toBeLessThanOrEqual((BOUND * 3) / 4)
})

it('the backlog counts its bytes exactly, whatever arrives in whatever order', () => {
  const ids = fc.constantFrom('a', 'b', 'c')
  const words = fc.string({ unit: 'grapheme', maxLength: 20 })
  const message = fc.oneof(
    ids.map(actor),
    words.map(event),
    fc.tuple(ids, words, fc.constantFrom('active' as const, 'done' as const)).map((given) => moved(...given)),
  )
  const call = fc.oneof(
    fc.tuple(fc.constant('add' as const), message),
    fc.constantFrom(['settleOldest'] as const, ['settleAll'] as const),
  )
  fc.assert(
    fc.property(fc.array(call), (calls) => {
      const backlog = new Backlog()
      for (const [name, given] of calls) {
        if (name === 'settleAll') settleAll(backlog)
        else if (name === 'settleOldest') backlog.settleOldest()
        else backlog.add(entryOf(given))
      }
      const held = [...backlog.from(0)].map(
        ({ sessionId, head, snapshot = '' }) => 2 * (sessionId.length + head.length + snapshot.length) + 512,
      )
      expect(backlog.bytes).toBe(held.reduce((total, bytes) => total + bytes, 0))
      backlog.clear()
      expect(backlog.bytes).toBe(0)
    }),
  )
  expect.hasAssertions()
})

it('the backlog drops actors that ended, and the oldest of too many', () => {
  const backlog = new Backlog()
  backlog.add(entryOf(actor('ended')))
  backlog.add(entryOf(moved('ended', 'last', 'done')))
  settleAll(backlog)
  expect(allOf(backlog)).toEqual([])
  for (let count = 0; count < 12_000; count++) backlog.add(entryOf(actor(`a${count}`)))
  expect(allOf(backlog).length).toBe(11_000)
  settleAll(backlog)
  expect(
    toldBy(backlog)
      .map(({ sessionId }) => sessionId)
      .at(0),
  ).toBe('a11000')
  expect(allOf(backlog).length).toBe(1_000)
})

it('the backlog returns its oldest message, and reports once how many earlier ones were dropped', () => {
  const backlog = new Backlog({ actors: 10, messages: 3, bytes: MEBIBYTE })
  for (let count = 0; count < 5; count++) backlog.add(entryOf(event(`event ${count}`)))
  const { entry, missed } = backlog.oldestMessage()
  expect([entry && JSON.parse(textOf(entry)).event.type, missed]).toEqual(['event 2', 2])
  expect(backlog.oldestMessage().missed).toBe(0)
})

it('the backlog returns each message once, and afterwards only the state of actors', () => {
  const backlog = new Backlog()
  for (const message of [actor('a'), moved('a', 'second')]) backlog.add(entryOf(message))
  expect(toldBy(backlog)).toMatchObject([{ snapshot: { value: 'first' } }, { snapshot: { value: 'second' } }])
  settleAll(backlog)
  expect(toldBy(backlog)).toMatchObject([{ type: '@xstate.actor', snapshot: { value: 'second' } }])
})

it('the backlog continues from any number, without the dropped messages', () => {
  const backlog = new Backlog()
  for (const sessionId of ['a', 'b']) backlog.add(entryOf(actor(sessionId)))
  backlog.add(entryOf(moved('a', 'second', 'done')))
  settleAll(backlog)
  backlog.skip()
  for (const type of ['go', 'stop']) backlog.add(entryOf(event(type)))
  const numbersFrom = (number: number) => [...backlog.from(number)].map((entry) => entry.number)
  expect(numbersFrom(0)).toEqual([1, 4, 5])
  expect(numbersFrom(2)).toEqual([4, 5])
  expect(numbersFrom(5)).toEqual([5])
  expect(numbersFrom(6)).toEqual([])
  expect([backlog.oldest, backlog.next]).toEqual([4, 6])
})
