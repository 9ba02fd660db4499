import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ActorRefFrom, assign, createActor, fromPromise, type Snapshot, setup, waitFor } from 'xstate'
import { forParent, type TotpParentEvent } from '../../machines/for-parent.ts'
import { totpMachine } from '../../machines/totp.machine.ts'
import type { TotpEvent, TotpInput } from '../../machines/totp.types.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { TimeSource } from '../../src/contract/clock.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import { totpActors, totpInput } from '../../src/flow/actors.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { totpFlowOf } from '../../src/flow/totp-flow-of.ts'
import { toView } from '../../src/flow/view.ts'
import { memoryBackend } from '../../src/memory/index.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { RECOVERY_CODES, RIGHT_CODE, SECRET, scriptedBackend, TOKEN } from '../flow/scripted-backend.ts'

const SECRETS = [SECRET, TOKEN, ...RECOVERY_CODES]
const told = vi.spyOn(console, 'error').mockReturnValue()
afterEach(() => told.mockClear())
/** What the console says to the developer. */
const sentences = () =>
  told.mock.calls.flat().map((one) => (one instanceof Error ? one.message : String(one)))

const totpOver = (backend: TotpBackend) => totpMachine.provide({ actors: totpActors(backend) })

/** An app's machine with the chart in it, as `children.totp`, and what it heard. */
function appWith(totp: ReturnType<typeof totpOver>, input: TotpInput) {
  return setup({
    types: { context: {} as { done: unknown; heard: string[] }, children: {} as { totp: 'totp' } },
    actors: { totp },
    actions: {
      keepOutput: assign({ done: (_, output: unknown) => output }),
      keepHeard: assign({ heard: ({ context, event }) => [...context.heard, JSON.stringify(event)] }),
    },
  }).createMachine({
    context: { done: undefined, heard: [] },
    initial: 'protecting',
    states: {
      protecting: {
        invoke: {
          id: 'totp',
          src: 'totp',
          input,
          onDone: {
            target: 'over',
            actions: {
              type: 'keepOutput',
              params: ({ event }: { event: { output: unknown } }) => event.output,
            },
          },
        },
        on: { 'totp.*': { actions: 'keepHeard' }, leave: 'over' },
      },
      over: {},
    },
  })
}
function running(
  backend: TotpBackend,
  { totp = totpOver(backend), snapshot }: { totp?: typeof totpMachine; snapshot?: Snapshot<unknown> } = {},
) {
  const app = createActor(appWith(totp, totpInput(backend)), { snapshot }).start()
  const child = app.getSnapshot().children.totp as ActorRefFrom<typeof totpMachine>
  return { app, child, flow: totpFlowOf(child, { backend, tabs: false }) }
}
type Chart = typeof totpMachine

