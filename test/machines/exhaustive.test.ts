import { describe, expect, it } from 'vitest'
import { totpMachine } from '../../machines/totp.machine.ts'
import { explore } from './explore.ts'
import type { Machine } from './tab.ts'
import { approvals, oneTab } from './tab-moves.ts'
import { product } from './tabs-and-server.ts'

const exploreTab = (machine: Machine) => explore(oneTab(machine))

describe('one tab, whatever its person, backend and clock do', () => {
  it('one tab keeps every rule on every step from every state', () => {
    const { states, edges, violation } = exploreTab(totpMachine)
    console.info(`one tab: ${states} states, ${edges} edges`)
    expect(violation?.diagram).toBeUndefined()
    expect(states).toBeGreaterThan(12_000)
  }, 300_000)

  it('one tab in which payments are approved keeps every rule on every step from every state', () => {
    const { states, violation } = explore(oneTab(totpMachine, approvals))
    console.info(`one tab with approvals: ${states} states`)
    expect(violation?.diagram).toBeUndefined()
    expect(states).toBeGreaterThan(600)
  }, 300_000)

  const guards = Object.keys(totpMachine.implementations.guards)
  describe.each([true, false])('with a guard that always says %s', (says) => {
    it.each(guards)(
      'the wrong guard %s is found, with the shortest trace to a broken rule',
      (name) => {
        const { violation } = exploreTab(totpMachine.provide({ guards: { [name]: () => says } }))
        expect(violation?.diagram).toMatch(/^sequenceDiagram\n( {4}.+\n)* {4}Note over Chart: breaks “.+”$/)
      },
      300_000,
    )
  })
})

it.each([1, 2])(
  'tabs and the server keep every rule on every step, and agree when idle (tabs: %i)',
  (count) => {
    const { states, edges, violation } = explore(product(totpMachine, count))
    console.info(`tabs and the server, ${count}: ${states} states, ${edges} edges`)
    expect(violation?.diagram).toBeUndefined()
    expect(states).toBeGreaterThan(count === 1 ? 500 : 1_000_000)
  },
  600_000,
)

it('tabs and the server would not agree if tabs did not listen to one another', () => {
  expect(explore(product(totpMachine, 2, { isDeaf: true })).violation?.diagram).toContain('every tab knows')
}, 300_000)
