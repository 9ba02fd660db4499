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

/** A user may have one verified authenticator; a pending one may be replaced. `undefined` is not none: wait for the backend. */
export const oneDevicePerUser = ({ context }: Given) =>
  context.device !== undefined && !context.device?.verified

/** The user has a verified authenticator, which can be challenged or removed. */
export const hasVerifiedDevice = ({ context }: Given) => context.device?.verified === true

/** A passkey may replace a code. A backend may list passkeys but not accept them. */
const hasPasskey = ({ context }: Given) => context.settings.offersPasskeys && context.passkeys.length > 0

/** The user has an authenticator app or a passkey to be challenged with. */
const hasFactor = (given: Given) => hasVerifiedDevice(given) || hasPasskey(given)

/** The deprecated MFA token is allowed unless the host turned it off. Scopes are always allowed. */
export const mfaTokenAllowed = ({ context, event }: Given) =>
  context.settings.allowMfaToken || mfaTokenOptionsOf(event) === undefined

/** Only a flow that has not heard from its backend resumes a stored one, and only if these options allow that flow. */
export const mayResume = (given: Given) =>
  given.context.device === undefined && isPossible(given) && mfaTokenAllowed(given) && !asksNoCode(given)

/** The stored removal prompted for a code; removal no longer takes one. */
const asksNoCode = ({ context, event }: Given) =>
  event.type === 'flow.resume' &&
  event.resumable.intent.kind === 'delete' &&
  context.settings.proofs.delete !== 'code'

/** A flow could have stored this, and its factor still counts here. */
const isPossible = ({ context, event }: Given) =>
  event.type === 'flow.resume' &&
  isResumable(event.resumable) &&
  (context.settings.offersPasskeys ||
    event.resumable.intent.kind === 'enroll' ||
    event.resumable.device?.verified === true)

/** An app may be set up, after a password. */
export const registrationTakesPassword = (given: Given) =>
  given.context.settings.proofs.register === 'password' && oneDevicePerUser(given)

/** New recovery codes may be generated, after a password. */
export const renewalTakesPassword = (given: Given) =>
  given.context.settings.proofs.renewRecoveryCodes === 'password' &&
  given.context.settings.offersRenewal &&
  hasVerifiedDevice(given)

/** The flow prompts for a password, not for a code. */
export const asksForPassword = ({ context }: Given) => context.asksFor === 'password'

/** The password is empty or not sealed. */
export const passwordIsMissing = ({ event }: Given) =>
  event.type === 'password.submit' && !(event.password instanceof Sealed && event.password.unseal())

/** The proof is a password for new recovery codes; it wins no elevation. */
export const isRenewing = ({ context }: Given) => context.intent.kind === 'renew'

/** The backend has answered: there is no verified authenticator. */
export const hasNoVerifiedDevice = (given: Given) =>
  given.context.device !== undefined && !hasVerifiedDevice(given)

/** The backend has answered: there is nothing to challenge. */
export const hasNoFactor = (given: Given) => given.context.device !== undefined && !hasFactor(given)

/** The requested scopes are not a list of `noun:verb` strings. */
export const scopesAreMalformed = ({ event }: Given) =>
  event.type === 'stepUp.request' && !areScopes(event.scopes)

/** The authorization details are not those of RFC 9396, or not JSON. */
export const detailsAreMalformed = ({ event }: Given) =>
  event.type === 'stepUp.request' &&
  event.authorizationDetails !== undefined &&
  !areDetails(event.authorizationDetails)

/** A code verifies the whole session here, which cannot be bound to one action. */
export const cannotBind = ({ context, event }: Given) =>
  context.settings.assurance === 'session' &&
  event.type === 'stepUp.request' &&
  event.authorizationDetails !== undefined

/** A step-up or a removal may prompt for its proof. */
export const mayAskForCode = (given: Given) =>
  (hasVerifiedDevice(given) || (given.event.type === 'stepUp.request' && hasPasskey(given))) &&
  mfaTokenAllowed(given) &&
  !scopesAreMalformed(given) &&
  !detailsAreMalformed(given) &&
  !cannotBind(given)

/** A removal needs no proof, or the flow holds one that is still valid. */
export const holdsRemovalProof = (given: Given) => {
  const { mfaToken, settings } = given.context
  if (!hasVerifiedDevice(given)) return false // a passkey can win elevations with no app to remove
  if (settings.proofs.delete === 'code') return mfaToken !== null || covers(given.context, REMOVAL)
  return settings.proofs.delete === 'none'
}

/** The caller wants the removal confirmed first. */
export const wantsToConfirm = ({ event }: Given) => event.type === 'device.delete' && event.confirm === true

/** A removal that would begin at once is confirmed first. */
export const mayConfirm = (given: Given) => wantsToConfirm(given) && holdsRemovalProof(given)

/** The removal needs a confirmation, not a proof. */
export const asksToConfirm = ({ context }: Given) => context.asksFor === 'yes'

/** One elevation covers all the requested scopes, so no code is needed unless a fresh one is requested. */
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

/** The code is well formed and the wait is over, though its timer slept. */
export const mayTryAgain = (given: Given) => throttleIsOver(given) && codeIsWellFormed(given)