describe('a flow over a child', () => {
  it('an app that has only its own machine enrolls, steps up and takes the token', async () => {
    const clock = new TestClock()
    const { app, flow } = running(memoryBackend({ clock: clock.now }))
    await flow.settled()
    flow.register()
    const phone = authenticator((await flow.settled()).registration?.unseal().uri ?? '', { clock })
    flow.submitCode(await phone.nextUnused())
    expect((await flow.settled()).state).toBe('elevated')
    await flow.acknowledgeRecoveryCodes()
    flow.stepUp(['wallet:export'])
    flow.submitCode(await phone.nextUnused())
    expect((await flow.settled()).elevation?.scopes).toEqual(['wallet:export'])
    expect(flow.takeElevatedToken('wallet:export')).toMatch(/^ey/)
    expect(flow.takeElevatedToken('wallet:export')).toBeNull()
    expect(await flow.checkRecoveryCodes()).toEqual({ count: 10, acknowledged: true })
    app.stop()
  })

  it('a backend’s answer is checked and sealed before the chart sees it', async () => {
    const backend = scriptedBackend()
    const { app, child, flow } = running(backend)
    await flow.settled()
    flow.register()
    await flow.settled()
    expect(JSON.stringify(app.getPersistedSnapshot())).not.toContain(SECRET)
    expect(child.getSnapshot().context.registration?.unseal().secret).toBe(SECRET)
    backend.next('authenticateTotpMfaDevice', async () => ({ deviceId: 7 }))
    flow.submitCode(RIGHT_CODE)
    expect((await flow.settled()).error?.code).toBe('malformed_response')
    app.stop()
  })

  it('an actor has one flow, however often it is asked for, and another one after stop()', async () => {
    const backend = { ...scriptedBackend(), onSignedOut: vi.fn(() => ended) }
    const ended = vi.fn()
    const { app, child, flow } = running(backend)
    expect(totpFlowOf(child, { backend })).toBe(flow)
    expect(backend.onSignedOut).toHaveBeenCalledOnce()
    flow.stop()
    expect(ended).toHaveBeenCalledOnce()
    expect(child.getSnapshot().status).toBe('active')
    const again = totpFlowOf(child, { backend })
    expect(again).not.toBe(flow)
    app.stop()
    expect(ended).toHaveBeenCalledTimes(2)
  })

  it('the flow ends with its actor, and shows no secret any more', async () => {
    const { app, flow } = running(scriptedBackend())
    await flow.settled()
    flow.register()
    await flow.settled()
    const seen: unknown[] = []
    flow.subscribe(() => seen.push(flow.getView().registration))
    const waiting = flow.waitFor(({ state }) => state === 'elevated')
    app.send({ type: 'leave' })
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
    expect(seen).toEqual([null])
    expect(flow.getView()).toMatchObject({ showsCodeField: false, registration: null })
    app.stop()
  })

  it('an ended actor has a flow that says so', async () => {
    const backend = { ...scriptedBackend(), onSignedOut: () => ended }
    const ended = vi.fn()
    const actor = createActor(totpOver(backend)).start()
    actor.stop()
    const late = totpFlowOf(actor, { backend })
    await expect(late.settled()).rejects.toMatchObject({ code: 'aborted' })
    expect(ended).toHaveBeenCalled()
  })

  it('a chart in simulated time uses the clock of its input and its system', async () => {
    const clock = new TestClock(1_000)
    const backend = scriptedBackend({ verified: true, now: clock.now })
    const input = { ...totpInput(backend), time: new TimeSource(clock.now) }
    const actor = createActor(totpOver(backend), { input, clock }).start()
    const flow = totpFlowOf(actor, { backend })
    await flow.settled()
    flow.stepUp(['wallet:export'])
    flow.submitCode(RIGHT_CODE)
    expect((await flow.settled()).elevation?.expiresAt).toBe(301_000)
    clock.pass(300_000)
    expect(flow.getView().state).toBe('idle')
    actor.stop()
  })

  it('recovery codes are offered if the backend accepts them and the chart got its input', async () => {
    const authenticateMfaRecoveryCode = scriptedBackend({ verified: true }).authenticateTotpMfaDevice
    const backend = {
      ...scriptedBackend({ verified: true }),
      authenticateMfaRecoveryCode: () =>
        authenticateMfaRecoveryCode({ code: RIGHT_CODE, requestedScopes: ['wallet:export'] }),
    }
    const { app, flow } = running(backend)
    await flow.settled()
    flow.stepUp(['wallet:export'])
    expect(flow.getView().can.submitRecoveryCode).toBe(true)
    flow.submitRecoveryCode(RECOVERY_CODES[0] ?? '')
    await flow.settled()
    expect(flow.takeElevatedToken('wallet:export')).toBe(TOKEN)
    app.stop()
  })
})

