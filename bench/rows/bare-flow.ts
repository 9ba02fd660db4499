import { assertEvent, assign, createActor, fromPromise, setup, waitFor } from 'xstate'
import type { Authentication, MfaDevice, TotpRegistration } from '../../src/contract/answers.ts'
import * as answers from '../../src/contract/answers.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { normalizeCode } from '../../src/contract/code.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { parseAnswer } from '../../src/contract/parse-answer.ts'
import { Sealed } from '../../src/contract/sealed.ts'

const CALL_TIMEOUT_MS = 15_000

/**
 * A hand-written flow that enrolls and elevates, with the same guarantees as ours: one device per user, only well-formed codes,
 * checked answers, aborts and timeouts of calls, sealed secrets that are erased on leaving, and expiry.
 */
const machine = setup({
  types: {
    input: {} as { backend: TotpBackend },
    context: {} as {
      backend: TotpBackend
      device: MfaDevice | null
      registration: Sealed<TotpRegistration> | null
      elevation: Sealed<NonNullable<Authentication['elevation']>> | null
      error: TotpFlowError | null
    },
    events: {} as
      | { type: 'device.register' }
      | { type: 'code.submit'; code: Sealed<string> }
      | { type: 'flow.cancel' },
  },
  actors: {
    list: fromPromise<MfaDevice[], TotpBackend>(async ({ input, signal }) =>
      parseAnswer(answers.mfaDevices, await input.getMfaDevices({ signal })),
    ),
    register: fromPromise<Sealed<TotpRegistration>, TotpBackend>(async ({ input, signal }) =>
      Sealed.of(parseAnswer(answers.totpRegistration, await input.registerTotpMfaDevice({ signal }))),
    ),
    verify: fromPromise<Sealed<Authentication>, { backend: TotpBackend; code: Sealed<string> }>(
      async ({ input, signal }) => {
        const params = { code: input.code.unseal(), requestedScopes: ['credential:unlink'] as const }
        const answer = await input.backend.authenticateTotpMfaDevice(params, { signal })
        return Sealed.of(parseAnswer(answers.authentication, answer))
      },
    ),
  },
  actions: {
    forgetRegistration: assign({ registration: null }),
    keepError: assign((_, { cause }: { cause: unknown }) => ({ error: TotpFlowError.from(cause) })),
  },
  guards: {
    oneDevicePerUser: ({ context }) => !context.device?.verified,
    codeIsWellFormed: (_, { code }: { code: Sealed<string> }) => /^[0-9]{6}$/.test(code.unseal()),
  },
  delays: {
    callTimeout: CALL_TIMEOUT_MS,
    expiry: ({ context }) => Math.max(0, (context.elevation?.unseal().expiresAt ?? 0) - Date.now()),
  },
}).createMachine({
  context: ({ input }) => ({ ...input, device: null, registration: null, elevation: null, error: null }),
  initial: 'loading',
  states: {
    loading: {
      tags: 'busy',
      invoke: {
        src: 'list',
        input: ({ context }) => context.backend,
        onDone: { target: 'idle', actions: assign({ device: ({ event }) => event.output[0] ?? null }) },
        onError: {
          target: 'idle',
          actions: { type: 'keepError', params: ({ event }) => ({ cause: event.error }) },
        },
      },
      after: { callTimeout: 'idle' },
    },
    idle: { id: 'idle', on: { 'device.register': { guard: 'oneDevicePerUser', target: 'enrolling' } } },
    enrolling: {
      exit: 'forgetRegistration',
      initial: 'registering',
      on: { 'flow.cancel': 'idle' },
      states: {
        registering: {
          tags: 'busy',
          invoke: {
            src: 'register',
            input: ({ context }) => context.backend,
            onDone: {
              target: 'awaitingCode',
              actions: assign({ registration: ({ event }) => event.output }),
            },
            onError: {
              target: '#idle',
              actions: { type: 'keepError', params: ({ event }) => ({ cause: event.error }) },
            },
          },
          after: { callTimeout: '#idle' },
        },
        awaitingCode: {
          on: {
            'code.submit': {
              guard: { type: 'codeIsWellFormed', params: ({ event }) => event },
              target: 'verifying',
            },
          },
        },
        verifying: {
          tags: 'busy',
          invoke: {
            src: 'verify',
            input: ({ context, event }) => {
              assertEvent(event, 'code.submit')
              return { backend: context.backend, code: event.code }
            },
            onDone: {
              target: '#elevated',
              actions: assign(({ event }) => {
                const { deviceId: id, elevation } = event.output.unseal()
                const createdAt = new Date().toISOString()
                return {
                  error: null,
                  device: { id, type: 'totp', verified: true, createdAt },
                  elevation: elevation ? Sealed.of(elevation) : null,
                }
              }),
            },
            onError: {
              target: 'awaitingCode',
              actions: { type: 'keepError', params: ({ event }) => ({ cause: event.error }) },
            },
          },
          after: { callTimeout: 'awaitingCode' },
        },
      },
    },
    elevated: {
      id: 'elevated',
      exit: assign({ elevation: null }),
      after: { expiry: 'idle' },
    },
  },
})

export function bareFlow(backend: TotpBackend) {
  const actor = createActor(machine, { input: { backend } }).start()
  return {
    register: () => actor.send({ type: 'device.register' }),
    submitCode: (code: string) => actor.send({ type: 'code.submit', code: Sealed.of(normalizeCode(code)) }),
    async settled() {
      const { value } = await waitFor(actor, (snapshot) => !snapshot.hasTag('busy'))
      return { state: value }
    },
    stop: () => actor.stop(),
  }
}
