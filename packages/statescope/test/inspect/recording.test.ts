import { expect, it } from 'vitest'
import { createActor } from 'xstate'
import { createInspector } from '../../src/inspect/create-inspector.ts'
import { readRecording, recordingFrom, recordingOf } from '../../src/inspect/recording.ts'
import { Timeline } from '../../src/inspect/timeline.ts'
import { player } from '../statechart/machines.ts'

/** What a viewer holds of a player that somebody used. */
function played(): Timeline {
  const timeline = new Timeline()
  const inspector = createInspector({ to: { receive: (message) => timeline.receive(message) } })
  const actor = createActor(player, { inspect: inspector.inspect }).start()
  for (const type of ['mute', 'play', 'stop']) actor.send({ type })
  actor.stop()
  inspector.stop()
  return timeline
}

it('a recording holds everything the viewer held: actors with their charts, steps, and the count of dropped ones', () => {
  const timeline = played()
  timeline.dropped = 7
  const saved = new Date('2026-11-29T10:00:00Z')
  const read = recordingFrom(recordingOf(timeline, saved))
  expect(read.saved).toEqual(saved)
  expect(read.timeline.dropped).toBe(7)
  expect(read.timeline.steps.map(({ bytes: _, ...step }) => step)).toEqual(
    timeline.steps
      .map(({ bytes: _, ...step }) => JSON.parse(JSON.stringify(step)))
      .map((step) => ({
        snapshot: undefined,
        taken: undefined,
        ...step,
      })),
  )
  expect([...read.timeline.actors.keys()]).toEqual([...timeline.actors.keys()])
  const [own] = read.timeline.actors.values()
  expect(own).toMatchObject({ name: 'player', ended: 'stopped', send: undefined })
  expect(Object.keys(own?.machine?.states ?? {})).toEqual(['track', 'sound'])
  const last = read.timeline.steps.at(-1)
  const sessionId = own?.sessionId ?? ''
  expect(last && read.timeline.lastStepOf(sessionId, last)?.after).toEqual(timeline.valueOf(sessionId))
  expect(read.timeline.valueOf(sessionId)).toEqual(timeline.valueOf(sessionId))
})

it('a recording that is opened and saved again is unchanged', () => {
  const once = recordingOf(played(), new Date(0))
  expect(recordingOf(recordingFrom(once).timeline, new Date(0))).toBe(once)
})

it.each([
  ['an empty file', ''],
  ['text', 'no JSON'],
  ['a number', '7'],
  ['null', 'null'],
  ['a list', '[]'],
  ['another object', '{}'],
  ['a version that is no number', '{"statescope":"1"}'],
  ['a million brackets', `${'['.repeat(1e6)}${']'.repeat(1e6)}`],
])('the viewer says that %s is no recording', (_what, text) => {
  expect(() => recordingFrom(text)).toThrow(/^is no recording of statescope\.$/)
})

it('the viewer says that a file of a newer version needs an update', () => {
  expect(() => recordingFrom('{"statescope":2}')).toThrow(/newer statescope. Update/)
})

const ACTOR = { sessionId: 'a', name: 'a', parentId: null, ended: null }
const STEP = { at: 1, sessionId: 'a', sourceId: null, event: { type: 'go' }, before: null, after: null }
const file = (parts: object) =>
  JSON.stringify({ statescope: 1, saved: '', dropped: 0, actors: [], steps: [], ...parts })
it.each<[string, object]>([
  ['a version before the first', { statescope: 0 }],
  ['no actors', { actors: undefined }],
  ['an actor without a name', { actors: [{ ...ACTOR, name: undefined }] }],
  ['an actor that ended in a way that there is not', { actors: [{ ...ACTOR, ended: 'late' }] }],
  ['steps that are none', { steps: [null] }],
  ['a step without a time', { steps: [{ ...STEP, at: '1' }] }],
  ['a step without an event', { steps: [{ ...STEP, event: 'go' }] }],
  ['a value that is none', { steps: [{ ...STEP, after: 7 }] }],
  ['transitions that are none', { steps: [{ ...STEP, taken: ['go'] }] }],
])('the viewer says that a file with %s is damaged', (_what, parts) => {
  expect(() => recordingFrom(file(parts))).toThrow(/is damaged/)
})

it('the viewer rejects a file that nests too deep', () => {
  const deep = '['.repeat(2_000) + ']'.repeat(2_000)
  const text = file({ steps: [{ ...STEP, snapshot: 'deep' }] }).replace('"deep"', deep)
  expect(() => recordingFrom(text)).toThrow(/is damaged/)
})

it('the viewer rejects a file that is larger than any recording without reading it', async () => {
  const huge = { size: 129 * 1024 * 1024, text: () => Promise.reject(new Error('It was read.')) } as Blob
  await expect(readRecording(huge)).rejects.toThrow('is larger than any recording: 128 MB.')
})

it('what a file says of an object’s prototype changes no object', () => {
  const text = file({ actors: [ACTOR], steps: [{ ...STEP, snapshot: 'here', event: { type: 'go' } }] })
    .replace('"here"', '{"__proto__":{"polluted":true},"context":{}}')
    .replace('"type":"go"', '"type":"go","__proto__":{"polluted":true}')
  const { timeline } = recordingFrom(text)
  expect(timeline.steps.length).toBe(1)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
  expect(Object.getPrototypeOf(timeline.steps[0]?.snapshot)).toBe(Object.prototype)
})

it('the viewer keeps the newest steps of a file that exceeds its capacity', () => {
  const steps = Array.from({ length: 60_000 }, (_, at) => ({ ...STEP, at }))
  const { timeline } = recordingFrom(file({ steps }))
  expect(timeline.steps.at(-1)?.at).toBe(59_999)
  expect(timeline.steps.length).toBeLessThanOrEqual(50_000)
  expect(timeline.steps.length + timeline.dropped).toBe(60_000)
})
