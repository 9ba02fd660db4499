import { areDetails } from '../src/contract/approval.ts'
import { isCode } from '../src/contract/code.ts'
import { allows, findCovering, unexpired, type Wanted } from '../src/contract/elevations.ts'
import { proofRefusals, TotpFlowError } from '../src/contract/errors.ts'
import { areScopes, UNLINK_SCOPE } from '../src/contract/scopes.ts'
import { Sealed } from '../src/contract/sealed.ts'
import { arePasskeys, isUnsealed } from './checks.ts'
import { mfaTokenOptionsOf } from './intent.ts'
import { isResumable } from './resumable.ts'
import type { SealedAuthentication, TotpContext, TotpEvent } from './totp.types.ts'

export interface Given {
  context: TotpContext
  event: TotpEvent
}

/** A user may hold one verified authenticator; a pending one may be replaced. Unknown is not none: wait for the backend. */
export const oneDevicePerUser = ({ context }: Given) =>
  context.device !== undefined && !context.device?.verified

/** There must be a verified authenticator before it can be challenged or removed. */
export const hasVerifiedDevice = ({ context }: Given) => context.device?.verified === true

/** A passkey may answer in the place of a code. A backend may list them and take none. */
const hasPasskey = ({ context }: Given) => context.offersPasskeys && context.passkeys.length > 0

/** There must be an authenticator app or a passkey before anybody can be challenged. */
const hasFactor = (given: Given) => hasVerifiedDevice(given) || hasPasskey(given)

/** The deprecated way is open unless the host closed it; asking for scopes always is. */
export const mfaTokenAllowed = ({ context, event }: Given) =>
  context.allowMfaToken || mfaTokenOptionsOf(event) === undefined

/** Only a flow that has heard nothing yet takes up where one before a reload was, if that way was and is open. */
export const mayResume = (given: Given) =>
  given.context.device === undefined && isPossible(given) && mfaTokenAllowed(given) && !asksNoCode(given)

/** A removal that took a code before the reload takes none now. */
const asksNoCode = ({ context, event }: Given) =>
  event.type === 'flow.resume' && event.resumable.intent.kind === 'delete' && context.proofs.delete !== 'code'

/** One sets up what is not on, and is challenged by what is: anything else was not stored by a flow. */
const isPossible = ({ context, event }: Given) =>
  event.type === 'flow.resume' &&
  isResumable(event.resumable) &&
  (context.offersPasskeys ||
    event.resumable.intent.kind === 'enroll' ||
    event.resumable.device?.verified === true)

/** An app may be set up, for a password. */
export const registrationTakesPassword = (given: Given) =>
  given.context.proofs.register === 'password' && oneDevicePerUser(given)

/** New recovery codes may be made, for a password. */
export const renewalTakesPassword = (given: Given) =>
  given.context.proofs.renewRecoveryCodes === 'password' &&
  given.context.offersRenewal &&
  hasVerifiedDevice(given)

/** What was begun takes a password, and no code. */
export const asksForPassword = ({ context }: Given) => context.asksFor === 'password'

/** Nothing was typed, or nothing that may be read. */
export const passwordIsMissing = ({ event }: Given) =>
  event.type === 'password.submit' && !(event.password instanceof Sealed && event.password.unseal())

/** A password was given for new recovery codes, and no code for a right. */
export const isRenewing = ({ context }: Given) => context.intent.kind === 'renew'

/** The backend has answered, and there is no verified authenticator. */
export const hasNoVerifiedDevice = (given: Given) =>
  given.context.device !== undefined && !hasVerifiedDevice(given)

/** The backend has answered, and there is nothing to challenge. */
export const hasNoFactor = (given: Given) => given.context.device !== undefined && !hasFactor(given)

/** What is asked for is no list of scopes, as `noun:verb`. */
export const scopesAreMalformed = ({ event }: Given) =>
  event.type === 'stepUp.request' && !areScopes(event.scopes)

