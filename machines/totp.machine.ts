import {
  type AnyActorLogic,
  assertEvent,
  assign,
  emit,
  enqueueActions,
  fromPromise,
  type NonReducibleUnknown,
  type Snapshot,
  type SnapshotFrom,
  setup,
} from 'xstate'
import type { TotpRegistration } from '../src/contract/answers.ts'
import { TimeSource } from '../src/contract/clock.ts'
import { addElevation, allows, findCovering, unexpired } from '../src/contract/elevations.ts'
import { type TotpErrorCode, TotpFlowError } from '../src/contract/errors.ts'
import type { Gate } from '../src/contract/gate.ts'
import { mistake, notProvided } from '../src/contract/mistake.ts'
import { areScopes, LINK_SCOPE, UNLINK_SCOPE } from '../src/contract/scopes.ts'
import { Sealed } from '../src/contract/sealed.ts'
import { isUnsealed, portAnswers } from './checks.ts'
import { askedFor, intentOf, mfaTokenOptionsOf } from './intent.ts'
import * as guards from './totp.guards.ts'
import { type Failure, type Given, isThrottled } from './totp.guards.ts'
import type {
  Attempt,
  Enrollment,
  Intent,
  Removal,
  Resumable,
  SealedAuthentication,
  Standing,
  TotpContext,
  TotpEmitted,
  TotpEvent,
  TotpInput,
  TotpSettings,
  TotpTag,
} from './totp.types.ts'

/** A port: typed here, filled by `totpMachine.provide({ actors })`. `checked` verifies what it returns. */
const port = <Output, Input extends NonReducibleUnknown = NonReducibleUnknown>(name: string) =>
  fromPromise<Output, Input>(async () => {
    throw notProvided(`the "${name}" actor`)
  })

/** Tells the developer why an event with an unsealed code or password is refused. */
const unsealedIn = (event: { type: string }) =>
  isUnsealed(event)
    ? mistake(`${event.type} takes Sealed.of(${event.type === 'password.submit' ? 'password' : 'code'}).`)
    : undefined

const output = <T>({ event }: { event: { output: T } }) => event.output
const failure = ({ event }: { event: { error: unknown } }) => ({ cause: event.error })

const keepError = { type: 'keepError', params: failure } as const
/** Creates a new error each time, so that a repeated refusal is noticed. `causeOf` tells the developer what to fix. */
const refuse = (code: TotpErrorCode, causeOf?: (event: { type: string }) => TypeError | undefined) =>
  ({
    type: 'keepError',
    params: ({ event }: { event: { type: string } }) => ({
      cause: new TotpFlowError(code, { cause: causeOf?.(event) }),
    }),
  }) as const
const keepTimeout = refuse('timeout')
/** Until the backend has answered, the error of the failed load is the real reason, so it stays. */
const refuseOnceKnown = (refusal: TotpErrorCode, causeOf?: () => TypeError) =>
  ({
    type: 'keepError',
    params: ({ context: { device, error } }: { context: TotpContext }) => {
      const refused = new TotpFlowError(refusal, { cause: causeOf?.() })
      const { code, message, retryAt, cause } = (device === undefined && error) || refused
      return { cause: new TotpFlowError(code, { message, retryAt, cause }) }
    },
  }) as const
