import type { Resumable, TotpContext } from '../../machines/totp.types.ts'
import { type TotpErrorCode, TotpFlowError } from '../../src/contract/errors.ts'
import { Sealed } from '../../src/contract/sealed.ts'
import type { TotpSnapshot } from '../../src/flow/view.ts'
import type { CallName, Step } from './tab.ts'

/**
 * What must hold at every step, whoever is asked to walk the chart, in the words of the design: `when` says which
 * steps a rule speaks of, `must` what is true of them. It is written apart from the chart, from the outside.
 */
interface Rule {
  name: string
  when: (step: Facts) => boolean
  must: (step: Facts) => boolean
}

type Facts = ReturnType<typeof factsOf>

export function broken(step: Step): string[] {
  const facts = factsOf(step)
  return rules.filter(({ when, must }) => when(facts) && !must(facts)).map(({ name }) => name)
}

const CALLS: Record<string, CallName | undefined> = {
  'idle.loading': 'getMfaDevices',
  registering: 'registerTotpMfaDevice',
  verifying: 'authenticateTotpMfaDevice',
  deleting: 'deleteMfaDevice',
}

/** A fresh session is good for everything, an elevation for its scopes. */
const isGoodFor = (right: { ofSession?: boolean; scopes: readonly string[] }, scopes: readonly string[]) =>
  right.ofSession === true || scopes.every((scope) => right.scopes.includes(scope))

const placeOf = ({ value }: TotpSnapshot): string =>
  typeof value === 'string' ? value : (Object.entries(value)[0] ?? []).join('.')

function holdingsOf({ context }: TotpSnapshot) {
  const { device, elevations, mfaToken, retryAt, passkeys, settings, time } = context
  const { allowMfaToken, offersPasskeys } = settings
  const now = time.now()
  const rights = elevations.filter(({ expiresAt }) => expiresAt > now)
  const covers =
    (scopes: readonly string[], details?: unknown) => (right: TotpContext['elevations'][number]) =>
      isGoodFor(right, scopes) && sameText(right.authorizationDetails, details)
  const holds = (scopes: readonly string[], details?: unknown, maxAge = Number.POSITIVE_INFINITY) =>
    rights.some((right) => covers(scopes, details)(right) && now - (right.verifiedAt ?? 0) <= maxAge * 1000)
  return {
    known: device !== undefined,
    isOn: device?.verified === true,
    rights,
    covers,
    holds,
    provesRemoval: holds(['credential:unlink']) || (mfaToken !== null && allowMfaToken),
    isThrottled: retryAt !== null && retryAt > now,
    hasPasskey: offersPasskeys && passkeys.length > 0,
  }
}

function factsOf({ before, event, after, through, started, stopped, emitted }: Step) {
  const output = 'output' in event ? event.output : undefined
  const isFailure = event.type.startsWith('xstate.error') && 'error' in event
  const failure = isFailure && event.error ? event.error : undefined
  const from = placeOf(before)
  const to = placeOf(after)
  const had = holdingsOf(before)
  const has = holdingsOf(after)
  const refusal = after.context.error !== before.context.error ? after.context.error : null
  return {
    from,
    to,
    had,
    has,
    was: before.context,
    is: after.context,
    event,
    type: event.type,
    started,
    stopped,
    emitted: emitted.map((one) => one.type),
    through: through.map((snapshot) => ({ at: placeOf(snapshot), holds: holdingsOf(snapshot) })),
    /** Goes nowhere, unless it is only that its time was over. */
    stays:
      (from === to && started.length === 0) ||
      (from === 'elevated' && had.rights.length === 0 && to === 'idle.loading'),
    refusedWith: refusal?.code,
    /** The call that was answered well, and with what. */
    answered: output !== undefined || event.type.startsWith('xstate.done') ? CALLS[from] : undefined,
    output,
    /** The call that failed, and how. */
    failedCall: failure ? CALLS[from] : undefined,
    failure,
    timedOut: /^xstate\.after\.(call|proof)Timeout/.test(event.type),
    /** The password that was given, which need not be right. */
    password: event.type === 'password.submit' && 'password' in event ? event.password.unseal() : '',
    isWellFormed: event.type === 'code.submit' && 'code' in event && /^[0-9]{6}$/.test(event.code.unseal()),
    asksForMfaToken: asksForMfaToken(event, before.context),
    takesMfaTokenPath:
      asksForMfaToken(event, before.context) ||
      (event.type === 'flow.resume' && 'mfaToken' in event.resumable.intent),
    resumed: 'resumable' in event ? event.resumable : null,
    areScopes: !('scopes' in event) || Array.isArray(event.scopes),
    scopes: 'scopes' in event && Array.isArray(event.scopes) ? event.scopes.map(String) : [],
    details: 'authorizationDetails' in event ? event.authorizationDetails : undefined,
    maxAge: 'maxAge' in event ? event.maxAge : undefined,
    areDetails: !('authorizationDetails' in event) || event.authorizationDetails?.[0]?.type !== undefined,
    isToBeConfirmed: 'confirm' in event && event.confirm === true,
    isFresh: 'fresh' in event && event.fresh === true,
  }
}

/** A removal that takes no proof has no use for one. */
const asksForMfaToken = (event: Step['event'], { settings: { proofs } }: TotpContext) =>
  'createMfaTokenOptions' in event && (event.type !== 'device.delete' || proofs.delete !== 'none')

/** Details that come back from a store are others that say the same. */
const sameText = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

const isIn = (place: string, state: string) => place === state || place.startsWith(`${state}.`)
const starts = (name: CallName) => (step: Facts) => step.started.includes(name)
const on =
  (...types: string[]) =>
  (step: Facts) =>
    types.includes(step.type)
const goesTo =
  (...places: string[]) =>
  (step: Facts) =>
    places.some((place) => isIn(step.to, place))