/** What the elevation shall be bound to are no authorization details (RFC 9396), or no JSON. */
export const detailsAreMalformed = ({ event }: Given) =>
  event.type === 'stepUp.request' &&
  event.authorizationDetails !== undefined &&
  !areDetails(event.authorizationDetails)

/** What a code wins here is the whole session, and can be bound to nothing. */
export const cannotBind = ({ context, event }: Given) =>
  context.assurance === 'session' &&
  event.type === 'stepUp.request' &&
  event.authorizationDetails !== undefined

/** A step-up or a removal may ask for its proof. */
export const mayAskForCode = (given: Given) =>
  (hasVerifiedDevice(given) || (given.event.type === 'stepUp.request' && hasPasskey(given))) &&
  mfaTokenAllowed(given) &&
  !scopesAreMalformed(given) &&
  !detailsAreMalformed(given) &&
  !cannotBind(given)

/** The proof that a removal needs was given already and still holds, or it needs none. */
export const holdsRemovalProof = (given: Given) => {
  const { mfaToken, proofs } = given.context
  if (!hasVerifiedDevice(given)) return false // a passkey wins rights where there is nothing to remove
  if (proofs.delete === 'code') return mfaToken !== null || covers(given.context, REMOVAL)
  return proofs.delete === 'none'
}

/** A removal is begun by somebody who wants to be asked first. */
export const wantsToConfirm = ({ event }: Given) => event.type === 'device.delete' && event.confirm === true

/** It asks first where it would begin at once. */
export const mayConfirm = (given: Given) => wantsToConfirm(given) && holdsRemovalProof(given)

/** What was begun needs a yes, and no proof. */
export const asksToConfirm = ({ context }: Given) => context.asksFor === 'yes'

/** One elevation covers all the requested scopes, so no code is needed (unless a fresh one is requested). */
export const holdsScopes = ({ context, event }: Given) =>
  event.type === 'stepUp.request' &&
  !scopesAreMalformed({ context, event }) &&
  !detailsAreMalformed({ context, event }) &&
  !event.fresh &&
  !event.createMfaTokenOptions &&
  covers(context, event)

/** Six digits, so that a typing slip never costs an attempt. */
export const codeIsWellFormed = ({ event }: Given) =>
  event.type === 'code.submit' && event.code instanceof Sealed && isCode(event.code.unseal())

/** The wait is over although its timer slept, and six digits are there. */
export const mayTryAgain = (given: Given) => throttleIsOver(given) && codeIsWellFormed(given)

/** A recovery code stands in for a code of a lost authenticator: not for a password, nor while an app is being set up. */
export const mayRecover = (given: Given) =>
  given.context.offersRecovery &&
  given.context.asksFor === 'code' &&
  !isEnrolling(given) &&
  !isUnsealed(given.event)

/** A passkey answers for a code, or where no app is set up: not for a password, nor while an app is being set up. */
export const mayUsePasskey = (given: Given) =>
  hasPasskey(given) && ['code', 'passkey'].includes(given.context.asksFor) && !isEnrolling(given)

/** Those of the user that the flow knows: none come late for another. */
export const passkeysAreKnown = ({ context, event }: Given) =>
  event.type === 'passkeys.changed' && context.device !== undefined && arePasskeys(event.passkeys)

/** What was begun takes a passkey, since there is no app to take a code of. */
export const asksForPasskey = ({ context }: Given) => context.asksFor === 'passkey'

/** Codes that come late are not shown to another user, or for an authenticator that is gone. */
export const codesAreOfThisDevice = ({ context, event }: Given) =>
  event.type === 'recoveryCodes.renewed' &&
  event.recoveryCodes instanceof Sealed &&
  hasVerifiedDevice({ context, event }) &&
  context.device?.id === event.deviceId

/** Setting up can start over with a new secret while it has not been completed. */
export const isEnrolling = ({ context }: Given) => context.intent.kind === 'enroll'

