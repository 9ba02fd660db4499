import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createActor, type Snapshot } from 'xstate'
import { asTest } from '../../src/inspect/as-test.ts'
import { createInspector } from '../../src/inspect/create-inspector.ts'
import { type SeenActor, type Step, Timeline } from '../../src/inspect/timeline.ts'
import { NAMES, PAYLOADS } from '../statechart/hostile.ts'
import { player } from '../statechart/machines.ts'

async function testOf(
  last: string,
  run: (actor: ReturnType<typeof createActor<typeof player>>) => Promise<void>,
  snapshot?: Snapshot<unknown>,
): Promise<string> {
  const timeline = new Timeline()
  const inspector = createInspector({ to: { receive: (message) => timeline.receive(message) } })
  const actor = createActor(player, { inspect: inspector.inspect, ...(snapshot && { snapshot }) }).start()
  await run(actor)
  await expect.poll(() => timeline.steps.findLast(({ event }) => event.type === last)?.snapshot).toBeDefined()
  const [seen] = timeline.actors.values()
  actor.stop()
  return seen ? asTest(seen, timeline.steps, timeline.actors) : ''
}

const loaded = () =>
  testOf('skip', async (actor) => {
    actor.send({ type: 'mute' })
    actor.send({ type: 'play', note: "it's \n new", nested: { list: [1, null] } })
    await expect.poll(() => actor.getSnapshot().matches({ track: 'playing' })).toBe(true)
    actor.send({ type: 'skip' })
  })

it('a copied test reads as a person would write it', async () => {
  expect((await loaded()).split('\n')).toEqual([
    "import { expect, it } from 'vitest'",
    "import { createActor, fromPromise, SimulatedClock } from 'xstate'",
    "import { machine } from './machine' // Replace this by the file and the name of your machine.",
    '',
    "it('player gets to { track.playing.fast, sound.off }', async () => {",
    '  // The actors that the machine invokes answer when the test says so, as recorded.',
    '  const answers = { load: [Promise.withResolvers()] }',
    '  const calls = { load: 0 }',
    '  const settle = () => new Promise((resolve) => setTimeout(resolve))',
    '  const clock = new SimulatedClock()',
    '  const actor = createActor(machine.provide({',
    '    actors: {',
    '      load: fromPromise(() => answers.load[calls.load++].promise),',
    '    },',
    '  }), { clock })',
    '  actor.start()',
    "  actor.send({ type: 'mute' })",
    "  expect(actor.getSnapshot().value).toEqual({ track: 'stopped', sound: 'off' })",
    "  actor.send({ type: 'play', note: 'it\\'s \\n new', nested: { list: [1, null] } })",
    "  expect(actor.getSnapshot().value).toEqual({ track: 'loading', sound: 'off' })",
    "  answers.load[0].resolve('song')",
    '  await settle()',
    "  expect(actor.getSnapshot().value).toEqual({ track: { playing: 'normal' }, sound: 'off' })",
    "  actor.send({ type: 'skip' })",
    "  expect(actor.getSnapshot().value).toEqual({ track: { playing: 'fast' }, sound: 'off' })",
    '  actor.stop()',
    '})',
    '',
  ])
})

it('a copied test marks where a secret was', async () => {
  const text = await testOf('mute', async (actor) => actor.send({ type: 'mute', code: '[sealed]' }))
  expect(text).toContain('put one of your own')
})

it('a copied test says that its actor was restored, and where, unless it began at its start', async () => {
  const before = createActor(player).start()
  before.send({ type: 'mute' })
  const snapshot = before.getPersistedSnapshot()
  before.stop()
  const words =
    '// The actor was restored in { track.stopped, sound.off }: pass createActor the snapshot that it was restored from.'
  expect(await testOf('play', async (actor) => actor.send({ type: 'play' }), snapshot)).toContain(words)
  expect(await loaded()).not.toContain('restored')
})

it('a copied test keeps its lines, whatever the name of an event', () => {
  const actor = { sessionId: 'a', name: "it's" } as SeenActor
  const step = (type: string, after: unknown) =>
    ({ sessionId: 'a', snapshot: {}, before: 'x', after, event: { type } }) as Step
  const made = asTest(actor, [
    step('xstate.done\n globalThis.OWNED = true //', 'one'),
    step("go\r'); globalThis.OWNED = true //", 'two\u2028'),
  ])
  expect(made.split(/[\n\r\u2028]/).filter((line) => /^\s*globalThis/.test(line))).toEqual([])
  expect(made).toContain("actor.send({ type: 'go\\r\\'); globalThis.OWNED = true //' })")
})

it('a copied test writes any event as code that creates the same event', () => {
  const actor = { sessionId: 'a', name: 'a' } as SeenActor
  const hostile = fc.constantFrom(
    ...PAYLOADS,
    ...NAMES,
    '__proto__',
    '0123',
    "\\'",
    '\\"',
    '\u2028',
    '\u202e',
  )
  const events = fc.dictionary(fc.oneof(fc.string(), hostile), fc.oneof(fc.jsonValue(), hostile))
  fc.assert(
    fc.property(events, hostile, (given, type) => {
      const event = { ...given, type }
      const step = { sessionId: 'a', snapshot: {}, before: null, after: 'x', event } as unknown as Step
      const sent = asTest(actor, [step])
        .split('\n')
        .find((line) => line.startsWith('  actor.send('))
      expect(sent).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
      const isSame = (made: unknown) => expect(JSON.stringify(made)).toBe(JSON.stringify(event))
      runInNewContext(sent ?? '', { actor: { send: isSame } })
    }),
  )
  expect.hasAssertions()
})
