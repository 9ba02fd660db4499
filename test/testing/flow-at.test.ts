import { flowAt, pathEvents, TestClock, type TotpPlace } from 'totp-flow/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AnyStateNode } from 'xstate'
import { createActor } from 'xstate'
import { getShortestPaths, getSimplePaths } from 'xstate/graph'
import { totpMachine } from '../../machines/totp.machine.ts'
import type { Intent } from '../../machines/totp.types.ts'
import type { Proofs } from '../../src/contract/backend.ts'
import { totpActors } from '../../src/flow/actors.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import type { TotpSnapshot } from '../../src/flow/view.ts'
import { scriptedBackend } from '../flow/scripted-backend.ts'

/** The states that have no others in them, as the chart names them. */
const placesIn = (node: AnyStateNode): string[] => {
  const inner = Object.values(node.states)
  return inner.length > 0 ? inner.flatMap(placesIn) : [node.path.join('.')]
}
const places = placesIn(totpMachine.root) as TotpPlace[]
const placeOf = ({ _nodes }: TotpSnapshot) => _nodes.at(-1)?.path.join('.')

let flow: TotpFlow | undefined
afterEach(() => flow?.stop())
function at(...given: Parameters<typeof flowAt>): TotpFlow {
  flow?.stop()
  flow = flowAt(...given)
  return flow
}

describe('flowAt', () => {
  it.each(['awaitingCode.throtled', 'awaitingCode', ''])('flowAt names every state if %j is none', (name) => {
    // @ts-expect-error the types refuse it too
    const make = () => at(name)
    expect(make).toThrow(`flowAt: the chart has no state ${name}. It has `)
    for (const place of places) expect(make).toThrow(place)
  })

  it.each(places)('a flow is at once in %s, and stays there', async (place) => {
    const there = at(place)
    expect(placeOf(there.actor.getSnapshot())).toBe(place)
    await new Promise((resolve) => setImmediate(resolve))
    expect(placeOf(there.actor.getSnapshot())).toBe(place)
  })

  it.each<[TotpPlace, Intent['kind'][]]>([
    ['idle.ready', ['enroll', 'stepUp', 'delete']],
    ['registering', ['enroll']],
    ['awaitingCode.ready', ['enroll', 'stepUp', 'delete']],
    ['awaitingCode.throttled', ['enroll', 'stepUp', 'delete']],
    ['verifying', ['enroll', 'stepUp', 'delete']],
    ['elevated', ['enroll', 'stepUp']],
    ['deleting', ['delete']],
  ])('a flow is in %s with the intents that lead there, and is refused with others', (place, intents) => {
    for (const intent of ['enroll', 'stepUp', 'delete'] as const) {
      const make = () => at(place, { intent })
      if (!intents.includes(intent)) expect(make).toThrow(`no ${place} with the intent ${intent}`)
      else {
        const { device, intent: kind } = make().getView()
        if (!place.startsWith('idle')) expect(kind).toBe(intent)
        if (place !== 'elevated') expect(Boolean(device)).toBe(intent !== 'enroll')
      }
    }
  })

  it('a flow shows what its state has to show', () => {
    expect(at('awaitingCode.ready').getView().registration?.unseal().uri).toMatch(/^otpauth:/)
    expect(at('awaitingCode.throttled').getView()).toMatchObject({
      error: { code: 'rate_limited' },
      retryAt: expect.any(Number),
    })
    expect(at('idle.unavailable').getView().error?.code).toBe('network')
    expect(at('elevated', { scopes: ['user:update'] }).getView().elevation?.scopes).toEqual(['user:update'])
    expect(at('elevated').takeElevatedToken('wallet:export')).not.toBeNull()
  })

  it('a flow goes on from where it was put, without a server', async () => {
    const enrolling = at('awaitingCode.ready')
    enrolling.submitCode('000000')
    expect((await enrolling.settled()).error?.code).toBe('invalid_code')
    enrolling.submitCode('123456')
    expect((await enrolling.settled()).recoveryCodes?.unseal()).toHaveLength(10)
    await enrolling.acknowledgeRecoveryCodes()
    enrolling.deleteDevice()
    enrolling.submitRecoveryCode('aaaaa-bbbbb')
    await enrolling.waitFor(({ state, busy }) => state === 'idle' && !busy)
    expect(enrolling.getView()).toMatchObject({ device: null, error: null })
  })

  it('a passkey steps up where there is no app, without a server', async () => {
    const there = at('awaitingCode.passkey', { scopes: ['user:update'] })
    expect(there.getView()).toMatchObject({ device: null, methods: ['passkey'], intent: 'stepUp' })
    there.submitPasskey()
    expect((await there.settled()).elevation?.scopes).toEqual(['user:update'])
  })

  it('a wait ends by the clock that is given', () => {
    const clock = new TestClock()
    const waiting = at('awaitingCode.throttled', { clock })
    clock.pass(30_000)
    expect(placeOf(waiting.actor.getSnapshot())).toBe('awaitingCode.ready')
  })
})

describe('pathEvents', () => {
  const machine = totpMachine.provide({ actors: totpActors(scriptedBackend()) })

  it.each([
    ['getSimplePaths', getSimplePaths],
    ['getShortestPaths', getShortestPaths],
  ])(
    '%s of the chart reaches every state by them, and asks for a password where one is taken',
    (_, pathsOf) => {
      const reachedBy = (proofs: Proofs, offersPasskeys = false) => {
        const paths = pathsOf(machine, { events: pathEvents, input: { proofs, offersPasskeys } })
        expect(paths.length).toBeLessThan(offersPasskeys ? 4000 : 400)
        return new Set(paths.map(({ state }) => placeOf(state)))
      }
      const byCode = reachedBy({})
      expect(byCode).not.toContain('awaitingCode.password')
      expect(byCode).not.toContain('awaitingCode.passkey')
      const all = new Set([
        ...byCode,
        ...reachedBy({ register: 'password', delete: 'password' }),
        ...reachedBy({ delete: 'none' }),
        ...reachedBy({}, true),
      ])
      expect([...all].sort()).toEqual(places.toSorted())
    },
  )

  it('the paths are the same at any time', () => {
    const keys = () =>
      getSimplePaths(machine, { events: pathEvents }).map(({ steps }) => JSON.stringify(steps))
    const now = keys()
    vi.useFakeTimers({ now: Date.now() + 86_400_000, toFake: ['Date'] })
    expect(keys()).toEqual(now)
    vi.useRealTimers()
  })

  it('a running actor goes along each path', () => {
    for (const { steps } of getSimplePaths(machine, { events: pathEvents })) {
      const actor = createActor(machine).start()
      for (const { event, state } of steps) {
        if (event.type !== ('xstate.init' as never)) actor.send(event)
        expect(actor.getSnapshot().value).toEqual(state.value)
      }
      actor.stop()
    }
  })
})
