import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AnyEventObject, createMachine, type MachineConfig } from 'xstate'
import { launchChromium } from '../../../../test/support/tools.ts'
import { drawMermaid } from '../../src/draw/index.ts'
import { legible } from '../../src/statechart/legible.ts'
import { NAMES, PAYLOADS } from '../statechart/hostile.ts'
import { player } from '../statechart/machines.ts'

type Config = MachineConfig<object, AnyEventObject>

/** What Mermaid's page has. */
declare const mermaid: {
  initialize(options: object): void
  render(id: string, text: string): Promise<{ svg: string }>
}

let browser: Browser
let page: Page
beforeAll(async () => {
  browser = await launchChromium()
  page = await browser.newPage()
  await page.addScriptTag({ path: 'test/pictures/node_modules/mermaid/dist/mermaid.min.js' })
  await page.evaluate(() => mermaid.initialize({ startOnLoad: false }))
})
afterAll(() => browser.close())

/** The texts of the picture that Mermaid makes; it throws where it does not understand. */
const textsIn = (text: string) =>
  page.evaluate(async (given) => {
    const { svg } = await mermaid.render('drawn', given)
    document.body.innerHTML = svg
    const lines = document.body.querySelectorAll('p, .nodeLabel tspan.row, .edgeLabel tspan.row')
    return [...lines].flatMap((line) =>
      line.innerHTML.split(/<br\s*\/?>/).map((part) => {
        const plain = document.createElement('p')
        plain.innerHTML = part
        return plain.textContent ?? ''
      }),
    )
  }, text)

it('Mermaid draws the states, the transitions and the actions of a machine', async () => {
  expect((await textsIn(drawMermaid(player))).toSorted()).toEqual(
    [
      ...[
        'player',
        'track',
        'stopped',
        'loading',
        'playing',
        'normal',
        'fast',
        'before (history)',
        'ended',
        'over',
      ],
      ...[
        'sound',
        'on',
        'off',
        'invoke / load',
        'entry / assign(volume)',
        'tags: quiet',
        'play',
        'done',
        'error',
        'after 5000',
        'stop',
      ],
      ...[
        'track.* [isLast]',
        'skip',
        'skip',
        '1. always [isLast]',
        'else always',
        '× mute: forbidden',
        'mute',
        'mute [not isLast]',
      ],
    ].toSorted(),
  )
})

it.each<[string, Config]>([
  [
    'a state to those around it',
    {
      initial: 'a',
      states: {
        a: { initial: 'b', states: { b: { on: { up: '#m.a', top: '#m' } }, c: { on: { up: '#m.a' } } } },
      },
    },
  ],
  [
    'one region to another, to itself and to a history',
    {
      type: 'parallel',
      states: {
        left: {
          initial: 'x',
          states: {
            x: { on: { go: '#m.right.y', all: '#m', out: '#m.left' } },
            z: { type: 'history', target: 'x' },
          },
        },
        right: {
          initial: 'y',
          states: { y: { on: { both: ['#m.left.z', '#m.right.w'] } }, w: { type: 'final' } },
        },
      },
    },
  ],
  [
    'a parallel state into a region',
    {
      initial: 'p',
      states: {
        p: {
          type: 'parallel',
          on: { in: '.l.x' },
          states: { l: { initial: 'x', states: { x: {} } }, r: {} },
        },
        q: { on: { in: 'p.l' } },
      },
    },
  ],
  ['nothing, as it has no states', { on: { event: { actions: 'act' } } }],
])('Mermaid draws the transitions from %s', async (_what, config) => {
  const machine = createMachine({ ...config, id: 'm' })
  const texts = await textsIn(drawMermaid(machine))
  const events = machine.events.filter((type) => !type.startsWith('xstate.'))
  expect(events.length).toBeGreaterThan(0)
  expect(texts.join('\n')).toMatch(new RegExp(events.map((event) => `(?=[^]*\\b${event}\\b)`).join('')))
})

it('Mermaid draws a chart from left to right', async () => {
  const boxes = async (direction: 'down' | 'right') => {
    await textsIn(drawMermaid(player, { direction }))
    return page.evaluate(
      () => document.body.querySelector('svg')?.getAttribute('viewBox')?.split(' ').map(Number) ?? [],
    )
  }
  const [[, , width = 0], [, , turned = 0]] = [await boxes('down'), await boxes('right')]
  expect(turned).toBeGreaterThan(width)
})

it('Mermaid reads any name as that name', async () => {
  const ofMermaid =
    'state note end direction default class classDef style fork root as click hide scale [*] -- --> a:b a;b #35; $$x$$ {} %%x " \' `c` **b** <b>x</b> <br> \\n 日本語 😀'
  const names = [...ofMermaid.split(' '), ...NAMES, ...PAYLOADS]
  for (const name of names) {
    const machine = createMachine({
      id: name,
      initial: name,
      states: { [name]: { entry: name, on: { [name]: { target: 'other', guard: name } } }, other: {} },
    })
    const said = legible(name)
    const texts = await textsIn(drawMermaid(machine))
    expect(texts.toSorted(), name).toEqual(
      [said, `${said} [${said}]`, said, `entry / ${said}`, 'other'].toSorted(),
    )
  }
  expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false)
})
