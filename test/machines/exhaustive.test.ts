import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { totpMachine } from '../../machines/totp.machine.ts'
import { explore } from './explore.ts'
import { approvals, gated, oneTab, passwords, proofless, sessions, withPasskeys } from './tab-moves.ts'
import { product } from './tabs-and-server.ts'

/** Where a guard of other providers than ours decides anything. */
const walkOf = (guard: string) =>
  /password|renew/i.test(guard)
    ? passwords
    : /passkey|factor|dismissed/i.test(guard)
      ? withPasskeys
      : { cannotBind: sessions, mayConfirm: proofless, wantsToConfirm: proofless, asksToConfirm: proofless }[
          guard
        ]

// A developer is told of each of the mistakes that are made here on purpose, which are many.
beforeAll(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterAll(() => vi.restoreAllMocks())

describe('one tab, whatever its person, backend and clock do', () => {
  it('one tab keeps every rule on every step from every state', () => {
    const { states, edges, violation } = explore(oneTab(totpMachine))
    console.info(`one tab: ${states} states, ${edges} edges`)
    expect(violation?.diagram).toBeUndefined()
    expect(states).toBeGreaterThan(12_000)
  }, 300_000)

  it('one tab with approvals of payments keeps every rule on every step from every state', () => {
    const { states, violation } = explore(oneTab(totpMachine, approvals))
    console.info(`one tab with approvals: ${states} states`)
    expect(violation?.diagram).toBeUndefined()
    expect(states).toBeGreaterThan(600)
  }, 300_000)

  it.each([
    ['whose codes win the whole session', sessions, 200],
    ['that takes a password for everything', passwords, 200],
    ['that takes nothing beside the session', proofless, 50],
    ['that lets nobody on without a second factor', gated, 1_000],
    ['that takes passkeys', withPasskeys, 4_000],
  ])(
    'one tab over a provider %s keeps every rule on every step',
    (_provider, given, least) => {
      const { states, violation } = explore(oneTab(totpMachine, given))
      console.info(`one tab over another provider: ${states} states`)
      expect(violation?.diagram).toBeUndefined()
      expect(states).toBeGreaterThan(least)
    },
    300_000,
  )

  const guards = Object.keys(totpMachine.implementations.guards)
  describe.each([true, false])('with a guard that always says %s', (says) => {
    it.each(guards)(
      'the wrong guard %s is found, with the shortest trace to a broken rule',
      (name) => {
        const wrong = totpMachine.provide({ guards: { [name]: () => says } })
        const { violation } = explore(oneTab(wrong, walkOf(name)))
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