const refuseUnready = refuseOnceKnown('not_ready')
const refuseCode = refuse('malformed_code', unsealedIn)
const refusePassword = refuse('invalid_password', unsealedIn)
const refuseRecoveryCode = {
  type: 'keepError',
  params(given: Given) {
    const cause = unsealedIn(given.event)
    return cause ? { cause: new TotpFlowError('server', { cause }) } : refuseUnready.params(given)
  },
} as const
const refuseScopes = refuseOnceKnown('scope_not_allowed', () =>
  mistake('scopes takes a list of names such as wallet:export.'),
)
const refuseDetails = refuseOnceKnown('bad_request', () =>
  mistake('authorizationDetails takes a list of details as JSON, each with a type (RFC 9396).'),
)
const refuseToBind = refuse('bad_request', () =>
  mistake('codes of a backend with assurance: "session" cannot be bound to authorizationDetails.'),
)
const refuseElevation = {
  type: 'keepError',
  params({ context, event }: { context: TotpContext; event: { output: SealedAuthentication } }) {
    const isOver = unexpired([event.output.elevation], context.time.now()).length === 0
    const cause = mistake(
      isOver
        ? 'the elevation has already expired. Its expiresAt and sessionExpiresAt are epoch milliseconds.'
        : 'the code won no elevation for the request. Does the backend lack assurance: "session"?',
    )
    return { cause: new TotpFlowError('elevation_missing', { cause }) }
  },
} as const
const refuseWhileThrottled = {
  type: 'keepError',
  params: ({ context }: { context: TotpContext }) => ({
    cause: new TotpFlowError('rate_limited', { retryAt: context.retryAt ?? context.time.now() }),
  }),
} as const

/** Any call to the backend can find that the session has ended. */
const onSignedOut = {
  guard: { type: 'wasSignedOut', params: failure },
  target: '#totp.idle.unavailable',
  actions: ['forgetUser', keepError],
} as const

const keepAndAnnounce = [
  { type: 'keepAuthentication', params: output },
  { type: 'announceAuthentication', params: output },
] as const

/** The next password may be right. */
const askForPasswordAgain = {
  guard: { type: 'passwordCanBeRetried', params: failure },
  target: 'awaitingCode',
  actions: keepError,
} as const
const askForPasswordToRegister = {
  guard: 'registrationTakesPassword',
  target: 'awaitingCode',
  actions: 'intend',
} as const
const register = [
  askForPasswordToRegister,
  { guard: 'oneDevicePerUser', target: 'registering', actions: 'intend' },
] as const
const askForPasswordToRenew = {
  guard: 'renewalTakesPassword',
  target: 'awaitingCode',
  actions: 'intend',
} as const

const askForCode = {
  guard: 'mayAskForCode',
  target: 'awaitingCode',
  actions: ['intend', 'announceDeprecation'],
} as const
const confirmFirst = { guard: 'mayConfirm', target: 'awaitingCode', actions: 'intendToConfirm' } as const
const removeAtOnce = { guard: 'holdsRemovalProof', target: 'deleting', actions: 'intendToDelete' } as const
const backToElevated = [{ guard: 'elevationIsLive', target: 'elevated' }, { target: 'idle' }] as const

/** `setTimeout` overflows beyond this many milliseconds (24.8 days). Longer delays are cut to this. */
const LONGEST_DELAY_MS = 2 ** 31 - 1
const DEFAULT_CALL_TIMEOUT_MS = 15_000
const isDuration = (value: unknown): value is number => typeof value === 'number' && value > 0
/** The longest timeout recommended for a passkey: https://www.w3.org/TR/webauthn-3/#sctn-timeout-recommended-range */
const PASSKEY_MS = 600_000
/** The wait when a backend reports too many attempts without a time to retry. */
const DEFAULT_THROTTLE_MS = 30_000