describe('forParent', () => {
  const over = (backend: TotpBackend, options: Parameters<typeof forParent<unknown>>[1]) =>
    forParent<unknown>(totpOver(backend), options) as unknown as Chart

  async function enroll(given: ReturnType<typeof running>) {
    await given.flow.settled()
    given.flow.register()
    await given.flow.settled()
    given.flow.submitCode('000000')
    await given.flow.settled()
    given.flow.submitCode(RIGHT_CODE)
  }

  it('a parent receives the chart’s emitted events, if it asks for them', async () => {
    const backend = scriptedBackend()
    const forwarding = running(backend, { totp: over(backend, { forward: true }) })
    const direct: string[] = []
    forwarding.child.on('*', ({ type }) => direct.push(type))
    await enroll(forwarding)
    await forwarding.flow.settled()
    const heard = forwarding.app.getSnapshot().context.heard.map((text): TotpParentEvent => JSON.parse(text))
    expect(heard).toEqual([
      { type: 'totp.failed', code: 'invalid_code' },
      { type: 'totp.enrolled', deviceId: 'd1' },
      expect.objectContaining({ type: 'totp.elevated', scopes: [] }),
    ])
    expect(direct).toEqual(['failed', 'enrolled', 'elevated'])
    forwarding.app.stop()

    const other = scriptedBackend()
    const quiet = running(other, { totp: over(other, {}) })
    await enroll(quiet)
    await quiet.flow.settled()
    expect(quiet.app.getSnapshot().context.heard).toEqual([])
    quiet.app.stop()
  })

  it('the chart ends with the output that its host chose, and leaves nothing running', async () => {
    const backend = scriptedBackend()
    const output = ({ context: { device } }: { context: { device?: unknown } }) => device ?? undefined
    const given = running(backend, { totp: over(backend, { output: output as never }) })
    await enroll(given)
    await expect.poll(() => given.app.getSnapshot().value).toBe('over')
    expect(given.app.getSnapshot().context.done).toMatchObject({ id: 'd1', verified: true })
    expect(given.child.getSnapshot().status).toBe('done')
    given.app.stop()
  })

  it('a call that is under way when the chart ends is aborted', async () => {
    const backend = scriptedBackend()
    backend.hangs('registerTotpMfaDevice')
    const totp = over(backend, {
      output: (snapshot) => (snapshot.matches('registering') ? 'asked' : undefined),
    })
    const clock = new TestClock()
    const root = createActor(totp, { clock }).start()
    await totpFlowOf(root, { backend }).settled()
    root.send({ type: 'device.register' })
    expect(root.getSnapshot()).toMatchObject({ status: 'done', output: 'asked', children: {} })
    expect(clock.pending).toBe(0)
    for (const { name, signal } of backend.calls) {
      if (name === 'registerTotpMfaDevice') expect(signal?.aborted).toBe(true)
    }
  })

  it('a restored chart still forwards, and still ends', async () => {
    const backend = scriptedBackend()
    const totp = over(backend, {
      forward: true,
      output: (snapshot) =>
        snapshot.matches('elevated') ? { token: snapshot.context.elevations[0]?.token } : undefined,
    })
    const before = running(backend, { totp })
    await before.flow.settled()
    before.flow.register()
    await before.flow.settled()
    const snapshot = JSON.parse(JSON.stringify(before.app.getPersistedSnapshot()))
    before.app.stop()
    const { app, flow } = running(backend, { totp, snapshot })
    expect(flow.getView().state).toBe('awaitingCode')
    flow.submitCode('000000')
    await flow.settled()
    flow.submitCode(RIGHT_CODE)
    await expect.poll(() => app.getSnapshot().value).toBe('over')
    expect(app.getSnapshot().context.heard).toHaveLength(3)
    app.stop()
  })
})

