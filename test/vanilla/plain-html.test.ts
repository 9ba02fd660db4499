import { readFileSync } from 'node:fs'
import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { en } from 'totp-flow/messages'
import { afterEach, expect, it, vi } from 'vitest'
import { type Component, compile, createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { totpMachine } from '../../machines/totp.machine.ts'
import type { GateScreen } from '../../src/ui/gate.ts'
import { present } from '../../src/ui/present.ts'
import type { Screen } from '../../src/ui/screen.ts'
import { verbs } from '../../src/vanilla/verbs.ts'

const PAGE = readFileSync('docs/plain-html.md', 'utf8')
const sourceOf = (name: string) => readFileSync(`src/vanilla/${name}.ts`, 'utf8')

/** What the first columns of the tables below a heading name. */
function namedBelow(heading: string): string[] {
  const [, section = ''] = PAGE.split(`# ${heading}\n`)
  const [own = ''] = section.split(/^#/m)
  return [...own.matchAll(/^\| `([\w-]+)`/gm)].map(([, name = '']) => name).sort()
}
const sorted = (names: Iterable<string>) => [...new Set(names)].sort()
const foundIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name)
const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const flow = createTotpFlow({ backend: memoryBackend() })
const { texts, shown } = present({ view: flow.getView(), messages: en })
flow.stop()

it('docs/plain-html.md lists every value of data-totp-show, and no other', () => {
  const screens: Record<Screen, true> = {
    loading: true,
    unavailable: true,
    none: true,
    enrolling: true,
    on: true,
  }
  const gates: Record<GateScreen, true> = {
    loading: true,
    unavailable: true,
    code: true,
    enrollment: true,
    open: true,
  }
  const names = [
    ...Object.keys(shown),
    ...Object.keys(screens),
    ...Object.keys(totpMachine.states),
    ...Object.keys(gates).map((name) => `gate-${name}`),
  ]
  expect(namedBelow('What to show')).toEqual(sorted(names))
})

it('docs/plain-html.md lists every value of data-totp-text and data-totp-do, and no other', () => {
  expect(namedBelow('Texts')).toEqual(sorted(Object.keys(texts)))
  expect(namedBelow('Actions')).toEqual(sorted(Object.keys(verbs)))
})

it('docs/plain-html.md lists every attribute that a binding reads, and no other', () => {
  const sources = sourceOf('bind') + sourceOf('verbs')
  const names = [
    ...foundIn(sources, /\ball(?:<\w+>)?\('(\w+)'\)/g),
    ...foundIn(sources, /\[data-totp-([a-z-]+)/g),
    ...foundIn(sources, /(?:dataset\.|')totp([A-Z]\w*)/g).map((name) => kebab(name).slice(1)),
  ]
  expect(namedBelow('Attributes')).toEqual(sorted(names.map((name) => `data-totp-${name}`)))
})

it('docs/plain-html.md lists every property, attribute and event of the element, and no other', () => {
  const source = sourceOf('element')
  const [, events = ''] = /const EVENTS = \[(.*)\]/.exec(source) ?? []
  expect(namedBelow('The element')).toEqual(
    sorted([
      ...foundIn(source, /^ {2}set (\w+)\(/gm),
      ...foundIn(source, /(?:get|has)Attribute\('(\w+)'\)/g),
      ...foundIn(events, /'(\w+)'/g).map((type) => `totp-${type}`),
    ]),
  )
})

it('docs/plain-html.md lists every sentence of the messages without an argument', () => {
  const { device, enrollment, code, challenge, gate, recovery, announcements } = en
  for (const [group, words] of Object.entries({
    device,
    enrollment,
    code,
    challenge,
    gate,
    recovery,
    announcements,
  })) {
    const [, line = ''] = PAGE.split(`- \`${group}.\`: `)
    const [own = ''] = line.split('\n- ')
    const plain = Object.entries(words).flatMap(([name, said]) => (typeof said === 'string' ? [name] : []))
    expect(foundIn(own, /`(\w+)`/g), group).toEqual(plain)
  }
})

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
afterEach(() => warn.mockReset())
const rendered = (component: Component) => renderToString(createSSRApp(component))
const TEMPLATE = '<totp-flow :flow.prop="null" @totp-enrolled="() => {}"><p>Guarded</p></totp-flow>'

it('Vue takes the element for a component, and warns, while its compiler knows no better', async () => {
  await rendered({ render: compile(TEMPLATE) })
  expect(warn.mock.calls.flat().join()).toContain('Failed to resolve component: totp-flow')
})

it('Vue compiles the element without a warning with the option in docs/plain-html.md', async () => {
  const { compilerOptions } = await import('example:docs/plain-html.md/3')
  expect(await rendered({ render: compile(TEMPLATE, compilerOptions) })).toBe(
    '<totp-flow><p>Guarded</p></totp-flow>',
  )
  expect(warn).not.toHaveBeenCalled()
})

it('Vue renders the element without a warning with the component in docs/plain-html.md', async () => {
  const { TotpCard } = await import('example:docs/plain-html.md/4')
  const template = '<TotpCard :flow="flow"><p>Guarded</p></TotpCard>'
  const parent = { components: { TotpCard }, setup: () => ({ flow }), render: compile(template) }
  expect(await rendered(parent)).toBe('<totp-flow><p>Guarded</p></totp-flow>')
  expect(warn).not.toHaveBeenCalled()
})
