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

it('a state value is written as people write it', () => {
  expect(valueText('idle')).toBe('idle')
  expect(valueText({ awaitingCode: 'ready' })).toBe('awaitingCode.ready')
  expect(valueText({ track: { playing: 'fast' }, sound: 'on' })).toBe('{ track.playing.fast, sound.on }')
})

it('the timeline drops the oldest steps beyond its limit', () => {
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

it('the timeline stays within its limit of bytes, and counts what it dropped', () => {
  const timeline = new Timeline({ steps: 1_000, bytes: 1_000_000, actors: 10 })
  for (let count = 0; count < 300; count++) {
    timeline.receive(moved('a', { filling: 'x'.repeat(5_000) }))
    expect(timeline.bytes).toBeLessThanOrEqual(1_000_000)
  }
  expect(timeline.steps.length).toBeGreaterThan(80)
  expect(timeline.steps.length + timeline.dropped).toBe(300)
  expect(timeline.steps.at(-1)?.number).toBe(299)
  timeline.receive(moved('a', { filling: 'x'.repeat(2_000_000) }))
  expect(timeline.steps.map(({ number }) => number)).toEqual([300])
})

const moved = (sessionId: string, context: object, status = 'active') =>
  ({
    type: '@xstate.snapshot',
    sessionId,
    createdAt: '1',
    event: { type: 'go' },
    snapshot: { status, context },
  }) as unknown as StatelyInspectionEvent
const made = (sessionId: string, definition?: string) =>
  ({
    type: '@xstate.actor',
    sessionId,
    name: sessionId,
    definition,
    snapshot: { status: 'active' },
  }) as unknown as StatelyInspectionEvent

it.each(['done', 'error', 'stopped'] as const)(
  'knows of an actor whose snapshot is %s that it has ended',
  (status) => {
    const timeline = timelineOf([made('a'), moved('a', {}, status)])
    expect(timeline.actors.get('a')?.ended).toBe(status)
    timeline.receive(moved('a', {}))
    expect(timeline.actors.get('a')?.ended).toBeNull() // a component that was mounted again
  },
)

it('knows of actors whose app has left that they are gone, until the app is back', () => {
  const timeline = timelineOf(['x:0', 'x:1', '2/x:0'].map((id) => made(id)))
  timeline.receive(moved('x:1', {}, 'done'))
  const before = timeline.actorsVersion
  timeline.leave('')
  expect(timeline.actorsVersion).toBeGreaterThan(before)
  const endings = () => [...timeline.actors.values()].map(({ ended }) => ended)
  expect(endings()).toEqual(['gone', 'done', null])
  timeline.receive(made('x:0'))
  expect(endings()).toEqual([null, 'done', null])
})

it('forgets steps and ended actors when it is cleared, and keeps those that run, with where they are', () => {
  const timeline = timelineOf([made('a'), made('b'), moved('a', {}), moved('b', {}, 'done')])
  const a = timeline.actors.get('a')
  timeline.clear()
  expect([...timeline.actors.values()]).toEqual([a])
  expect([timeline.steps, timeline.bytes]).toEqual([[], 0])
  timeline.receive(moved('a', {}))
  expect(timeline.steps[0]?.number).toBe(2)
})

it('forgets of too many actors those that have ended first', () => {
  const timeline = new Timeline({ steps: 100, bytes: 1e6, actors: 3 })
  for (const id of ['a', 'b', 'c']) timeline.receive(made(id))
  timeline.receive(moved('b', {}, 'stopped'))
  timeline.receive(made('d'))
  expect([...timeline.actors.keys()]).toEqual(['a', 'c', 'd'])
  timeline.receive(made('e'))
  expect([...timeline.actors.keys()]).toEqual(['c', 'd', 'e'])
})

it('reads the definition that many actors share once', () => {
  const definition = JSON.stringify(player.config)
  const [one, other] = timelineOf([made('a', definition), made('b', definition)]).actors.values()
  expect(one?.machine).not.toBeNull()
  expect(one?.machine).toBe(other?.machine)
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