/** A right code given in order to remove the authenticator leads on to the removal. */
export const codeWasForDeleting = ({ context }: Given, authentication: SealedAuthentication) =>
  context.intent.kind === 'delete' && carriesRemovalProof(context, authentication)

/** The backend said yes to a code and gave no right to what it was asked for: asking again would loop. */
export const rightIsMissing = ({ context }: Given, authentication: SealedAuthentication) =>
  context.intent.kind === 'delete'
    ? !carriesRemovalProof(context, authentication)
    : 'scopes' in context.intent && !allows(authentication.elevation, context.intent.scopes)

const carriesRemovalProof = (
  { allowMfaToken, time }: TotpContext,
  { elevation, mfaToken }: SealedAuthentication,
) => (allowMfaToken && mfaToken !== null) || findCovering([elevation], REMOVAL, time.now()) !== undefined

const REMOVAL: Wanted = { scopes: [UNLINK_SCOPE] }
const covers = ({ elevations, time }: TotpContext, wanted: Wanted) =>
  findCovering(elevations, wanted, time.now()) !== undefined

/** A right that was won still lasts. */
export const elevationIsLive = ({ context }: Given) =>
  unexpired(context.elevations, context.time.now()).length > 0
/** Nothing that was won lasts any longer. */
export const elevationIsOver = (given: Given) => !elevationIsLive(given)

/** There were too many tries, and the wait is not over. */
export const isThrottled = ({ context }: Given) =>
  context.retryAt !== null && context.retryAt > context.time.now()
/** The wait after too many tries is over. */
export const throttleIsOver = (given: Given) => !isThrottled(given)

export interface Failure {
  cause: unknown
}
const codeOf = ({ cause }: Failure) => TotpFlowError.from(cause).code

/** The session ended under the flow: nothing that was known about the user holds any longer. */
export const wasSignedOut = (_: Given, failure: Failure) => codeOf(failure) === 'unauthenticated'

/** The person closed what asked for a passkey: no failure. Nothing asks like that for a password. */
export const wasDismissed = (given: Given, failure: Failure) =>
  codeOf(failure) === 'cancelled' && !asksForPassword(given)

/** Too many tries, or the last one that was free: the code field closes until the backend's time has come. */
export const wasThrottled = (given: Given, { cause }: Failure) => {
  const { code, retryAt } = TotpFlowError.from(cause)
  if (asksForPasskey(given)) return false // there is no field to close
  return code === 'rate_limited' || (code === 'invalid_code' && retryAt !== undefined)
}

/**
 * Another proof cannot help: the device is gone, or what is asked for is not on offer. A locked device leaves recovery codes and
 * passkeys, where there are any, and a browser without passkeys leaves codes.
 */
export const cannotBeRetried = (given: Given, failure: Failure) =>
  !TotpFlowError.from(failure.cause).retryable &&
  !(codeOf(failure) === 'device_locked' && mayRecover(given)) &&
  !(['device_locked', 'passkey_unsupported'].includes(codeOf(failure)) && mayUsePasskey(given))

/** The same, but what was won before still lasts: a scope that is refused costs no elevation that is held. */
export const isRefusedBesideRights = (given: Given, failure: Failure) =>
  cannotBeRetried(given, failure) && !deviceIsGone(given, failure) && elevationIsLive(given)

/** Another tab or device removed it first: ask the backend what is left. */
export const deviceIsGone = (_: Given, failure: Failure) =>
  ['no_device', 'device_replaced', 'not_found'].includes(codeOf(failure))

/** The proof was consumed, has expired or did not suffice: only a new code helps. */
export const proofWasRefused = (_: Given, failure: Failure) => proofRefusals.includes(codeOf(failure))

/** The password that was given was wrong, or something came between: it can be typed again. */
export const passwordCanBeRetried = (given: Given, failure: Failure) =>
  asksForPassword(given) && (TotpFlowError.from(failure.cause).retryable || proofWasRefused(given, failure))