const isRefusedAs = (code: TotpErrorCode) => (step: Facts) =>
  step.stays && step.refusedWith === code && step.emitted.join() === 'failed'
/** While nothing is known, by what kept the backend from answering. */
const isRefusedOnceKnownAs = (code: TotpErrorCode) => (step: Facts) =>
  isRefusedAs((!step.had.known && step.was.error?.code) || code)(step)
const isRefusedAsUnready = isRefusedOnceKnownAs('not_ready')
const every =
  (...conditions: ((step: Facts) => boolean)[]) =>
  (step: Facts) =>
    conditions.every((condition) => condition(step))

/** A passkey may answer for a code, or alone where no app is on. */
const takesPasskey = ({ from, had, was }: Facts) =>
  had.hasPasskey &&
  (from === 'awaitingCode.passkey' ||
    ((from === 'awaitingCode.ready' || from === 'awaitingCode.throttled') && was.intent.kind !== 'enroll'))
const takesCodes = ({ from }: Facts) => from === 'awaitingCode.ready' || from === 'awaitingCode.throttled'
const asksForACode = ({ type, was }: Facts) =>
  type === 'stepUp.request' || (type === 'device.delete' && was.settings.proofs.delete === 'code')
/** What this event asks for takes a password, and may be asked for. */
const asksForPassword = ({ type, had, was, asksForMfaToken }: Facts) =>
  (type === 'device.register' && was.settings.proofs.register === 'password' && had.known && !had.isOn) ||
  (type === 'device.delete' &&
    was.settings.proofs.delete === 'password' &&
    had.isOn &&
    (was.settings.allowMfaToken || !asksForMfaToken)) ||
  (type === 'recoveryCodes.renew' &&
    was.settings.proofs.renewRecoveryCodes === 'password' &&
    was.settings.offersRenewal &&
    had.isOn)
const failedForPassword = ({ failedCall, was }: Facts) =>
  (failedCall === 'registerTotpMfaDevice' && was.settings.proofs.register === 'password') ||
  (failedCall === 'deleteMfaDevice' && was.settings.proofs.delete === 'password') ||
  (failedCall === 'authenticateTotpMfaDevice' && was.intent.kind === 'renew')
const isFree = ({ from }: Facts) => isIn(from, 'idle') || from === 'elevated'
const mayAsk = ({ type, had, was, asksForMfaToken, areScopes, areDetails, details }: Facts) =>
  areScopes &&
  areDetails &&
  !(details !== undefined && was.settings.assurance === 'session') &&
  (had.isOn || (had.hasPasskey && type === 'stepUp.request')) &&
  (was.settings.allowMfaToken || !asksForMfaToken)
const hasAllScopes = ({ type, from, had, scopes, details, maxAge, ...step }: Facts) =>
  step.areScopes &&
  step.areDetails &&
  type === 'stepUp.request' &&
  from === 'elevated' &&
  !step.isFresh &&
  !step.asksForMfaToken &&
  had.holds(scopes, details, maxAge)
const boundTo = (intent: TotpContext['intent']) =>
  'authorizationDetails' in intent ? intent.authorizationDetails : undefined
const wouldRemoveNow = ({ type, had, was }: Facts) =>
  type === 'device.delete' &&
  had.isOn &&
  (was.settings.proofs.delete === 'none' || (was.settings.proofs.delete === 'code' && had.provesRemoval))
const canRemoveNow = (step: Facts) => wouldRemoveNow(step) && !step.isToBeConfirmed
const mustConfirm = (step: Facts) => wouldRemoveNow(step) && step.isToBeConfirmed
/** One sets up what is not on, and is challenged by what is: an app, or a passkey where none is on. */
const isResumedBy = (resumed: Resumable | null, { settings: { offersPasskeys } }: TotpContext) => {
  if (resumed?.device?.verified) return resumed.intent.kind !== 'enroll'
  if (resumed?.intent.kind === 'stepUp') return offersPasskeys && (resumed.passkeys ?? []).length > 0
  return resumed?.intent.kind === 'enroll'
}
const fails = (call: CallName) => (step: Facts) =>
  step.failedCall === call && step.failure?.code !== 'unauthenticated'
const leavesAnotherWay = ({ failure, was, had }: Facts) =>
  !['enroll', 'renew'].includes(was.intent.kind) &&
  ((had.hasPasskey && ['device_locked', 'passkey_unsupported'].includes(failure?.code ?? '')) ||
    (failure?.code === 'device_locked' && was.settings.offersRecovery && was.asksFor === 'code'))
/** The prompt for a passkey alone is come back to, or is still open, and there is none. */
const lostItsPasskey = (step: Facts) =>
  step.was.asksFor === 'passkey' &&
  !step.has.hasPasskey &&
  (step.from === 'awaitingCode.passkey'
    ? step.type === 'passkeys.changed'
    : (fails('authenticateTotpMfaDevice')(step) && isWorthAnotherTry(step)) ||
      (step.timedOut && step.from === 'verifying'))
const isWorthAnotherTry = ({ failure }: Facts) => failure?.retryable === true
const isDismissed = (step: Facts) =>
  fails('authenticateTotpMfaDevice')(step) &&
  step.failure?.code === 'cancelled' &&
  step.was.intent.kind !== 'renew'
const backToWhereOneWas = ({ had, to }: Facts) =>
  had.rights.length > 0 ? to === 'elevated' : to === 'idle.loading'
const keepsNothing = ({ is, to }: Facts) =>
  to === 'idle.unavailable' &&
  is.device === undefined &&
  is.registration === null &&
  is.elevations.length === 0 &&
  is.mfaToken === null &&
  is.recoveryCodes === null &&
  is.passkeys.length === 0 &&
  is.retryAt === null
const passwordCanBeTypedAgain = (step: Facts) =>
  failedForPassword(step) &&
  (step.failure?.retryable === true || PROOF_REFUSED.includes(step.failure?.code ?? ''))
