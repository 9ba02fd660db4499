import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest'
import type { InspectionEvent } from 'xstate'
import { verified, won } from '../machines/tab.ts'
import { commands, run } from './commands.ts'
import { type LiveCall, type LiveFlow, liveFlow, rawAnswer, settle } from './live-flow.ts'
import { MFA_TOKEN, RECOVERY_CODES, RIGHT_CODE, SECRET, TOKEN } from './scripted-backend.ts'

const SECRETS = [SECRET, RIGHT_CODE, TOKEN, MFA_TOKEN, ...RECOVERY_CODES]
const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const

let printed: unknown[]
let spies: MockInstance[]
beforeEach(() => {
  printed = []
  spies = METHODS.map((method) =>
    vi.spyOn(console, method).mockImplementation((...given) => void printed.push(given)),
  )
})
afterEach(() => {
  for (const spy of spies) spy.mockRestore()
})

/** Everything that can be seen of a value from outside: as JSON, as a clone, and as a debugger shows it. */
const sightOf = (value: unknown): string =>
  [
    JSON.stringify(value),
    JSON.stringify(structuredClone(value)),
    inspect(value, {
      depth: Number.POSITIVE_INFINITY,
      showHidden: true,
      maxArrayLength: null,
      maxStringLength: null,
    }),
  ].join('\n')

/** What an inspector hears, without the references to live actors: each of them leads to the whole system. */
const withoutActors = ({ actorRef, rootId, ...sent }: InspectionEvent) =>
  JSON.parse(JSON.stringify({ ...sent, sourceRef: undefined }))

/** What secrets were in a flow's hand while it was looked at. */
const held = new Set<string>()

/** A flow of which all that can be seen is looked at, at every step. */
function watchedFlow(): { live: LiveFlow; seen: () => string } {
  const sights: string[] = []
  const see = (value: unknown) => sights.push(sightOf(value))
  const live = liveFlow({ inspect: (event) => see(withoutActors(event)) })
  live.flow.actor.on('*', see)
  live.flow.subscribe(() => {
    const { context, value } = live.flow.actor.getSnapshot()
    const { error, registration, mfaToken, recoveryCodes, elevations } = context
    if (recoveryCodes) held.add('recovery codes')
    if (registration) held.add('registration')
    if (mfaToken) held.add('MFA token')
    if (elevations.some(({ token }) => token)) held.add('elevated token')
    see([context, value, live.flow.getView(), live.flow.persist(), error?.stack, error?.cause])
    sights.push(JSON.stringify(live.flow.actor.getSnapshot()))
  })
  return { live, seen: () => [...sights, inspect(printed, { depth: 9 })].join('\n') }
}

it('no secret, code or token can be seen from outside, after any commands in any order', async () => {
  held.clear()
  await fc.assert(
    fc.asyncProperty(commands, async (all) => {
      const { live, seen } = watchedFlow()
      await run(all, live)
      live.flow.stop()
      const text = seen()
      for (const secret of SECRETS) expect(text.includes(secret), live.report()).toBe(false)
    }),
    { numRuns: 500 },
  )
  expect([...held].sort()).toEqual(['MFA token', 'elevated token', 'recovery codes', 'registration']) // there was something to find
})

it('a failure that quotes the code or a token shows neither', async () => {
  const { live, seen } = watchedFlow()
  const answer = async (give: (call: LiveCall) => void) => {
    const call = live.current()
    if (call) give(call)
    await settle()
  }
  await answer((call) => call.answer([verified]))
  live.flow.deleteDevice()
  live.flow.submitCode(RIGHT_CODE)
  await answer((call) => call.fail(new Error(`POST /auth/totp {"code":"${RIGHT_CODE}"} failed`)))
  live.flow.submitCode(RIGHT_CODE)
  await answer((call) => call.answer(rawAnswer(call.name, won.unlink, live.clock.now())))
  await answer((call) => call.fail(Object.assign(new Error('no'), { config: { headers: { token: TOKEN } } })))
  expect(live.flow.getView().error?.code).toBe('server')
  console.error(live.flow.getView().error, live.flow.actor.getSnapshot().context)
  for (const secret of SECRETS) expect(seen()).not.toContain(secret)
  live.flow.stop()
})

it('unsealed secrets would be found', () => {
  for (const secret of SECRETS) expect(sightOf({ deep: { value: secret } })).toContain(secret)
})
