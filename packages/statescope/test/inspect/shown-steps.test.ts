import type { StatelyInspectionEvent } from '@statelyai/inspect'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ShownSteps, type Wanted } from '../../src/inspect/shown-steps.ts'
import { Timeline } from '../../src/inspect/timeline.ts'

const shared = { _version: '', id: '', rootId: 'a', createdAt: '1' }
const actor = (sessionId: string): StatelyInspectionEvent => ({
  ...shared,
  type: '@xstate.actor',
  sessionId,
  name: `actor ${sessionId}`,
  parentId: undefined,
  definition: undefined,
  snapshot: { status: 'active' },
})
const event = (sessionId: string, type: string, sourceId?: string): StatelyInspectionEvent => ({
  ...shared,
  type: '@xstate.event',
  sessionId,
  sourceId,
  event: { type },
})
const taken = (sessionId: string, type: string, value: string) =>
  ({
    ...shared,
    type: '@xstate.snapshot',
    sessionId,
    event: { type },
    snapshot: { status: 'active', value },
  }) as unknown as StatelyInspectionEvent

const ids = fc.constantFrom('a', 'b', 'c')
const types = fc.constantFrom('go', 'xstate.init', 'stop')
const message = fc.oneof(
  fc.tuple(ids, types, fc.option(ids, { nil: undefined })).map((given) => event(...given)),
  fc.tuple(ids, types, fc.constantFrom('here', 'there')).map((given) => taken(...given)),
)
const wanted: fc.Arbitrary<Wanted> = fc.record({
  sessionId: fc.option(ids),
  named: fc.constantFrom('', 'ACTOR B', 'a'),
  words: fc.constantFrom('', 'there', 'go'),
  ownEvents: fc.boolean(),
})

it('finds the same step by step as when it looks through everything, whatever is told, dropped and cleared', () => {
  const calls = fc.oneof({ weight: 9, arbitrary: message }, wanted, fc.constant('clear' as const))
  fc.assert(
    fc.property(fc.array(calls, { maxLength: 60 }), (all) => {
      const timeline = new Timeline({ steps: 10, bytes: 1e6, actors: 10 })
      for (const id of ['a', 'b', 'c']) timeline.receive(actor(id))
      const shown = new ShownSteps()
      let looked: Wanted = { sessionId: null, named: '', words: '', ownEvents: true }
      for (const call of all) {
        if (call === 'clear') timeline.clear()
        else if ('words' in call) looked = call
        else timeline.receive(call)
        shown.update(timeline, looked)
        const whole = new ShownSteps()
        whole.update(timeline, looked)
        expect(shown.steps).toEqual(whole.steps)
        expect([...shown.participants].toSorted()).toEqual([...whole.participants].toSorted())
        for (const [index, step] of shown.steps.entries()) expect(shown.indexOf(step)).toBe(index)
      }
    }),
  )
  expect.hasAssertions()
})

it('the filter names the actors that take part, and no others', () => {
  const timeline = new Timeline()
  for (const id of ['a', 'b', 'c']) timeline.receive(actor(id))
  timeline.receive(event('a', 'go', 'b'))
  timeline.receive(event('c', 'xstate.init'))
  const shown = new ShownSteps()
  shown.update(timeline, { sessionId: null, named: '', words: '', ownEvents: false })
  expect([...shown.participants]).toEqual(['a', 'b'])
})