const chart = setup({
  types: {} as {
    context: TotpContext
    events: TotpEvent
    emitted: TotpEmitted
    // biome-ignore lint/suspicious/noConfusingVoidType: XState would infer `undefined` away, and then require an input
    input: TotpInput | void
    tags: TotpTag
  },
  actors: {
    getMfaDevices: port<Standing>('getMfaDevices'),
    registerTotpMfaDevice: port<Sealed<TotpRegistration>, Enrollment>('registerTotpMfaDevice'),
    authenticateTotpMfaDevice: port<SealedAuthentication, Attempt>('authenticateTotpMfaDevice'),
    deleteMfaDevice: port<void, Removal>('deleteMfaDevice'),
  },
  guards,
  actions: {
    intend: assign(({ context, event }) => ({
      intent: intentOf(event),
      asksFor: askedFor(event, context),
      error: null,
    })),
    intendToDelete: assign({ intent: { kind: 'delete' }, asksFor: 'code', error: null }),
    intendToConfirm: assign({ intent: { kind: 'delete' }, asksFor: 'yes', error: null }),
    keepStanding: assign(({ context }, { device, gate = null, passkeys = [] }: Standing) => ({
      device,
      gate,
      passkeys,
      label: device?.id === context.device?.id ? context.label : null,
      recoveryCodes: device?.verified ? context.recoveryCodes : null,
    })),
    keepRegistration: assign(({ context }, registration: Sealed<TotpRegistration>) => ({
      registration,
      // A reload keeps only the device, which must then name this enrollment, not the one that it replaced.
      device: context.device && { id: registration.unseal().id, type: 'totp' as const, verified: false },
      asksFor: 'code' as const,
    })),
    keepProof: assign(({ context }, authentication: SealedAuthentication) => wonBy(authentication, context)),
    keepAuthentication: assign(({ context }, authentication: SealedAuthentication) => ({
      ...wonBy(authentication, context),
      device: verifiedDevice(context, authentication),
      label: labelOf(context),
      recoveryCodes: authentication.recoveryCodes ?? codesOf(context) ?? context.recoveryCodes,
    })),
    keepError: enqueueActions(({ enqueue }, { cause }: Failure) => {
      const error = TotpFlowError.from(cause)
      enqueue.assign({ error })
      enqueue.emit({ type: 'failed', code: error.code })
    }),
    keepThrottle: assign(({ context }, { cause }: Failure) => ({
      retryAt: TotpFlowError.from(cause).retryAt ?? context.time.now() + DEFAULT_THROTTLE_MS,
    })),
    keepResumed: assign(({ event }) => {
      assertEvent(event, 'flow.resume')
      const { intent, device, retryAt, gate = null, passkeys = [] } = event.resumable
      return { intent, device, retryAt, gate, passkeys }
    }),
    keepPasskeys: assign(({ event }) => {
      assertEvent(event, 'passkeys.changed')
      return { passkeys: event.passkeys }
    }),
    keepNoDevice: assign({ device: null, label: null, recoveryCodes: null }),
    keepRenewedCodes: assign(({ event }) => {
      assertEvent(event, 'recoveryCodes.renewed')
      return { recoveryCodes: event.recoveryCodes }
    }),
    keepCodes: assign((_, { recoveryCodes }: SealedAuthentication) => ({ recoveryCodes })),
    // Entering idle forgets the secrets.
    forgetUser: assign({
      device: undefined,
      gate: null,
      passkeys: [],
      label: null,
      recoveryCodes: null,
      retryAt: null,
    }),
    forgetRecoveryCodes: assign({ recoveryCodes: null }),
    forgetRegistration: assign({ registration: null }),
    forgetSecrets: assign({ registration: null, elevations: [], mfaToken: null }),
    forgetWhatIsOver: assign(({ context }) => ({
      registration: null,
      elevations: unexpired(context.elevations, context.time.now()),
    })),
    forgetSpentElevation: assign(({ context, event }) => {
      assertEvent(event, 'elevation.consume')
      const spent = areScopes(event.scopes) && findCovering(context.elevations, event, context.time.now())
      return { elevations: context.elevations.filter((one) => one !== spent || !one.singleUse) }
    }),
    forgetSpentLink: assign(({ context }) => {
      const spent = linkProofOf(context)
      return { elevations: context.elevations.filter((one) => one !== spent || !one.singleUse) }
    }),
    forgetRemovalProof: assign(({ context }) => ({
      elevations: context.elevations.filter((held) => !allows(held, [UNLINK_SCOPE])),
      mfaToken: null,
    })),
    forgetMfaToken: assign({ mfaToken: null }),
    // Most states exit without an error. Then the context need not change.
    forgetError: enqueueActions(({ context, enqueue }) => {
      if (context.error !== null) enqueue.assign({ error: null })
    }),
    forgetEndedThrottle: enqueueActions(({ enqueue, ...given }) => {
      if (given.context.retryAt !== null && !isThrottled(given)) enqueue.assign({ retryAt: null })
    }),
    forgetThrottle: assign({ error: null, retryAt: null }),
    announceAuthentication: enqueueActions(({ context, enqueue }, authentication: SealedAuthentication) => {
      const { deviceId, elevation } = authentication
      const { scopes, expiresAt, singleUse } = elevation
      if (context.intent.kind === 'enroll') enqueue.emit({ type: 'enrolled', deviceId: deviceId ?? '' })
      enqueue.emit({ type: 'elevated', scopes, expiresAt, singleUse })
    }),
    announceDeleted: emit(({ context }) => ({ type: 'deleted', deviceId: context.device?.id ?? '' })),
    announceDeprecation: enqueueActions(({ context, event, enqueue }) => {
      if (context.deprecationAnnounced || !mfaTokenOptionsOf(event)) return
      enqueue.assign({ deprecationAnnounced: true })
      enqueue.emit({
        type: 'deprecation',
        message:
          'createMfaTokenOptions is deprecated: request scopes with requestedScopes and use the elevation.',
      })
    }),
  },
  delays: {
    callTimeout: ({ context }) => context.settings.callTimeout,
    // Finding a security key takes time. The calls before and after the browser's prompt get the usual bound.
    proofTimeout: ({ context: { settings }, event }) =>
      event.type === 'passkey.submit'
        ? Math.min(PASSKEY_MS + settings.callTimeout, LONGEST_DELAY_MS)
        : settings.callTimeout,
    untilElevationEnds: ({ context }) => until(nextEnd(context), context),
    untilRetry: ({ context }) => until(context.retryAt, context),
  },
}).createMachine({
  id: 'totp',
  context: ({ input }) => ({
    device: undefined,
    gate: null,
    passkeys: [],
    label: null,
    intent: { kind: 'enroll' },
    asksFor: 'code',
    registration: null,
    elevations: [],
    mfaToken: null,
    recoveryCodes: null,
    retryAt: null,
    error: null,
    deprecationAnnounced: false,
    settings: settingsFrom(input),
    time: input?.time instanceof TimeSource ? input.time : new TimeSource(), // a restored one has lost its methods
  }),
  initial: 'idle',
  on: {
    // Requests that the current state does not handle are refused with an error.
    'device.register': [
      { guard: 'hasVerifiedDevice', actions: refuse('device_limit') },
      { actions: refuseUnready },
    ],
    'device.delete': [
      { guard: 'hasNoVerifiedDevice', actions: refuse('no_device') },
      { guard: 'mfaTokenAllowed', actions: refuseUnready },
      { actions: refuseOnceKnown('mfa_token_disabled') },
    ],
    'stepUp.request': [
      { guard: 'scopesAreMalformed', actions: refuseScopes },
      { guard: 'detailsAreMalformed', actions: refuseDetails },
      { guard: 'cannotBind', actions: refuseToBind },
      { guard: 'hasNoFactor', actions: refuse('no_device') },
      { guard: 'mfaTokenAllowed', actions: refuseUnready },
      { actions: refuseOnceKnown('mfa_token_disabled') },
    ],
    'code.submit': { actions: refuseUnready },
    'password.submit': { actions: refuseUnready },
    'recoveryCodes.renew': [
      { guard: 'hasNoVerifiedDevice', actions: refuse('no_device') },
      { actions: refuseUnready },
    ],
    'recoveryCode.submit': { actions: refuseRecoveryCode },
    'passkey.submit': { actions: refuseUnready },
    'passkeys.changed': { guard: 'passkeysAreKnown', actions: 'keepPasskeys' },
    'recoveryCodes.renewed': { guard: 'codesAreOfThisDevice', actions: 'keepRenewedCodes' },
    'recoveryCodes.replaced': { actions: 'forgetRecoveryCodes' },
    'recoveryCodes.acknowledge': { actions: 'forgetRecoveryCodes' },
    'elevation.consume': { actions: 'forgetSpentElevation' },
    'mfaToken.consume': { actions: 'forgetMfaToken' },
    'flow.wake': { actions: 'forgetEndedThrottle' },
    'devices.changed': { target: '.idle', actions: 'forgetError' }, // idle asks the backend again
    'session.end': { target: '.idle.unavailable', actions: ['forgetUser', refuse('unauthenticated')] },
  },
  states: {
    idle: {
      entry: 'forgetSecrets',
      initial: 'loading',
      on: {
        'device.register': register,
        'stepUp.request': askForCode,
        'device.delete': [confirmFirst, removeAtOnce, askForCode],
        'recoveryCodes.renew': askForPasswordToRenew,
        'devices.refresh': { target: '.loading', actions: 'forgetError' },
        'flow.resume': {
          guard: 'mayResume',
          target: 'awaitingCode',
          actions: ['intend', 'keepResumed', 'announceDeprecation'],
        },
      },
      states: {
        loading: {
          tags: 'busy',
          invoke: {
            id: 'getMfaDevices',
            src: 'getMfaDevices',
            onDone: { target: 'ready', actions: { type: 'keepStanding', params: output } },
            onError: [onSignedOut, { target: 'unavailable', actions: keepError }],
          },
          after: { callTimeout: { target: 'unavailable', actions: keepTimeout } },
        },
        ready: {},
        unavailable: {},
      },
    },
    registering: {
      tags: 'busy',
      invoke: {
        id: 'registerTotpMfaDevice',
        src: 'registerTotpMfaDevice',
        input: enrollmentFrom,
        onDone: {
          target: 'awaitingCode',
          actions: ['forgetSpentLink', { type: 'keepRegistration', params: output }],
        },
        onError: [onSignedOut, askForPasswordAgain, { target: 'idle', actions: keepError }],
      },
      after: { callTimeout: { target: 'idle', actions: keepTimeout } },
      on: {
        'device.register': {}, // the second click of a double click
        'password.submit': {},
        'flow.cancel': 'idle',
      },
      exit: 'forgetError',
    },
    awaitingCode: {
      initial: 'ready',
      on: {
        'device.register': [
          { ...askForPasswordToRegister, target: '.ready', actions: ['forgetRegistration', 'intend'] },
          { guard: 'isEnrolling', target: 'registering', actions: 'forgetRegistration' },
        ],
        'recoveryCode.submit': { guard: 'mayRecover', target: 'verifying' }, // even when throttled: recovery codes have their own limit
        'passkey.submit': { guard: 'mayUsePasskey', target: 'verifying' }, // even when throttled: nobody can guess a passkey
        'flow.cancel': backToElevated,
      },
      exit: 'forgetError',
      states: {
        ready: {
          tags: ['acceptsCode', 'secretOnScreen'],
          entry: 'forgetEndedThrottle', // or setting the clock back would revive it
          always: [
            { guard: 'asksForPassword', target: 'password' },
            { guard: 'asksToConfirm', target: 'confirming' },
            { guard: 'asksForPasskey', target: 'passkey' },
            { guard: 'isThrottled', target: 'throttled' },
          ],
          on: {
            'code.submit': [
              { guard: 'codeIsWellFormed', target: '#totp.verifying' },
              { actions: refuseCode },
            ],
          },
        },
        throttled: {
          tags: 'secretOnScreen',
          after: { untilRetry: { target: 'ready', actions: 'forgetThrottle' } },
          on: {
            'code.submit': [
              { guard: 'mayTryAgain', target: '#totp.verifying', actions: 'forgetThrottle' },
              { actions: refuseWhileThrottled },
            ],
            'flow.wake': { guard: 'throttleIsOver', target: 'ready', actions: 'forgetThrottle' },
          },
        },
        password: {
          tags: 'acceptsPassword',
          on: {
            'password.submit': [
              { guard: 'passwordIsMissing', actions: refusePassword },
              { guard: 'isEnrolling', target: '#totp.registering' },
              { guard: 'isRenewing', target: '#totp.verifying' },
              { target: '#totp.deleting' },
            ],
            'password.unavailable': [
              { guard: 'elevationIsLive', target: '#totp.elevated', actions: keepError },
              { target: '#totp.idle', actions: keepError },
            ],
            'device.register': { guard: 'isEnrolling' }, // the second click of a double click
          },
        },
        passkey: {
          // The last passkey may be removed during the prompt, and its elevations end with it.
          always: { guard: 'hasNoFactor', target: '#totp.idle', actions: refuse('no_device') },
        },
        confirming: {
          on: {
            'device.delete': [
              { guard: 'wantsToConfirm' }, // the second click of a double click does not confirm
              { guard: 'holdsRemovalProof', target: '#totp.deleting', actions: 'intendToDelete' },
              { target: 'ready', actions: 'intendToDelete' }, // the proof has expired since
            ],
          },
        },
      },
    },
    verifying: {
      tags: ['busy', 'secretOnScreen'],
      invoke: {
        id: 'authenticateTotpMfaDevice',
        src: 'authenticateTotpMfaDevice',
        input: attemptFrom,
        onDone: [
          { guard: 'isRenewing', target: 'elevated', actions: { type: 'keepCodes', params: output } },
          {
            guard: { type: 'codeWasForDeleting', params: output },
            target: 'deleting',
            actions: { type: 'keepProof', params: output },
          },
          {
            guard: { type: 'elevationIsMissing', params: output },
            target: 'elevated',
            actions: [...keepAndAnnounce, refuseElevation],
          },
          { target: 'elevated', actions: keepAndAnnounce },
        ],
        onError: [
          onSignedOut,
          { guard: { type: 'wasDismissed', params: failure }, target: 'awaitingCode' },
          askForPasswordAgain,
          {
            guard: { type: 'wasThrottled', params: failure },
            target: 'awaitingCode.throttled',
            actions: [keepError, { type: 'keepThrottle', params: failure }],
          },
          {
            guard: { type: 'isRefusedWhileElevated', params: failure },
            target: 'elevated',
            actions: keepError,
          },
          { guard: { type: 'cannotBeRetried', params: failure }, target: 'idle', actions: keepError },
          { target: 'awaitingCode', actions: keepError },
        ],
      },
      after: { proofTimeout: { target: 'awaitingCode', actions: keepTimeout } },
      on: {
        'code.submit': {}, // the second press of a double press: a verification is already under way
        'recoveryCode.submit': {},
        'passkey.submit': {},
        'password.submit': {},
        'flow.cancel': backToElevated,
      },
      exit: 'forgetError',
    },
    elevated: {
      entry: 'forgetWhatIsOver',
      always: { guard: 'elevationIsOver', target: 'idle' },
      after: { untilElevationEnds: { target: 'elevated', reenter: true } },
      on: {
        'device.register': register, // for a user who stepped up with a passkey
        'stepUp.request': [{ guard: 'holdsScopes', target: 'elevated', actions: 'forgetError' }, askForCode],
        'recoveryCodes.renew': askForPasswordToRenew,
        'device.delete': [confirmFirst, removeAtOnce, askForCode],
        'elevation.release': { target: 'idle', actions: 'forgetError' },
        'flow.wake': { target: 'elevated', reenter: true, actions: 'forgetEndedThrottle' }, // on to idle if every elevation has expired
      },
    },
    deleting: {
      tags: 'busy',
      invoke: {
        id: 'deleteMfaDevice',
        src: 'deleteMfaDevice',
        input: removalFrom,
        onDone: { target: 'idle', actions: ['announceDeleted', 'keepNoDevice'] },
        onError: [
          onSignedOut,
          askForPasswordAgain,
          {
            guard: { type: 'proofWasRefused', params: failure },
            target: 'awaitingCode',
            actions: ['intendToDelete', keepError, 'forgetRemovalProof'],
          },
          { guard: { type: 'deviceIsGone', params: failure }, target: 'idle', actions: keepError },
          { guard: 'elevationIsLive', target: 'elevated', actions: keepError },
          { target: 'idle', actions: keepError },
        ],
      },
      after: {
        callTimeout: [
          { guard: 'elevationIsLive', target: 'elevated', actions: keepTimeout },
          { target: 'idle', actions: keepTimeout },
        ],
      },
      on: {
        'device.delete': {}, // the second click of a double click
        'password.submit': {},
        'flow.cancel': 'idle', // idle asks the backend whether the removal got through
      },
      exit: 'forgetError',
    },
  },
})

