import fc from 'fast-check'
import { expect, it } from 'vitest'
import { doings, run } from './doings.ts'
import { liveFlow } from './live-flow.ts'

it('keeps every rule, can always be left, and leaves nothing running, whatever is done in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(doings, fc.boolean(), async (all, allowMfaToken) => {
      const live = liveFlow({ allowMfaToken })
      await run(all, live)
      if (live.broken.length > 0) throw new Error(live.report())
      live.flow.signOut()
      expect(live.flow.getView()).toMatchObject({ state: 'idle', device: undefined })
      live.flow.stop()
      expect(live.clock.pending).toBe(0)
      expect(live.calls.filter(({ isAnswered, signal }) => !isAnswered && !signal.aborted)).toEqual([])
    }),
    { numRuns: 10_000 },
  )
}, 300_000)