describe('a mistake of the developer', () => {
  it('an empty port is named in the console and as the cause, and the user reads a plain sentence', async () => {
    const actor = createActor(totpMachine).start()
    await expect.poll(() => actor.getSnapshot().value).toEqual({ idle: 'unavailable' })
    const { error } = actor.getSnapshot().context
    expect(error?.message).toBe('Something went wrong on our side. Try again.')
    const sentence = 'totpMachine: provide the "getMfaDevices" actor, as totpActors(backend) does.'
    expect((error?.cause as Sealed<Error> | undefined)?.unseal().message).toBe(sentence)
    expect(sentences()).toEqual([sentence])
    actor.stop()
  })

  it('the machine of a flow reports a missing backend elsewhere', async () => {
    const flow = createTotpFlow({ backend: scriptedBackend() })
    const actor = createActor((flow.actor as unknown as { logic: Chart }).logic).start()
    await expect.poll(() => actor.getSnapshot().value).toEqual({ idle: 'unavailable' })
    expect(sentences()).toEqual(['totpMachine: provide a backend, as totpActors(backend) does.'])
    actor.stop()
    flow.stop()
  })

  it.each([
    ['callTimeout', '15 s', 'milliseconds'],
    ['callTimeout', -1, 'milliseconds'],
    ['callTimeout', Number.NaN, 'milliseconds'],
    ['time', () => 0, 'a TimeSource'],
    ['time', { now: () => 0 }, 'a TimeSource'],
  ])('an input with %s: %o is named, and the default stands in for it', (name, value, takes) => {
    const actor = createActor(totpMachine, { input: { [name]: value } })
    expect(actor.getSnapshot().context.settings.callTimeout).toBe(15_000)
    expect(actor.getSnapshot().context.time).toBeInstanceOf(TimeSource)
    expect(sentences()).toEqual([`totpMachine: input.${name} takes ${takes}.`])
  })

  it('a restored chart does not warn about input that no store can hold', () => {
    for (const through of [structuredClone, (one: unknown) => JSON.parse(JSON.stringify(one))]) {
      const snapshot = through(createActor(totpMachine).getPersistedSnapshot())
      createActor(totpMachine, { snapshot })
    }
    expect(sentences()).toEqual([])
  })

  it('a code that is not sealed is refused, and the console says how to seal it, without the code', async () => {
    const backend = scriptedBackend({ verified: true })
    const { app, child, flow } = running(backend)
    await flow.settled()
    flow.stepUp(['wallet:export'])
    child.send({ type: 'code.submit', code: '314159' as never })
    expect(flow.getView().error?.code).toBe('malformed_code')
    expect(sentences()).toEqual(['totpMachine: code.submit takes Sealed.of(code).'])
    told.mockClear()
    child.send({ type: 'code.submit', code: Sealed.of('12') })
    expect(flow.getView().error?.code).toBe('malformed_code')
    expect(sentences()).toEqual([])
    app.stop()
  })

  it('a recovery code that is not sealed is refused, and the console says how to seal it', async () => {
    const authenticateMfaRecoveryCode = vi.fn()
    const backend = { ...scriptedBackend({ verified: true }), authenticateMfaRecoveryCode }
    const { app, child, flow } = running(backend)
    await flow.settled()
    flow.stepUp(['wallet:export'])
    for (const code of ['abcde-fghij', undefined, { unseal: () => 'abcde-fghij' }]) {
      told.mockClear()
      child.send({ type: 'recoveryCode.submit', code: code as never })
      expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'server' } })
      expect(sentences()).toEqual(['totpMachine: recoveryCode.submit takes Sealed.of(code).'])
    }
    expect(authenticateMfaRecoveryCode).not.toHaveBeenCalled()
    app.stop()
  })

  const registration = { id: 'd1', uri: `otpauth://totp/a?secret=${SECRET}`, secret: SECRET }
  const elevation = { scopes: ['wallet:export'], expiresAt: 9e15, singleUse: false, token: Sealed.of(TOKEN) }
  const authentication = { deviceId: 'd1', elevation, mfaToken: null, recoveryCodes: null }
  const throwing = new Proxy({}, { get: () => expect.unreachable() })
  it.each<[keyof ReturnType<typeof totpActors>, string, unknown[]]>([
    [
      'getMfaDevices',
      'idle',
      [
        undefined,
        null,
        'd1',
        [],
        {},
        { device: 7 },
        { device: null, gate: 'shut' },
        { device: null, passkeys: 'p' },
        { device: null, passkeys: [{ alias: 'Phone' }] },
      ],
    ],
    [
      'registerTotpMfaDevice',
      'idle',
      [registration, undefined, null, 'd1', Sealed.of(undefined), Sealed.of({ ...registration, uri: 7 })],
    ],
    [
      'authenticateTotpMfaDevice',
      'awaitingCode',
      [
        undefined,
        null,
        {},
        Sealed.of(authentication),
        { ...authentication, elevation: null },
        { ...authentication, elevation: { ...elevation, token: TOKEN } },
        { ...authentication, elevation: { ...elevation, token: undefined } },
        { ...authentication, mfaToken: TOKEN },
        { ...authentication, recoveryCodes: RECOVERY_CODES },
      ],
    ],
  ])(
    'the answer of a %s actor of their own that is not of its type is an error, named without secrets',
    async (port, state, answers) => {
      for (const answer of [...answers, throwing]) {
        const ports = totpActors(scriptedBackend())
        const actor = createActor(
          totpMachine.provide({ actors: { ...ports, [port]: fromPromise(async () => answer) } }),
        )
        actor.start()
        const events: TotpEvent[] = [
          { type: 'device.register' },
          { type: 'code.submit', code: Sealed.of(RIGHT_CODE) },
        ]
        for (const event of events) {
          await waitFor(actor, (snapshot) => !snapshot.hasTag('busy'))
          if (!actor.getSnapshot().context.error) actor.send(event)
        }
        await waitFor(actor, (snapshot) => !snapshot.hasTag('busy'))
        const { context, status } = actor.getSnapshot()
        expect(status).toBe('active')
        expect(toView(actor.getSnapshot()).state).toBe(state)
        if (answer !== throwing) {
          expect(context.error?.code).toBe('malformed_response')
          expect(sentences().at(-1)).toBe(
            `totpMachine: the "${port}" actor must return what its type says, with Sealed.of(secret).`,
          )
        }
        expect([...SECRETS].filter((secret) => sentences().join().includes(secret))).toEqual([])
        actor.stop()
      }
    },
  )

  it.each<object>([
    { type: 'elevation.consume' },
    { type: 'elevation.consume', scopes: 'wallet:export' },
    { type: 'recoveryCodes.renewed', deviceId: 'd1', recoveryCodes: RECOVERY_CODES },
    { type: 'flow.resume' },
  ])('the malformed event %j changes nothing', async (event) => {
    const { app, child, flow } = running(scriptedBackend({ verified: true }))
    await flow.settled()
    flow.stepUp(['wallet:export'])
    flow.submitCode(RIGHT_CODE)
    const before = await flow.settled()
    child.send(event as never)
    expect(flow.getView()).toMatchObject({ ...before, can: {} })
    app.stop()
  })

  it('an input that offers what the backend cannot is named', async () => {
    const backend = scriptedBackend({ verified: true })
    const actor = createActor(totpOver(backend), { input: { offersRecovery: true } }).start()
    const flow = totpFlowOf(actor, { backend })
    await flow.settled()
    flow.stepUp(['wallet:export'])
    flow.submitRecoveryCode(RECOVERY_CODES[0] ?? '')
    expect((await flow.settled()).error?.code).toBe('server')
    expect(sentences()).toEqual([
      'totpMachine: input takes totpInput(backend). This backend accepts no recovery codes.',
    ])
    actor.stop()
  })

  it.each([
    ['totpActors', (backend: TotpBackend) => totpActors(backend)],
    ['createTotpFlow', (backend: TotpBackend) => createTotpFlow({ backend })],
    ['totpFlowOf', (backend: TotpBackend) => totpFlowOf(createActor(totpMachine), { backend })],
  ])('%s names the methods that a backend lacks', (_, make) => {
    const { deleteMfaDevice: _one, ...lacking } = scriptedBackend()
    expect(() => make(lacking as never)).toThrow(
      new TypeError('backend takes a TotpBackend. This one lacks deleteMfaDevice.'),
    )
    for (const wrong of [
      undefined,
      null,
      Promise.resolve(),
      () => scriptedBackend(),
      'https://id.example.com',
    ]) {
      expect(() => make(wrong as never)).toThrow(/lacks getMfaDevices, registerTotpMfaDevice, /)
    }
  })
})
