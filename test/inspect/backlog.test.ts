import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { expect, it } from 'vitest'
import { Backlog } from '../../src/inspect/backlog.ts'

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

it('still knows an actor, and where it stands, after more messages than it keeps', () => {
  const backlog = new Backlog()
  backlog.add(actor('a'))
  backlog.add(moved('a', 'second'))
  for (let count = 0; count < 20_000; count++) backlog.add(event(`event ${count}`))
  const all = backlog.all()
  expect(all.length).toBe(10_001)
  expect(all[0]).toMatchObject({ type: '@xstate.actor', sessionId: 'a', snapshot: { value: 'second' } })
  expect(all.at(-1)).toMatchObject({ event: { type: 'event 19999' } })
})

it('holds no more than some megabytes', () => {
  const backlog = new Backlog()
  for (let count = 0; count < 20; count++) backlog.add(event('x'.repeat(10 * 1024 * 1024)))
  expect(backlog.all().length).toBe(6)
})

it('lets go of actors that came to an end, and of too many', () => {
  const backlog = new Backlog()
  backlog.settle(actor('ended'))
  backlog.settle(moved('ended', 'last', 'done'))
  expect(backlog.all()).toEqual([])
  for (let count = 0; count < 3_000; count++) backlog.add(actor(`a${count}`))
  expect(backlog.all().length).toBe(1_000)
})

it('tells once, and afterwards only where actors stand', () => {
  const backlog = new Backlog()
  for (const message of [actor('a'), moved('a', 'second')]) backlog.add(message)
  expect(backlog.all()).toMatchObject([{ snapshot: { value: 'first' } }, { snapshot: { value: 'second' } }])
  backlog.settleAll()
  expect(backlog.all()).toMatchObject([{ type: '@xstate.actor', snapshot: { value: 'second' } }])
})

it('tells who comes back what came since, and who missed too much everything', () => {
  const backlog = new Backlog()
  backlog.add(actor('a'))
  for (const id of ['1', '2', '3']) backlog.add({ ...event(id), id })
  const typesAfter = (id: string | null) =>
    backlog.after(id).map((message) => ('event' in message ? message.event.type : message.name))
  expect(typesAfter('2')).toEqual(['a', '3'])
  expect(typesAfter('of another run')).toEqual(['a', '1', '2', '3'])
  expect(typesAfter(null)).toEqual(['a', '1', '2', '3'])
})

it('takes a message that is nested too deep to be measured, and drops it first', () => {
  const backlog = new Backlog()
  let nested: unknown = []
  for (let depth = 0; depth < 20_000; depth += 1) nested = [nested]
  backlog.add({ ...event('deep'), event: { type: 'deep', nested } } as StatelyInspectionEvent)
  backlog.add(event('next'))
  expect(backlog.all()).toEqual([event('next')])
})
