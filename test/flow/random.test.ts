import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { totpMachine } from '../../machines/totp.machine.ts'
import type { Gate } from '../../src/contract/gate.ts'
import { LATER } from '../machines/tab.ts'
import { passwords, proofless, sessions } from '../machines/tab-moves.ts'
import { commands, run } from './commands.ts'
import { liveFlow } from './live-flow.ts'

// A developer is told of each of the mistakes that a random backend makes, which are many.
beforeAll(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterAll(() => vi.restoreAllMocks())

/** A backend of any kind, with a gate or none, which may say something else each time. */
const providers = fc.record({
  kind: fc.constantFrom(undefined, sessions, passwords, proofless),
  takesPasskeys: fc.boolean(),
  gates: fc.array(
    fc.constantFrom<Gate | null>(
      null,
      { state: 'open' },
      { state: 'codeOwed' },
      { state: 'enrollmentOwed' },
      { state: 'enrollmentOwed', enrollBy: LATER },
    ),
    { maxLength: 3 },
  ),
})

it('the random runs reach enough states to mean something', async () => {
  const visits = new Map<string, number>()
  const visit = (place: string) => visits.set(place, (visits.get(place) ?? 0) + 1)
  for (const all of fc.sample(commands, 500)) {
    const live = liveFlow({ takesPasskeys: true })
    await run(all, live, () => {
      const { state, detail } = live.flow.getView()
      visit(state)
      if (detail === 'passkey') visit(detail)
    })
    live.flow.stop()
  }
  for (const place of [...Object.keys(totpMachine.states), 'passkey'])
    expect(visits.get(place), place).toBeGreaterThan(50)
})

it('the flow keeps every rule over a backend of any kind, can always be left, and leaves nothing running, after any commands in any order', async () => {
  await fc.assert(
    fc.asyncProperty(
      commands,
      fc.boolean(),
      providers,
      async (all, allowMfaToken, { kind, gates, takesPasskeys }) => {
        const { assurance, proofs } = kind?.inputs[0] ?? {}
        let asked = 0
        const getGate = () => gates[asked++ % gates.length] ?? null
        const provider = { assurance, proofs, ...(gates.length > 0 && { getGate }) }
        const live = liveFlow({
          allowMfaToken,
          takesPasskeys,
          ...((kind || gates.length > 0) && { provider }),
        })
        await run(all, live)
        if (live.broken.length > 0) throw new Error(live.report())
        live.flow.signOut()
        expect(live.flow.getView()).toMatchObject({ state: 'idle', device: undefined })
        live.flow.stop()
        expect(live.clock.pending).toBe(0)
        expect(live.calls.filter(({ isAnswered, signal }) => !isAnswered && !signal.aborted)).toEqual([])
      },
    ),
    { numRuns: 10_000 },
  )
}, 300_000)