/**
 * The statechart of the whole flow. Fill its ports with `provide`, or let `createTotpFlow` run it over a backend. A restored
 * snapshot behaves like a reload, also inside a parent machine: a prompt for a code continues, any other state asks the
 * backend again.
 */
export const totpMachine = restorable(chart)

/**
 * A stored snapshot holds no sealed value, clock or pending call, and XState restarts calls and forgets timers. So a restored
 * chart starts over with its old options and resumes what `flow.resume` can. Filling ports does not change that.
 */
function restorable(machine: typeof chart): typeof chart {
  machine.restoreSnapshot = (stored, scope) => {
    const { value, context } = stored as SnapshotFrom<typeof chart> // or so it says: none of it is trusted
    const begun = getInitialSnapshot.call(machine, scope, { ...context, ...context?.settings })
    return value === 'verifying' || ['ready', 'throttled', 'passkey'].includes(Object(value).awaitingCode)
      ? machine.transition(begun, { type: 'flow.resume', resumable: context as Resumable }, scope)
      : begun
  }
  const { getInitialSnapshot, provide } = machine
  machine.getInitialSnapshot = (scope, input) => {
    if (input?.callTimeout !== undefined && !isDuration(input.callTimeout))
      mistake('input.callTimeout takes milliseconds.')
    if (input?.time !== undefined && !(input.time instanceof TimeSource))
      mistake('input.time takes a TimeSource.')
    return getInitialSnapshot.call(machine, scope, input)
  }
  machine.provide = ({ actors, ...others }) => {
    const ports = Object.entries(actors ?? {}).map(([name, logic]) => [name, checked(name, logic)])
    return restorable(provide.call(machine, { ...others, actors: Object.fromEntries(ports) }))
  }
  return machine
}

