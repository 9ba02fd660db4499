/** What is copied as a test runs as it was copied, once the machine's file stands in it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { startVitest } from 'vitest/node'
import { type AnyStateMachine, createActor } from 'xstate'
import { asTest } from '../../src/inspect/as-test.ts'
import { createInspector } from '../../src/inspect/create-inspector.ts'
import { Timeline } from '../../src/inspect/timeline.ts'
import { player } from '../statechart/machines.ts'
import * as machines from './copied-machines.ts'

/** A part of a play: an event, or a state to wait for. */
type Part = { type: string; [name: string]: unknown } | string

/** The test that a viewer copies after somebody played with a machine. */
async function copied(machine: AnyStateMachine, parts: readonly Part[], input?: unknown): Promise<string> {
  const timeline = new Timeline()
  const inspector = createInspector({ to: { receive: (message) => timeline.receive(message) } })
  const actor = createActor(machine, { inspect: inspector.inspect, input: input as undefined })
  actor.subscribe({ error: () => {} })
  actor.start()
  for (const part of parts) {
    if (typeof part !== 'string') actor.send(part)
    else
      await expect
        .poll(() => [JSON.stringify(actor.getSnapshot().value), actor.getSnapshot().status].join(), {
          interval: 2,
        })
        .toContain(part)
  }
  const [seen] = timeline.actors.values()
  await Promise.resolve()
  const text = seen ? asTest(seen, timeline.steps, timeline.actors) : ''
  actor.stop()
  inspector.stop()
  return text
}

/** Whether a test passes, and what it says if it does not. */
async function problemsOf(name: keyof typeof machines | 'player', text: string): Promise<string[]> {
  const folder = mkdtempSync(resolve('node_modules/.copied-'))
  const file = join(folder, 'copied.test.ts')
  const from = `packages/statescope/test/${name === 'player' ? 'statechart/machines' : 'inspect/copied-machines'}.ts`
  const line = "import { machine } from './machine'"
  expect(text).toContain(line)
  writeFileSync(file, text.replace(line, `import { ${name} as machine } from '${resolve(from)}'`))
  const vitest = await startVitest('test', [file], {
    config: false,
    watch: false,
    reporters: [{}],
    include: [file],
    exclude: [],
  })
  const [module] = vitest.state.getTestModules()
  const problems = [...(module?.children.allTests() ?? [])].flatMap((test) =>
    (test.result().errors ?? []).map(({ message }) => message),
  )
  const unhandled = vitest.state.getUnhandledErrors().map(String)
  if (module?.state() !== 'passed' && problems.length === 0) problems.push(String(module?.state()))
  await vitest.close()
  rmSync(folder, { recursive: true })
  return [...problems, ...unhandled]
}

it.each<[string, keyof typeof machines | 'player', AnyStateMachine, Part[], unknown?]>([
  [
    'a context, an input, a guard and an output',
    'cart',
    machines.cart,
    [{ type: 'add', item: 'tea' }, { type: 'pay' }, { type: 'add', item: "it's" }, { type: 'pay' }],
    { owner: 'Ada' },
  ],
  [
    'delays in two regions',
    'lights',
    machines.lights,
    [{ type: 'press' }, 'yellow', 'red', 'green', 'yellow'],
  ],
  ['a delayed event of its own', 'reminder', machines.reminder, [{ type: 'start' }, 'shown']],
  [
    'a promise that fails, then answers',
    'loader',
    machines.loader,
    ['failed', { type: 'retry' }, 'ready', 'seen'],
  ],
  ['a machine that it invokes', 'parent', machines.parent, [{ type: 'nudge' }, 'happy']],
  ['an actor that it spawns', 'spawner', machines.spawner, [{ type: 'nudge' }, 'many']],
  [
    'an actor without a name, and an event that it raises',
    'unnamed',
    machines.unnamed,
    ['b', { type: 'go' }, 'd'],
  ],
  ['an error that nothing takes', 'failing', machines.failing, ['error']],
  [
    'an answer to a promise, in regions',
    'player',
    player,
    [{ type: 'mute' }, { type: 'play' }, 'normal', { type: 'skip' }],
  ],
])('a copied test passes for %s', async (_what, name, machine, parts, input) => {
  const text = await copied(machine, parts, input)
  expect(await problemsOf(name, text), text).toEqual([])
})

it('a copied test fails where the machine does something else', async () => {
  const text = await copied(machines.cart, [{ type: 'add', item: 'tea' }, { type: 'pay' }], { owner: 'Ada' })
  expect(await problemsOf('cart', text.replaceAll("'open'", "'paid'"))).not.toEqual([])
})

it('a copied test names the actors that it cannot replace, and says how to replace them', async () => {
  const text = await copied(machines.unnamed, ['b'])
  expect(text).toContain('These actors have no name in the machine, so they are not replaced: 0.unnamed.a')
  expect(text).toContain('Name them in setup({ actors })')
})

it('a copied test lets each delay pass, and marks a computed one', async () => {
  const text = await copied(machines.lights, ['yellow', 'red', 'green'])
  const passed = text.match(/clock\.increment.*/g)
  expect(passed).toEqual([
    'clock.increment(60)',
    expect.stringMatching(/^clock\.increment\(\d+\) \/\/ the delay short, as long as it took$/),
    'clock.increment(80)',
  ])
})

it('a copied test writes numbers that JSON cannot write as code', async () => {
  const item = { big: 9007199254740993n, none: undefined, not: Number.NaN, less: Number.NEGATIVE_INFINITY }
  const text = await copied(machines.cart, [{ type: 'add', item }], { owner: 'Ada' })
  expect(text).toContain('{ big: 9007199254740993n, none: undefined, not: NaN, less: -Infinity }')
  expect(await problemsOf('cart', text), text).toEqual([])
})

it('a copied test marks where a value must be filled in', async () => {
  const text = await copied(machines.cart, [{ type: 'add', item: new Map() }], { owner: 'Ada' })
  expect(text).toContain('put the value in its place')
  expect(await copied(machines.cart, [{ type: 'add', item: 'x' }], { owner: 'Ada' })).not.toContain(
    'in its place',
  )
})