/** A recovery code replaces a code of a lost authenticator, but no password and no code of an enrollment. */
export const mayRecover = (given: Given) =>
  given.context.settings.offersRecovery &&
  given.context.asksFor === 'code' &&
  !isEnrolling(given) &&
  !isUnsealed(given.event)

/** A passkey replaces a code, and serves where no app is set up. It replaces no password and no code of an enrollment. */
export const mayUsePasskey = (given: Given) =>
  hasPasskey(given) && ['code', 'passkey'].includes(given.context.asksFor) && !isEnrolling(given)

/** The flow knows its user, so late passkeys cannot be those of another user. */
export const passkeysAreKnown = ({ context, event }: Given) =>
  event.type === 'passkeys.changed' && context.device !== undefined && arePasskeys(event.passkeys)

/** The flow prompts for a passkey, since no app is set up. */
export const asksForPasskey = ({ context }: Given) => context.asksFor === 'passkey'

/** Late recovery codes must not be shown to another user, or for an authenticator that is gone. */
export const codesAreOfThisDevice = ({ context, event }: Given) =>
  event.type === 'recoveryCodes.renewed' &&
  event.recoveryCodes instanceof Sealed &&
  hasVerifiedDevice({ context, event }) &&
  context.device?.id === event.deviceId

/** An enrollment that is not complete can start over with a new secret. */
export const isEnrolling = ({ context }: Given) => context.intent.kind === 'enroll'

/** An accepted code whose purpose was a removal leads on to the removal. */
export const codeWasForDeleting = ({ context }: Given, authentication: SealedAuthentication) =>
  context.intent.kind === 'delete' && carriesRemovalProof(context, authentication)

/** The backend accepted a code but granted no elevation for the request, or an expired one. Prompting again would loop. */
export const elevationIsMissing = ({ context }: Given, authentication: SealedAuthentication) =>
  context.intent.kind === 'delete'
    ? !carriesRemovalProof(context, authentication)
    : 'scopes' in context.intent &&
      !(
        unexpired([authentication.elevation], context.time.now()).length > 0 &&
        allows(authentication.elevation, context.intent.scopes)
      )

const carriesRemovalProof = (
  { settings, time }: TotpContext,
  { elevation, mfaToken }: SealedAuthentication,
) =>
  (settings.allowMfaToken && mfaToken !== null) ||
  findCovering([elevation], REMOVAL, time.now()) !== undefined

const REMOVAL: Wanted = { scopes: [UNLINK_SCOPE] }
const covers = ({ elevations, time }: TotpContext, wanted: Wanted) =>
  findCovering(elevations, wanted, time.now()) !== undefined

/** An elevation is still valid. */
export const elevationIsLive = ({ context }: Given) =>
  unexpired(context.elevations, context.time.now()).length > 0
/** No elevation is valid any longer. */
export const elevationIsOver = (given: Given) => !elevationIsLive(given)

/** There were too many attempts, and the wait is not over. */
export const isThrottled = ({ context }: Given) =>
  context.retryAt !== null && context.retryAt > context.time.now()
/** The wait after too many attempts is over. */
export const throttleIsOver = (given: Given) => !isThrottled(given)

export interface Failure {
  cause: unknown
}
const codeOf = ({ cause }: Failure) => TotpFlowError.from(cause).code

/** The session ended: nothing the flow knows about the user is valid any longer. */
export const wasSignedOut = (_: Given, failure: Failure) => codeOf(failure) === 'unauthenticated'

/** The person closed the browser's passkey prompt, which is no failure. A password has no such prompt. */
export const wasDismissed = (given: Given, failure: Failure) =>
  codeOf(failure) === 'cancelled' && !asksForPassword(given)

/** Too many attempts, or the last one before a wait: the code field closes until the backend's retry time. */
export const wasThrottled = (given: Given, { cause }: Failure) => {
  const { code, retryAt } = TotpFlowError.from(cause)
  if (asksForPasskey(given)) return false // there is no field to close
  return code === 'rate_limited' || (code === 'invalid_code' && retryAt !== undefined)
}

/**
 * Another proof cannot help: the device is gone, or the backend refuses the request itself. A locked device still leaves
 * recovery codes and passkeys, if the user has any. A browser without passkeys still leaves codes.
 */
export const cannotBeRetried = (given: Given, failure: Failure) =>
  !TotpFlowError.from(failure.cause).retryable &&
  !(codeOf(failure) === 'device_locked' && mayRecover(given)) &&
  !(['device_locked', 'passkey_unsupported'].includes(codeOf(failure)) && mayUsePasskey(given))

/** The same while an elevation is still valid: a refused scope costs no elevation that is held. */
export const isRefusedWhileElevated = (given: Given, failure: Failure) =>
  cannotBeRetried(given, failure) && !deviceIsGone(given, failure) && elevationIsLive(given)

/** Another tab or device removed it first: ask the backend what is left. */
export const deviceIsGone = (_: Given, failure: Failure) =>
  ['no_device', 'device_replaced', 'not_found'].includes(codeOf(failure))

/** The proof was consumed, has expired or was insufficient: only a new code helps. */
export const proofWasRefused = (_: Given, failure: Failure) => proofRefusals.includes(codeOf(failure))

/** The password was wrong, or the call failed: it can be typed again. */
export const passwordCanBeRetried = (given: Given, failure: Failure) =>
  asksForPassword(given) && (TotpFlowError.from(failure.cause).retryable || proofWasRefused(given, failure))