/** A port that fails if its answer does not match its type. */
function checked<Logic extends AnyActorLogic>(name: string, logic: Logic): Logic {
  const transition: Logic['transition'] = (...given) => {
    const snapshot: Snapshot<unknown> = logic.transition(...given)
    if (snapshot.status !== 'done' || portAnswers[name]?.(snapshot.output) !== false) return snapshot
    throw new TotpFlowError('malformed_response', {
      cause: mistake(`the "${name}" actor must return what its type says, with Sealed.of(secret).`),
    })
  }
  return Object.assign(Object.create(logic), { transition })
}

// biome-ignore lint/suspicious/noConfusingVoidType: the chart's input type, see above
const settingsFrom = (input: TotpInput | void): TotpSettings => ({
  allowMfaToken: input?.allowMfaToken !== false,
  assurance: input?.assurance === 'session' ? 'session' : 'scopes',
  proofs: { register: 'none', delete: 'code', renewRecoveryCodes: 'code', ...input?.proofs },
  offersRecovery: input?.offersRecovery === true,
  offersRenewal: input?.offersRenewal === true,
  offersPasskeys: input?.offersPasskeys === true,
  callTimeout: Math.min(
    isDuration(input?.callTimeout) ? input.callTimeout : DEFAULT_CALL_TIMEOUT_MS,
    LONGEST_DELAY_MS,
  ),
})