const GONE: readonly string[] = ['no_device', 'device_replaced', 'not_found']
const PROOF_REFUSED: readonly string[] = ['proof_required', 'elevation_required', 'elevation_expired']

interface Won {
  deviceId: string | null
  elevation: { scopes: readonly string[]; ofSession?: boolean }
  mfaToken: unknown
  recoveryCodes: unknown
}
const isWon = (output: unknown): output is Won =>
  typeof output === 'object' && output !== null && 'elevation' in output && 'mfaToken' in output
const codesWonBy = ({ recoveryCodes }: Won) =>
  recoveryCodes instanceof Sealed ? recoveryCodes.unseal() : undefined
const provesRemoval = ({ output, was }: Facts) =>
  isWon(output) &&
  ((output.mfaToken !== null && was.settings.allowMfaToken) ||
    isGoodFor(output.elevation, ['credential:unlink']))

const givesWhatWasAsked = ({ elevation }: Won, intent: TotpContext['intent']) =>
  !('scopes' in intent) || isGoodFor(elevation, intent.scopes)

const rules: readonly Rule[] = [
  // What may be at all
  {
    name: 'a state that waits for the backend has started exactly its own call, and no other state has',
    when: ({ from, to, started, stopped }) => from !== to || started.length > 0 || stopped > 0,
    must: ({ from, to, started, stopped }) => {
      const expected = CALLS[to]
      const hadCall = CALLS[from] !== undefined
      return started.join() === (expected ?? '') && stopped === (hadCall ? 1 : 0)
    },
  },
  {
    name: 'the secret is held while enrolling only',
    when: ({ is }) => is.registration !== null,
    must: ({ is, to }) => is.intent.kind === 'enroll' && (isIn(to, 'awaitingCode') || to === 'verifying'),
  },
  {
    name: 'elevated holds a right that lasts',
    when: goesTo('elevated'),
    must: ({ has }) => has.rights.length > 0,
  },
  {
    name: 'elevated is not even passed through without a right, unless from there or by a code',
    when: ({ from, answered }) => from !== 'elevated' && answered !== 'authenticateTotpMfaDevice',
    must: ({ through }) => through.every(({ at, holds }) => at !== 'elevated' || holds.rights.length > 0),
  },
  {
    name: 'what has ended is dropped on coming to elevated and on every look at the time',
    when: ({ from, to, type }) =>
      to === 'elevated' && (from !== 'elevated' || type === 'flow.wake' || type.startsWith('xstate.after.')),
    must: ({ has, is }) => has.rights.length === is.elevations.length,
  },
  {
    name: 'rights are held where they can be used or come back to, and nowhere else',
    when: goesTo('idle'),
    must: ({ is }) => is.elevations.length === 0 && is.mfaToken === null,
  },
  {
    name: 'rights come from a right code alone',
    when: ({ was, is }) => is.elevations.some((right) => !was.elevations.includes(right)),
    must: ({ answered }) => answered === 'authenticateTotpMfaDevice',
  },
  {
    name: 'a right that is won is bound to what was approved, and to nothing else',
    when: ({ answered }) => answered === 'authenticateTotpMfaDevice',
    must: ({ was, is }) =>
      is.elevations
        .filter((right) => !was.elevations.includes(right))
        .every((right) => sameText(right.authorizationDetails, boundTo(was.intent))),
  },
  {
    name: 'rights are lost by use, by their end, by giving them up, and by leaving; never by the way',
    when: ({ to, had, type }) => !isIn(to, 'idle') && had.rights.length > 0 && type !== 'elevation.consume',
    must: ({ had, has, was, answered, output, failure }) =>
      had.rights
        .filter((right) => {
          const spent =
            answered === 'registerTotpMfaDevice' && right.singleUse && isGoodFor(right, ['credential:link'])
          const replaced =
            isWon(output) &&
            (output.elevation.ofSession
              ? right.ofSession === true
              : [...output.elevation.scopes].join() === [...right.scopes].join()) &&
            sameText(right.authorizationDetails, boundTo(was.intent))
          const refused =
            PROOF_REFUSED.includes(failure?.code ?? '') && isGoodFor(right, ['credential:unlink'])
          return right.scopes.length > 0 && !replaced && !refused && !spent
        })
        .every((right) => has.rights.includes(right)),
  },
  {
    name: 'no MFA token is held where the host closed that path',
    when: ({ is }) => !is.settings.allowMfaToken,
    must: ({ is }) => is.mfaToken === null,
  },
  {
    name: 'an MFA token is held until it is taken or refused, or the rights beside it are lost',
    when: ({ was, is }) => was.mfaToken !== null && is.mfaToken !== was.mfaToken,
    must: ({ type, failure, to, output }) =>
      type === 'mfaToken.consume' ||
      isIn(to, 'idle') ||
      (isWon(output) && output.mfaToken !== null) ||
      PROOF_REFUSED.includes(failure?.code ?? ''),
  },
  {
    name: 'an error is typed, and announced when it comes',
    when: ({ refusedWith }) => refusedWith !== undefined,
    must: ({ is, emitted }) => is.error instanceof TotpFlowError && emitted.includes('failed'),
  },
  {
    name: 'no failure is announced that is not shown',
    when: ({ emitted }) => emitted.includes('failed'),
    must: ({ refusedWith }) => refusedWith !== undefined,
  },

  // One device per user
  {
    name: 'registers only when the backend has said that no authenticator is on',
    when: starts('registerTotpMfaDevice'),
    must: ({ had, type, was, password }) =>
      had.known &&
      !had.isOn &&
      (was.settings.proofs.register === 'password' ? password !== '' : type === 'device.register'),
  },
  {
    name: 'whoever may register, does',
    when: (step) =>
      on('device.register')(step) &&
      step.was.settings.proofs.register === 'none' &&
      step.had.known &&
      !step.had.isOn &&
      (isFree(step) || (isIn(step.from, 'awaitingCode') && step.was.intent.kind === 'enroll')),
    must: every(goesTo('registering'), starts('registerTotpMfaDevice'), ({ is }) => is.error === null),
  },
  {
    name: 'a second authenticator is refused by name',
    when: (step) => on('device.register')(step) && step.had.isOn && step.from !== 'registering',
    must: isRefusedAs('device_limit'),
  },
  {
    name: 'a registration out of place is refused as not ready',
    when: (step) =>
      on('device.register')(step) &&
      !step.had.isOn &&
      (!step.had.known || ['verifying', 'deleting'].includes(step.from)),
    must: isRefusedAsUnready,
  },
  {
    name: 'the second click of a double click does nothing',
    when: ({ from, type }) =>
      (from === 'registering' && ['device.register', 'password.submit'].includes(type)) ||
      (from === 'verifying' &&
        ['code.submit', 'recoveryCode.submit', 'passkey.submit', 'password.submit'].includes(type)) ||
      (from === 'deleting' && ['device.delete', 'password.submit'].includes(type)),
    must: ({ stays, refusedWith, emitted }) => stays && refusedWith === undefined && emitted.length === 0,
  },
  {
    name: 'a registration that was answered shows its secret',
    when: ({ answered }) => answered === 'registerTotpMfaDevice',
    must: every(goesTo('awaitingCode'), ({ is, output }) => is.registration === output && is.error === null),
  },
  {
    name: 'a registration that failed ends where it began',
    when: (step) =>
      (fails('registerTotpMfaDevice')(step) && !passwordCanBeTypedAgain(step)) ||
      (step.timedOut && step.from === 'registering'),
    must: every(goesTo('idle.loading'), ({ is, failure }) => is.error?.code === (failure?.code ?? 'timeout')),
  },

  // What the backend says of devices
  {
    name: 'the device, the passkeys and what the session owes are what the backend said',
    when: ({ answered }) => answered === 'getMfaDevices',
    must: every(goesTo('idle.ready'), ({ is, output }) => {
      const { device, gate = null, passkeys = [] } = Object(output)
      return is.device === device && is.gate === gate && sameText(is.passkeys, passkeys)
    }),
  },
  {
    name: 'a session owes nothing once a code was right, if it was known what it owed',
    when: ({ answered, was }) => answered === 'authenticateTotpMfaDevice' && was.intent.kind !== 'renew',
    must: ({ is, was }) => (was.gate === null ? is.gate === null : is.gate?.state === 'open'),
  },
  {
    name: 'what a session owes changes by an answer, by a reload, and with the session, and by nothing else',
    when: ({ is, was }) => is.gate !== was.gate,
    must: ({ answered, resumed, is, to }) =>
      answered === 'getMfaDevices' ||
      answered === 'authenticateTotpMfaDevice' ||
      (resumed !== null && is.gate === (resumed.gate ?? null)) ||
      (is.gate === null && to === 'idle.unavailable'),
  },
  {
    name: 'a backend that cannot be asked leaves the flow unavailable, with the reason and what was known before',
    when: (step) => fails('getMfaDevices')(step) || (step.timedOut && step.from === 'idle.loading'),
    must: every(
      goesTo('idle.unavailable'),
      ({ is, was }) => is.device === was.device && is.recoveryCodes === was.recoveryCodes,
      ({ is, failure }) => is.error?.code === (failure?.code ?? 'timeout'),
    ),
  },
  {
    name: 'a refresh asks again and forgets the last error',
    when: (step) => on('devices.refresh')(step) && isIn(step.from, 'idle'),
    must: every(goesTo('idle.loading'), starts('getMfaDevices'), ({ is }) => is.error === null),
  },
  {
    name: 'news from another tab asks the backend again, wherever one is',
    when: on('devices.changed'),
    must: every(goesTo('idle.loading'), starts('getMfaDevices'), ({ is }) => is.error === null),
  },

  {
    name: 'a flow that has heard nothing resumes what can have been, unless the host closed that path, and no other',
    when: on('flow.resume'),
    must: ({ had, from, to, stays, is, was, resumed }) =>
      isIn(from, 'idle') &&
      !had.known &&
      isResumedBy(resumed, was) &&
      (resumed?.intent.kind !== 'delete' || was.settings.proofs.delete === 'code') &&
      (was.settings.allowMfaToken || !('mfaToken' in (resumed?.intent ?? {})))
        ? isIn(to, 'awaitingCode') &&
          (to === 'awaitingCode.passkey') ===
            (resumed?.intent.kind === 'stepUp' && resumed.device?.verified !== true) &&
          is.error === null &&
          is.intent === resumed?.intent &&
          sameText(is.passkeys, resumed?.passkeys ?? [])
        : stays || (from === 'elevated' && had.rights.length === 0),
  },

  // Asking for a code
  {
    name: 'asks for a proof only of an app that is on, unless it is being set up, or of a passkey alone',
    when: (step) => isIn(step.to, 'awaitingCode') && asksForACode(step) && !isIn(step.from, 'awaitingCode'),
    must: ({ had, to }) =>
      had.isOn ? to !== 'awaitingCode.passkey' : to === 'awaitingCode.passkey' && had.hasPasskey,
  },
  {
    name: 'asks for a code when one is needed, for what was asked, and shows no old error',
    when: (step) =>
      asksForACode(step) && isFree(step) && mayAsk(step) && !hasAllScopes(step) && !wouldRemoveNow(step),
    must: every(goesTo('awaitingCode'), ({ is, type, asksForMfaToken, scopes, details }) => {
      const kind = type === 'device.delete' ? 'delete' : 'stepUp'
      const { intent } = is
      return (
        is.error === null &&
        intent.kind === kind &&
        'mfaToken' in intent === asksForMfaToken &&
        (!('scopes' in intent) || intent.scopes.join() === scopes.join()) &&
        sameText(boundTo(intent), details)
      )
    }),
  },
  {
    name: 'asks for nothing when all scopes are in hand',
    when: hasAllScopes,
    must: every(
      ({ stays }) => stays,
      ({ is, was }) => is.elevations === was.elevations,
      ({ is }) => is.error === null,
    ),
  },
  {
    name: 'removes at once with the proof in hand',
    when: (step) => canRemoveNow(step) && isFree(step) && step.had.isOn,
    must: every(goesTo('deleting'), ({ is }) => is.intent.kind === 'delete' && is.error === null),
  },
  {
    name: 'the deprecated path is announced once, when it is taken',
    when: ({ emitted, takesMfaTokenPath: asksForMfaToken, to, was }) =>
      emitted.includes('deprecation') ||
      (asksForMfaToken && isIn(to, 'awaitingCode') && !was.deprecationAnnounced),
    must: ({ was, is, takesMfaTokenPath: asksForMfaToken, emitted, to, from }) =>
      (isIn(from, 'awaitingCode') && !emitted.includes('deprecation')) ||
      (!was.deprecationAnnounced &&
        is.deprecationAnnounced &&
        asksForMfaToken &&
        isIn(to, 'awaitingCode') &&
        emitted.includes('deprecation')),
  },
  {
    name: 'the deprecated path is closed when the host closed it',
    when: ({ is }) => 'mfaToken' in is.intent,
    must: ({ is }) => is.settings.allowMfaToken,
  },
  {
    name: 'what cannot be asked for is refused by its reason',
    when: (step) =>
      asksForACode(step) &&
      !(isFree(step) && (mayAsk(step) || hasAllScopes(step))) &&
      !(isFree(step) && wouldRemoveNow(step)) &&
      step.from !== 'awaitingCode.confirming' &&
      !(step.from === 'deleting' && step.type === 'device.delete'),
    must: (step) => {
      const { had, asksForMfaToken, was, areScopes, areDetails, details } = step
      if (!areScopes) return isRefusedOnceKnownAs('scope_not_allowed')(step)
      if (!areDetails) return isRefusedOnceKnownAs('bad_request')(step)
      if (details !== undefined && was.settings.assurance === 'session')
        return isRefusedAs('bad_request')(step)
      const isForApp = step.type === 'device.delete' || !had.hasPasskey
      if (had.known && !had.isOn && isForApp) return isRefusedAs('no_device')(step)
      if (asksForMfaToken && !was.settings.allowMfaToken)
        return isRefusedOnceKnownAs('mfa_token_disabled')(step)
      return isRefusedAsUnready(step)
    },
  },

  // Codes
  {
    name: 'verifies only six digits, typed where codes are taken, and not while throttled',
    when: starts('authenticateTotpMfaDevice'),
    must: (step) =>
      step.type === 'recoveryCode.submit' ||
      step.type === 'passkey.submit' ||
      (step.from === 'awaitingCode.password' && step.was.intent.kind === 'renew' && step.password !== '') ||
      (takesCodes(step) && !step.had.isThrottled && step.isWellFormed),
  },
  {
    name: 'six digits are verified, and a wait that is over is forgotten',
    when: (step) => takesCodes(step) && !step.had.isThrottled && step.isWellFormed,
    must: every(
      goesTo('verifying'),
      starts('authenticateTotpMfaDevice'),
      ({ is }) => is.error === null && is.retryAt === null,
    ),
  },
  {
    name: 'anything else costs no attempt',
    when: ({ from, type, isWellFormed }) =>
      from === 'awaitingCode.ready' && type === 'code.submit' && !isWellFormed,
    must: isRefusedAs('malformed_code'),
  },
  {
    name: 'a code is refused while throttled',
    when: (step) =>
      on('code.submit')(step) &&
      step.from === 'awaitingCode.throttled' &&
      (step.had.isThrottled || !step.isWellFormed),
    must: isRefusedAs('rate_limited'),
  },
  {
    name: 'a code that nobody asked for is refused',
    when: (step) => on('code.submit')(step) && !takesCodes(step) && step.from !== 'verifying',
    must: isRefusedAsUnready,
  },
  {
    name: 'the field is closed while throttled, and open without a wait to come back otherwise',
    when: ({ to }) => to === 'awaitingCode.ready' || to === 'awaitingCode.throttled',
    must: ({ to, has, from, is }) =>
      has.isThrottled
        ? to === 'awaitingCode.throttled'
        : (to === 'awaitingCode.ready' && is.retryAt === null) || from === to,
  },
  {
    name: 'a wait that is over ends on the first look',
    when: ({ from, had, type }) =>
      from === 'awaitingCode.throttled' &&
      !had.isThrottled &&
      (type === 'flow.wake' || type.startsWith('xstate.after.untilRetry')),
    must: ({ to, is }) => to === 'awaitingCode.ready' && is.error === null && is.retryAt === null,
  },
  {
    name: 'a wait that is not over goes on',
    when: ({ from, had, type }) =>
      from === 'awaitingCode.throttled' && had.isThrottled && type === 'flow.wake',
    must: ({ stays }) => stays,
  },
  {
    name: 'a right code that should remove leads to the removal, if it gave the proof',
    when: ({ answered, was }) => answered === 'authenticateTotpMfaDevice' && was.intent.kind === 'delete',
    must: (step) =>
      provesRemoval(step)
        ? step.to === 'deleting'
        : isIn(step.to, 'elevated') && step.is.error?.code === 'elevation_missing',
  },
  {
    name: 'any other right code elevates, and says so',
    when: ({ answered, was }) =>
      answered === 'authenticateTotpMfaDevice' && !['delete', 'renew'].includes(was.intent.kind),
    must: ({ to, is, emitted, was, output }) =>
      to === 'elevated' &&
      isWon(output) &&
      JSON.stringify(is.elevations.at(-1)) ===
        JSON.stringify({ ...output.elevation, authorizationDetails: boundTo(was.intent) }) &&
      (output.mfaToken === null || is.mfaToken === (was.settings.allowMfaToken ? output.mfaToken : null)) &&
      (isWon(output) && output.deviceId === null ? is.device === was.device : is.device?.verified === true) &&
      (givesWhatWasAsked(output, was.intent)
        ? is.error === null &&
          emitted.join() === (was.intent.kind === 'enroll' ? 'enrolled,elevated' : 'elevated')
        : is.error?.code === 'elevation_missing' && emitted.join() === 'elevated,failed'),
  },
  {
    name: 'a right code ends a wait',
    when: (step) => step.answered === 'authenticateTotpMfaDevice' && step.was.intent.kind !== 'renew',
    must: ({ is }) => is.retryAt === null,
  },
  {
    name: 'nothing but a right code announces an enrollment or an elevation',
    when: ({ emitted }) => emitted.includes('enrolled') || emitted.includes('elevated'),
    must: ({ answered }) => answered === 'authenticateTotpMfaDevice',
  },
  {
    name: 'too many tries close the field until the time that was named',
    when: (step) =>
      fails('authenticateTotpMfaDevice')(step) &&
      step.was.intent.kind !== 'renew' &&
      step.was.asksFor !== 'passkey' &&
      step.failure?.code === 'rate_limited',
    must: ({ to, is, has, failure }) =>
      to === 'awaitingCode.throttled' &&
      (failure?.retryAt === undefined ? has.isThrottled : is.retryAt === failure.retryAt) &&
      is.error === failure,
  },
  {
    name: 'a code that failed can be typed again, the secret still on screen, if that can help',
    when: (step) =>
      !lostItsPasskey(step) &&
      ((fails('authenticateTotpMfaDevice')(step) &&
        step.failure?.retryable === true &&
        !isDismissed(step) &&
        (step.failure.code !== 'rate_limited' ||
          step.was.intent.kind === 'renew' ||
          step.was.asksFor === 'passkey')) ||
        (step.timedOut && step.from === 'verifying')),
    must: ({ to, is, was, failure }) =>
      isIn(to, 'awaitingCode') &&
      is.error?.code === (failure?.code ?? 'timeout') &&
      is.registration === was.registration,
  },
  {
    name: 'a failure that another code cannot mend closes the field, and costs no right but with the device',
    when: (step) =>
      fails('authenticateTotpMfaDevice')(step) &&
      step.failure?.retryable === false &&
      !passwordCanBeTypedAgain(step) &&
      !leavesAnotherWay(step),
    must: ({ to, had, is, failure }) =>
      is.error === failure &&
      (had.rights.length > 0 && !GONE.includes(failure?.code ?? '')
        ? to === 'elevated'
        : to === 'idle.loading'),
  },
  {
    name: 'a locked device leaves recovery codes and passkeys, and a browser without passkeys leaves codes',
    when: (step) => fails('authenticateTotpMfaDevice')(step) && leavesAnotherWay(step),
    must: every(goesTo('awaitingCode'), ({ is, failure }) => is.error === failure),
  },

  // Passkeys
  {
    name: 'a passkey answers a prompt, throttled or not, unless one is enrolling or a password is asked for',
    when: (step) => on('passkey.submit')(step) && takesPasskey(step),
    must: every(goesTo('verifying'), starts('authenticateTotpMfaDevice'), ({ is }) => is.error === null),
  },
  {
    name: 'a passkey that nobody asked for is refused',
    when: (step) => on('passkey.submit')(step) && step.from !== 'verifying' && !takesPasskey(step),
    must: isRefusedAsUnready,
  },
  {
    name: 'who closes what asks for a passkey is back at the prompt, as it was, without an error',
    when: (step) => isDismissed(step) && !lostItsPasskey(step),
    must: ({ to, is, was, emitted }) =>
      isIn(to, 'awaitingCode') &&
      is.error === null &&
      emitted.length === 0 &&
      is.intent === was.intent &&
      is.registration === was.registration,
  },
  {
    name: 'passkeys change by what the backend said or the page did, and with the session, and by nothing else',
    when: ({ is, was }) => !sameText(is.passkeys, was.passkeys),
    must: ({ answered, type, had, to }) =>
      answered === 'getMfaDevices' ||
      (type === 'passkeys.changed' && had.known) ||
      type === 'flow.resume' ||
      to === 'idle.unavailable',
  },
  {
    name: 'passkeys that the page added or removed are known at once',
    when: (step) => on('passkeys.changed')(step) && step.had.known,
    must: ({ is, event }) => 'passkeys' in event && is.passkeys === event.passkeys,
  },
  {
    name: 'a passkey alone is asked for as long as there is one, and asking ends with the last of them',
    when: lostItsPasskey,
    must: ({ to, is }) => to === 'idle.loading' && is.error?.code === 'no_device',
  },

  // Recovery codes
  {
    name: 'a recovery code is verified where the backend takes them, throttled or not, unless one is enrolling',
    when: (step) =>
      on('recoveryCode.submit')(step) &&
      takesCodes(step) &&
      step.was.settings.offersRecovery &&
      step.was.intent.kind !== 'enroll',
    must: every(goesTo('verifying'), starts('authenticateTotpMfaDevice'), ({ is }) => is.error === null),
  },
  {
    name: 'a recovery code that nobody asked for is refused',
    when: (step) =>
      on('recoveryCode.submit')(step) &&
      step.from !== 'verifying' &&
      !(takesCodes(step) && step.was.settings.offersRecovery && step.was.intent.kind !== 'enroll'),
    must: isRefusedAsUnready,
  },
  {
    name: 'recovery codes are those of the right code that brought them',
    when: ({ was, is }) => is.recoveryCodes !== null && is.recoveryCodes !== was.recoveryCodes,
    must: ({ answered, output, is, was, event }) =>
      event.type === 'recoveryCodes.renewed' ||
      (answered === 'authenticateTotpMfaDevice' &&
        isWon(output) &&
        (output.recoveryCodes === is.recoveryCodes ||
          is.recoveryCodes?.unseal() === was.registration?.unseal().recoveryCodes)),
  },
  {
    name: 'new recovery codes are shown',
    when: ({ answered, was }) => answered === 'authenticateTotpMfaDevice' && was.intent.kind !== 'delete',
    must: ({ output, is, was }) =>
      isWon(output) &&
      is.recoveryCodes?.unseal() ===
        (codesWonBy(output) ?? was.registration?.unseal().recoveryCodes ?? was.recoveryCodes?.unseal()),
  },
  {
    name: 'codes made anew are shown in place of the old, if their authenticator is the one that is on',
    when: on('recoveryCodes.renewed'),
    must: ({ event, was, is, had, from, to }) =>
      'recoveryCodes' in event &&
      is.recoveryCodes ===
        (had.isOn && was.device?.id === event.deviceId ? event.recoveryCodes : was.recoveryCodes) &&
      is.error === was.error &&
      (from === to || had.rights.length < was.elevations.length),
  },
  {
    name: 'recovery codes are shown until they are replaced or said to be kept, or their authenticator is gone, or the session',
    when: ({ was, is }) => was.recoveryCodes !== null && is.recoveryCodes === null,
    must: ({ type, answered, is, to, has }) =>
      type === 'recoveryCodes.acknowledge' ||
      type === 'recoveryCodes.replaced' ||
      (answered === 'getMfaDevices' && !has.isOn) ||
      (answered === 'deleteMfaDevice' && is.device === null) ||
      to === 'idle.unavailable',
  },
  {
    name: 'recovery codes that are replaced or said to be kept are shown no longer',
    when: on('recoveryCodes.acknowledge', 'recoveryCodes.replaced'),
    must: ({ is, from, to, had, was }) =>
      is.recoveryCodes === null && (from === to || had.rights.length < was.elevations.length),
  },
  {
    name: 'no recovery codes are shown of an authenticator that is not on',
    when: ({ to, has }) => isIn(to, 'idle') && to !== 'idle.loading' && has.known && !has.isOn,
    must: ({ is }) => is.recoveryCodes === null,
  },

  // Passwords
  {
    name: 'a password is asked for where the act takes one, and for nothing else',
    when: (step) => step.to === 'awaitingCode.password' && step.from !== step.to,
    must: (step) =>
      asksForPassword(step) ||
      passwordCanBeTypedAgain(step) ||
      (step.timedOut && step.from === 'verifying' && step.was.intent.kind === 'renew'),
  },
  {
    name: 'what takes a password asks for it, without an old error',
    when: (step) =>
      asksForPassword(step) && (isFree(step) || (step.type === 'device.register' && takesCodes(step))),
    must: every(
      ({ to, is }) => to === 'awaitingCode.password' && is.error === null && is.registration === null,
      ({ is, type }) =>
        is.intent.kind ===
        (type === 'device.register' ? 'enroll' : type === 'device.delete' ? 'delete' : 'renew'),
    ),
  },
  {
    name: 'a removal that takes nothing more begins at once, or asks first, as it is wanted to',
    when: (step) => wouldRemoveNow(step) && isFree(step),
    must: ({ to, is, isToBeConfirmed }) =>
      to === (isToBeConfirmed ? 'awaitingCode.confirming' : 'deleting') &&
      is.intent.kind === 'delete' &&
      is.error === null,
  },
  {
    name: 'nothing but a removal that takes nothing more is to be confirmed',
    when: ({ from, to }) => to === 'awaitingCode.confirming' && from !== to,
    must: (step) => mustConfirm(step) && isFree(step),
  },
  {
    name: 'asking once more to be asked confirms no removal',
    when: (step) =>
      on('device.delete')(step) && step.from === 'awaitingCode.confirming' && step.isToBeConfirmed,
    must: ({ to, from, is, was }) => to === from && is.error === was.error,
  },
  {
    name: 'a removal that is confirmed begins, unless its proof has run out: then a code is asked for',
    when: (step) =>
      on('device.delete')(step) && step.from === 'awaitingCode.confirming' && !step.isToBeConfirmed,
    must: (step) =>
      step.is.error === null &&
      (wouldRemoveNow(step)
        ? step.to === 'deleting'
        : isIn(step.to, 'awaitingCode') && step.to !== step.from),
  },
  {
    name: 'a password leads to what it pays for',
    when: ({ from, password }) => from === 'awaitingCode.password' && password !== '',
    must: ({ to, is, was }) =>
      is.error === null &&
      to === { enroll: 'registering', delete: 'deleting', renew: 'verifying', stepUp: '' }[was.intent.kind],
  },
  {
    name: 'no password is none, and is said to be wrong',
    when: (step) =>
      on('password.submit')(step) && step.from === 'awaitingCode.password' && step.password === '',
    must: isRefusedAs('invalid_password'),
  },
  {
    name: 'a password that nobody asked for is refused',
    when: (step) =>
      on('password.submit')(step) &&
      !['awaitingCode.password', 'registering', 'verifying', 'deleting'].includes(step.from),
    must: isRefusedAsUnready,
  },
  {
    name: 'a page without a field for the password leads back to where one was, with the reason, and nothing else does',
    when: on('password.unavailable'),
    must: (step) =>
      step.from === 'awaitingCode.password'
        ? backToWhereOneWas(step) && 'error' in step.event && step.is.error === step.event.error
        : step.stays && step.is.error === step.was.error,
  },
  {
    name: 'a password that was wrong can be typed again, and so can one that something came between',
    when: passwordCanBeTypedAgain,
    must: ({ to, is, failure }) => to === 'awaitingCode.password' && is.error === failure,
  },
  {
    name: 'new codes for a password are shown, and win no right',
    when: ({ answered, was }) => answered === 'authenticateTotpMfaDevice' && was.intent.kind === 'renew',
    must: (step) =>
      backToWhereOneWas(step) &&
      step.is.error === null &&
      step.emitted.length === 0 &&
      isWon(step.output) &&
      step.is.recoveryCodes === step.output.recoveryCodes,
  },
  {
    name: 'new codes that take no password, or none now, are refused by their reason',
    when: (step) => on('recoveryCodes.renew')(step) && !(asksForPassword(step) && isFree(step)),
    must: (step) =>
      step.had.known && !step.had.isOn ? isRefusedAs('no_device')(step) : isRefusedAsUnready(step),
  },

  // Leaving
  {
    name: 'cancelling leads back to where one was, and aborts what was under way',
    when: (step) => on('flow.cancel')(step) && (isIn(step.from, 'awaitingCode') || step.from === 'verifying'),
    must: every(backToWhereOneWas, ({ is }) => is.error === null && is.registration === null),
  },
  {
    name: 'cancelling a registration or a removal asks the backend what became of it',
    when: (step) => on('flow.cancel')(step) && ['registering', 'deleting'].includes(step.from),
    must: goesTo('idle.loading'),
  },
  {
    name: 'cancelling nothing does nothing',
    when: (step) =>
      on('flow.cancel')(step) && isFree(step) && step.had.rights.length === step.was.elevations.length,
    must: ({ stays, refusedWith }) => stays && refusedWith === undefined,
  },
  {
    name: 'the end of a session leaves nothing of the user, wherever one is',
    when: ({ type, failure }) => type === 'session.end' || failure?.code === 'unauthenticated',
    must: every(keepsNothing, ({ is }) => is.error?.code === 'unauthenticated'),
  },

  // Rights
  {
    name: 'giving up ends them, and what went wrong meanwhile is over',
    when: (step) => on('elevation.release')(step) && step.from === 'elevated' && step.had.rights.length > 0,
    must: every(goesTo('idle.loading'), ({ is }) => is.error === null),
  },
  {
    name: 'a look after the end of a wait ends it, so that no clock that is set back brings it to life',
    when: ({ type, was, had }) => type === 'flow.wake' && was.retryAt !== null && !had.isThrottled,
    must: ({ is }) => is.retryAt === null,
  },
  {
    name: 'the first look after their end ends them, whatever the look is',
    when: ({ from, had }) => from === 'elevated' && had.rights.length === 0,
    must: ({ to }) => to !== 'elevated',
  },
  {
    name: 'a look before their end changes nothing',
    when: ({ from, had, type }) => from === 'elevated' && had.rights.length > 0 && type === 'flow.wake',
    must: ({ to, has, had }) => to === 'elevated' && has.rights.length === had.rights.length,
  },
  {
    name: 'what serves once is gone when it is taken, and only that',
    when: on('elevation.consume'),
    must: ({ had, is, was, event, details }) => {
      const scopes = 'scopes' in event ? event.scopes : []
      const taken = had.rights.find(had.covers(scopes, details))
      const left = was.elevations.filter((right) => right !== taken || !right.singleUse)
      const lasting = left.filter(({ expiresAt }) => expiresAt > is.time.now())
      return (
        lasting.every((right) => is.elevations.includes(right)) &&
        is.elevations.every((right) => left.includes(right))
      )
    },
  },
  {
    name: 'the MFA token is handed out once',
    when: on('mfaToken.consume'),
    must: ({ is, from, to, had, was }) =>
      is.mfaToken === null && (from === to || had.rights.length < was.elevations.length),
  },

  // Removing
  {
    name: 'nothing is removed without proof',
    when: starts('deleteMfaDevice'),
    must: ({ has, is, was, password }) =>
      is.device?.verified === true &&
      { none: true, code: has.provesRemoval, password: password !== '' }[was.settings.proofs.delete],
  },
  {
    name: 'a removal leaves no device, no right and no token, and says so',
    when: ({ answered }) => answered === 'deleteMfaDevice',
    must: ({ to, is, emitted }) =>
      to === 'idle.loading' &&
      is.device === null &&
      is.mfaToken === null &&
      is.error === null &&
      emitted.join() === 'deleted',
  },
  {
    name: 'a proof that was refused is forgotten, and a new code asked for',
    when: (step) =>
      fails('deleteMfaDevice')(step) &&
      step.was.settings.proofs.delete !== 'password' &&
      PROOF_REFUSED.includes(step.failure?.code ?? ''),
    must: ({ to, is, has, failure }) =>
      isIn(to, 'awaitingCode') &&
      to !== 'awaitingCode.password' &&
      is.intent.kind === 'delete' &&
      !('mfaToken' in is.intent) &&
      !has.provesRemoval &&
      is.error === failure,
  },
  {
    name: 'a device that is gone already makes the flow ask what is left',
    when: (step) => fails('deleteMfaDevice')(step) && GONE.includes(step.failure?.code ?? ''),
    must: every(goesTo('idle.loading'), ({ is, failure }) => is.error === failure),
  },
  {
    name: 'a removal that failed otherwise leads back to where one was, with the reason',
    when: (step) =>
      (fails('deleteMfaDevice')(step) &&
        !passwordCanBeTypedAgain(step) &&
        ![...PROOF_REFUSED, ...GONE].includes(step.failure?.code ?? '')) ||
      (step.timedOut && step.from === 'deleting'),
    must: every(backToWhereOneWas, ({ is, failure }) => is.error?.code === (failure?.code ?? 'timeout')),
  },
]
