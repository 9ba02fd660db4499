/** What must not compile, and what must be inferred, of the chart and the flow. `tsc` is the test: `npm run check`. */

import {
  createTotpFlow,
  forParent,
  type MfaDevice,
  Sealed,
  type TotpBackend,
  type TotpErrorCode,
  type TotpFlowError,
  type TotpParentEvent,
  totpActors,
  totpFlowOf,
  totpInput,
  totpMachine,
} from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { expectTypeOf } from 'vitest'
import { createActor, setup } from 'xstate'
import * as guards from '../../machines/totp.guards.ts'
import type { TotpContext, TotpEvent, TotpInput } from '../../machines/totp.types.ts'

const backend = memoryBackend()
const flow = createTotpFlow({ backend })
const actor = createActor(totpMachine, { input: {} })

// Events
actor.send({ type: 'device.register' })
actor.send({ type: 'code.submit', code: Sealed.of('123456') })
// @ts-expect-error there is no such event
actor.send({ type: 'device.steal' })
// @ts-expect-error a code travels sealed
actor.send({ type: 'code.submit', code: '123456' })
// @ts-expect-error scopes must be named
actor.send({ type: 'stepUp.request' })

// States
const snapshot = actor.getSnapshot()
snapshot.matches('elevated')
snapshot.matches({ awaitingCode: 'throttled' })
// @ts-expect-error there is no such state
snapshot.matches('enrolled')
// @ts-expect-error ready is no part of elevated
snapshot.matches({ elevated: 'ready' })
// @ts-expect-error there is no such tag
snapshot.hasTag('loading')
expectTypeOf(snapshot.context.device).toEqualTypeOf<MfaDevice | null | undefined>()
expectTypeOf(snapshot.context.error).toEqualTypeOf<TotpFlowError | null>()

// Scopes
flow.stepUp(['wallet:export'])
// @ts-expect-error a scope is noun:verb
flow.stepUp(['export'])
// @ts-expect-error scopes are a list
flow.stepUp('wallet:export')
flow.authenticate({ code: '123456', requestedScopes: ['credential:unlink'] })
// @ts-expect-error there is no such option
flow.stepUp(['wallet:export'], { force: true })

// Guards
totpMachine.provide({ guards: { oneDevicePerUser: () => false } })
// @ts-expect-error there is no such guard to provide
totpMachine.provide({ guards: { manyDevicesPerUser: () => true } })
// @ts-expect-error there is no such actor to provide
totpMachine.provide({ actors: { getPasskeys: totpMachine.implementations.actors.getMfaDevices } })
const chart = setup({ types: {} as { context: TotpContext; events: TotpEvent }, guards })
chart.createStateConfig({ on: { 'device.register': { guard: 'oneDevicePerUser' } } })
// @ts-expect-error a chart cannot name a guard that is missing
chart.createStateConfig({ on: { 'device.register': { guard: 'manyDevicesPerUser' } } })

// Views and emitted events
expectTypeOf(flow.getView().state).toEqualTypeOf<
  'idle' | 'registering' | 'awaitingCode' | 'verifying' | 'elevated' | 'deleting'
>()
flow.on('enrolled', (event) => expectTypeOf(event.deviceId).toEqualTypeOf<string>())
flow.on('failed', (event) => expectTypeOf(event.code).toEqualTypeOf<TotpErrorCode>())
// @ts-expect-error there is no such emitted event
flow.on('stolen', () => {})
expectTypeOf(flow.waitFor((view) => view.state === 'elevated')).resolves.toHaveProperty('elevation')
// @ts-expect-error a view has no code in it
flow.getView().code

// The port
const missing = { getMfaDevices: backend.getMfaDevices, deleteMfaDevice: backend.deleteMfaDevice }
// @ts-expect-error a backend answers all four
missing satisfies TotpBackend

// Embedded: no input is needed, and a child is what `totpFlowOf` takes
createActor(totpMachine)
const totp = totpMachine.provide({ actors: totpActors(backend) })
createActor(totp, { input: totpInput(backend) })
// Also for an app with `exactOptionalPropertyTypes`, where an option that is `undefined` is none
expectTypeOf(totpInput(backend)).toEqualTypeOf<TotpInput>()
// @ts-expect-error milliseconds
createActor(totp, { input: { callTimeout: '15 s' } })
// @ts-expect-error a backend is no list of actors
totpMachine.provide({ actors: backend })
const enrollment = forParent(totp, {
  forward: true,
  output: ({ context: { device } }) => (device?.verified ? { deviceId: device.id } : undefined),
})
const parent = setup({
  types: {
    children: {} as { totp: 'totp'; enrollment: 'enrollment' },
    events: {} as TotpParentEvent,
  },
  actors: { totp, enrollment },
}).createMachine({
  initial: 'enrolling',
  states: {
    enrolling: {
      invoke: {
        src: 'enrollment',
        id: 'enrollment',
        onDone: {
          target: 'protected',
          actions: ({ event }) => expectTypeOf(event.output).toEqualTypeOf<{ deviceId: string }>(),
        },
      },
      on: {
        'totp.failed': { actions: ({ event }) => expectTypeOf(event.code).toEqualTypeOf<TotpErrorCode>() },
      },
    },
    protected: {
      invoke: {
        src: 'totp',
        id: 'totp',
        onSnapshot: { guard: ({ event }) => event.snapshot.matches('elevated'), target: 'enrolling' },
      },
    },
  },
})
const { children } = createActor(parent).getSnapshot()
if (children.totp) totpFlowOf(children.totp, { backend })
if (children.enrollment) totpFlowOf(children.enrollment, { backend })