/** The code goes straight from the event to the backend. It is never kept in context. */
function attemptFrom({ context, event }: { context: TotpContext; event: TotpEvent }): Attempt {
  assertEvent(event, ['code.submit', 'recoveryCode.submit', 'passkey.submit', 'password.submit'])
  const { registration, device, intent, time } = context
  return {
    ...proofIn(event),
    deviceId: registration?.unseal().id ?? device?.id ?? null,
    intent,
    time,
  }
}

type ProofEvent = Extract<
  TotpEvent,
  { type: 'code.submit' | 'recoveryCode.submit' | 'passkey.submit' | 'password.submit' }
>
function proofIn(event: ProofEvent): Pick<Attempt, 'credential' | 'code'> {
  switch (event.type) {
    case 'code.submit':
      return { credential: 'code', code: event.code }
    case 'recoveryCode.submit':
      return { credential: 'recoveryCode', code: event.code }
    case 'passkey.submit':
      return { credential: 'passkey', code: NOTHING_TYPED }
    case 'password.submit':
      return { credential: 'password', code: event.password }
  }
}
const NOTHING_TYPED = Sealed.of('')

const passwordIn = (event: TotpEvent) => (event.type === 'password.submit' ? event.password : null)

const linkProofOf = ({ elevations, time }: TotpContext) =>
  findCovering(elevations, { scopes: [LINK_SCOPE] }, time.now()) ?? null

