import type { StatelyInspectionEvent } from '@statelyai/inspect'
import { expect, it } from 'vitest'
import { createActor, fromPromise } from 'xstate'
import { createInspector } from '../../src/inspect/create-inspector.ts'
import { Timeline, valueText } from '../../src/inspect/timeline.ts'
import { player } from '../statechart/machines.ts'

/** What an inspector tells of a player on which somebody did all this. */
async function messagesOf(...types: string[]): Promise<StatelyInspectionEvent[]> {
  const messages: StatelyInspectionEvent[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const receive = (message: StatelyInspectionEvent) => {
    messages.push(message)
    if (message.type === '@xstate.snapshot' && message.event.type === types.at(-1)) resolve()
  }
  const inspector = createInspector({ to: { receive } })
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  for (const type of types) actor.send({ type })
  await promise
  actor.stop()
  return messages
}

function timelineOf(messages: readonly StatelyInspectionEvent[]): Timeline {
  const timeline = new Timeline()
  for (const message of messages) timeline.receive(message)
  return timeline
}

it('knows the actors, whose child each is, and the machines that they run', async () => {
  const [root, child] = timelineOf(await messagesOf('play')).actors.values()
  expect(root).toMatchObject({ name: 'player', parentId: null })
  expect(Object.keys(root?.machine?.states ?? {})).toEqual(['track', 'sound'])
  expect(child).toMatchObject({ parentId: root?.sessionId, machine: null })
})

it('puts each event and what came of it into one step', async () => {
  const { steps } = timelineOf(await messagesOf('mute', 'play'))
  const own = steps.filter(({ event }) => !event.type.startsWith('xstate.'))
  expect(own).toMatchObject([
    { event: { type: 'mute' }, before: { sound: 'on' }, after: { track: 'stopped', sound: 'off' } },
    { event: { type: 'play' }, before: { track: 'stopped' }, after: { track: 'loading' } },
  ])
  expect(own[0]?.snapshot).toMatchObject({ context: { volume: 1 } })
})

it('tells where an actor was at any time', async () => {
  const timeline = timelineOf(await messagesOf('mute', 'mute', 'play'))
  const [root] = timeline.actors.values()
  const valueAfter = (type: string, index: number) => {
    const step = timeline.steps.filter(({ event }) => event.type === type)[index]
    return step && root && timeline.lastStepOf(root.sessionId, step)?.after
  }
  expect(valueAfter('mute', 0)).toMatchObject({ sound: 'off' })
  expect(valueAfter('mute', 1)).toMatchObject({ sound: 'on' })
  expect(valueAfter('play', 0)).toMatchObject({ track: 'loading' })
  const last = timeline.steps.findLast(({ sessionId }) => sessionId === root?.sessionId)
  expect(timeline.valueOf(root?.sessionId ?? '')).toEqual(last?.after)
})

it('says of an error in an event or a snapshot what it is', async () => {
  const { promise, resolve } = Promise.withResolvers<StatelyInspectionEvent>()
  const receive = (message: StatelyInspectionEvent) => {
    if (message.type === '@xstate.snapshot' && message.snapshot.status === 'error') resolve(message)
  }
  const inspector = createInspector({ to: { receive } })
  const failing = fromPromise(() =>
    Promise.reject(Object.assign(new TypeError('no such song'), { track: 7 })),
  )
  const actor = createActor(failing, { inspect: inspector.inspect })
  actor.subscribe({ error: () => {} })
  actor.start()
  const said = { name: 'TypeError', message: 'no such song', track: 7 }
  expect(await promise).toMatchObject({ event: { data: said }, snapshot: { error: said } })
})

it('keeps events apart that were sent before the first was taken', () => {
  const shared = { _version: '', id: '', rootId: 'a', sessionId: 'a', createdAt: '0' }
  const event = (type: string) => ({
    ...shared,
    type: '@xstate.event' as const,
    sourceId: undefined,
    event: { type },
  })
  const snapshot = (type: string, value: string) =>
    ({ ...shared, type: '@xstate.snapshot', event: { type }, snapshot: { status: 'active', value } }) as never
  const { steps } = timelineOf([event('one'), event('two'), snapshot('one', 'x'), snapshot('two', 'y')])
  expect(steps).toMatchObject([{ after: 'x' }, { before: 'x', after: 'y' }])
})

it.each([
  '',
  'no JSON',
  '"[Object]"',
  '{"states":{"a":{"on":{"go":"nowhere"}}}}',
  '{"states":"[Object]"}',
  '{"__proto__":{"states":{}}}',
])('takes %o for an actor without a chart', async (definition) => {
  const [actor] = await messagesOf('mute')
  const timeline = timelineOf([{ ...actor, definition } as StatelyInspectionEvent])
  expect([...timeline.actors.values()][0]?.machine).toBeNull()
})

it('says a value as people do', () => {
  expect(valueText('idle')).toBe('idle')
  expect(valueText({ awaitingCode: 'ready' })).toBe('awaitingCode.ready')
  expect(valueText({ track: { playing: 'fast' }, sound: 'on' })).toBe('{ track.playing.fast, sound.on }')
})

it('forgets the oldest when there is too much', () => {
  const timeline = new Timeline()
  const message = {
    type: '@xstate.event',
    sessionId: 'a',
    sourceId: undefined,
    event: { type: 'tick' },
    createdAt: '0',
  }
  for (let count = 0; count < 60_000; count++) timeline.receive(message as StatelyInspectionEvent)
  expect(timeline.steps.length).toBeLessThanOrEqual(55_000)
  expect(timeline.steps.at(-1)?.number).toBe(59_999)
})

it.each([
  null,
  7,
  'text',
  {},
  { type: '@xstate.actor' },
  { type: '@xstate.event', sessionId: 'a' },
  { type: '@xstate.snapshot', sessionId: 'a', event: null },
  { type: '@xstate.actor', sessionId: 'a', name: { toString: null } },
])('ignores %j, which is no message', (nonsense) => {
  const timeline = new Timeline()
  Reflect.apply(timeline.receive, timeline, [nonsense])
  expect([timeline.actors.size, timeline.steps.length]).toEqual([0, 0])
})