function enrollmentFrom({ context, event }: { context: TotpContext; event: TotpEvent }): Enrollment {
  return { elevation: linkProofOf(context), password: passwordIn(event) }
}

function removalFrom({ context, event }: { context: TotpContext; event: TotpEvent }): Removal {
  const { device, elevations, mfaToken, time } = context
  const elevation = findCovering(elevations, { scopes: [UNLINK_SCOPE] }, time.now()) ?? null
  return { deviceId: device?.id ?? '', elevation, password: passwordIn(event), mfaToken }
}

const OPEN: Gate = { state: 'open' }
/** Adds the elevation, ends any wait and opens the gate. */
const wonBy = ({ elevation, mfaToken }: SealedAuthentication, context: TotpContext) => ({
  elevations: addElevation(context.elevations, boundBy(context.intent, elevation)),
  mfaToken: context.settings.allowMfaToken ? (mfaToken ?? context.mfaToken) : null,
  retryAt: null,
  gate: context.gate && OPEN,
})

/** Binds the elevation to what was approved, even if the backend forgot to. */
const boundBy = (intent: Intent, elevation: SealedAuthentication['elevation']) =>
  'authorizationDetails' in intent && intent.authorizationDetails
    ? { ...elevation, authorizationDetails: intent.authorizationDetails }
    : elevation

/** The recovery codes that came with the registration. */
function codesOf({ registration }: TotpContext): Sealed<readonly string[]> | null {
  const codes = registration?.unseal().recoveryCodes
  return codes ? Sealed.of(codes) : null
}

/** The account's label in the scanned URI. It outlives the secret, to name the account in saved recovery codes. */
function labelOf({ registration, label }: TotpContext): string | null {
  if (!registration) return label
  const [, encoded = ''] = /^otpauth:\/\/totp\/([^?]*)/.exec(registration.unseal().uri) ?? []
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

function verifiedDevice(
  { device, time }: TotpContext,
  { deviceId: id, ...won }: SealedAuthentication,
): TotpContext['device'] {
  if (id === null) return device
  const known = device?.id === id ? device : null
  if (known?.verified) return known // some backends do not say since when
  const { verifiedAt = new Date(time.now()).toISOString() } = won
  return { id, type: 'totp', ...known, verified: true, verifiedAt }
}

const nextEnd = ({ elevations }: TotpContext) => Math.min(...elevations.map(({ expiresAt }) => expiresAt))

function until(end: number | null, { time }: TotpContext): number {
  return Math.min(Math.max((end ?? time.now()) - time.now(), 0), LONGEST_DELAY_MS)
}
