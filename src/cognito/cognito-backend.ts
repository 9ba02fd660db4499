import type { Authentication, MfaDevice } from '../contract/answers.ts'
import type { CallOptions, TotpBackend } from '../contract/backend.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { Gate } from '../contract/gate.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { array, boolean, looseObject, number, object, string } from '../contract/shape.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import { cognitoError } from './cognito-error.ts'

/** The functions of `aws-amplify/auth` that the backend calls. */
export interface CognitoAuth {
  /** Returns the tokens of the session. */
  fetchAuthSession(): Promise<unknown>
  /** Returns the enabled factors. */
  fetchMFAPreference(): Promise<unknown>
  /** Creates a secret. */
  setUpTOTP(): Promise<unknown>
  /** Completes an enrollment with its first code. */
  verifyTOTPSetup(input: { code: string }): Promise<void>
  /** Turns the app on or off. */
  updateMFAPreference(input: { totp: 'PREFERRED' | 'DISABLED' }): Promise<void>
  /** Answers the current step of a sign-in. */
  confirmSignIn(input: { challengeResponse: string }): Promise<unknown>
}

/** The part of `nextStep`, from Amplify's `signIn`, that concerns an authenticator app. */
export interface CognitoSignInStep {
  /** Steps other than the two of an authenticator app are ignored. */
  signInStep: string
  /** Present with `CONTINUE_SIGN_IN_WITH_TOTP_SETUP`. */
  totpSetupDetails?: { sharedSecret: string }
}

/** The names that an authenticator app shows, and the state of the sign-in. */
export interface CognitoOptions {
  /** Your app's name, as authenticator apps show it. Cognito provides none. */
  issuer: string
  /** The account, as authenticator apps show it. @default the email of the ID token, or else its user name */
  account?: string
  /**
   * Returns the `nextStep` of a sign-in in progress. A right code completes it: `CONFIRM_SIGN_IN_WITH_TOTP_CODE` with the user's
   * app, `CONTINUE_SIGN_IN_WITH_TOTP_SETUP` with an app that this page sets up. @default no sign-in is in progress
   */
  signInStep?: () => CognitoSignInStep | null | undefined
  /** Amplify's `Hub` (`aws-amplify/utils`). With it, the flow forgets the user when the session ends elsewhere. */
  hub?: {
    listen(channel: 'auth', listener: (capsule: { payload: { event: string } }) => void): () => void
  }
}

const session = object(
  {},
  {
    tokens: object(
      { accessToken: object({ payload: object({ exp: number }) }) },
      { idToken: object({ payload: object({}, { email: string(), 'cognito:username': string() }) }) },
    ),
  },
)
const preference = object({}, { enabled: array(string()) })
const associated = looseObject(object({ sharedSecret: string() }))
const signedIn = object({ isSignedIn: boolean })

const APP = { id: '', type: 'totp', verified: true } as const satisfies MfaDevice

/**
 * Creates a backend over Amazon Cognito that calls Amplify's own functions.
 *
 * A user pool accepts a code only to set up an app and at sign-in. In a running session it cannot verify one: a step-up is
 * rejected with `reauthentication_required`.
 *
 * @example
 * ```ts
 * import * as auth from 'aws-amplify/auth'
 * import { createTotpFlow } from 'totp-flow'
 * import { cognitoBackend } from 'totp-flow/cognito'
 *
 * const flow = createTotpFlow({ backend: cognitoBackend(auth, { issuer: 'Example' }) })
 * ```
 */
export function cognitoBackend(
  auth: CognitoAuth,
  { issuer, account, signInStep = () => null, hub }: CognitoOptions,
): TotpBackend {
  /** The first code was right, but the preference that enables the app is not stored yet. */
  let isProven = false
  let gate: Gate = { state: 'open' }

  async function tokens() {
    const { tokens: held } = parseAnswer(session, await auth.fetchAuthSession())
    return held
  }
  const isEnrolled = async () =>
    parseAnswer(preference, await auth.fetchMFAPreference()).enabled?.includes('TOTP') === true

  /** The tokens, or the step of a pending sign-in. Rejects if there is neither. */
  async function pendingStep() {
    const held = await tokens()
    const step = held ? undefined : (signInStep() ?? undefined)
    const isSetUp = step?.signInStep === SET_UP && step.totpSetupDetails !== undefined
    if (!held && !isSetUp && step?.signInStep !== CONFIRM) throw new TotpFlowError('unauthenticated')
    return { held, step }
  }

  async function endSignIn(code: string) {
    const { isSignedIn } = parseAnswer(signedIn, await auth.confirmSignIn({ challengeResponse: code }))
    if (!isSignedIn)
      throw new TotpFlowError('not_covered', { cause: new Error('The sign-in wants more than this code.') })
  }

  async function endEnrollment(code: string) {
    if (!isProven) await auth.verifyTOTPSetup({ code })
    isProven = true // a code works once: if the next call fails, the next attempt must not verify again
    await auth.updateMFAPreference({ totp: 'PREFERRED' })
    isProven = false
  }

  return {
    channel: 'cognito',
    assurance: 'session',
    proofs: { register: 'none', delete: 'none' },

    onSignedOut: (listener) =>
      hub?.listen('auth', ({ payload }) => {
        if (ENDS.includes(payload.event)) listener()
      }) ?? (() => {}),

    getMfaDevices: (o) =>
      call(async () => {
        const { held, step } = await pendingStep()
        const owed = step?.signInStep === CONFIRM ? 'codeOwed' : 'enrollmentOwed'
        gate = { state: held ? 'open' : owed }
        const isOn = held ? await isEnrolled() : owed === 'codeOwed'
        return isOn ? [APP] : []
      }, o),
    getGate: () => gate,

    registerTotpMfaDevice: (o) =>
      call(async () => {
        const { held, step } = await pendingStep()
        if (held && (await isEnrolled())) throw new TotpFlowError('device_limit')
        if (!held && step?.signInStep !== SET_UP) throw new TotpFlowError('unauthenticated')
        isProven = false
        const { sharedSecret } = parseAnswer(
          associated,
          held ? await auth.setUpTOTP() : step?.totpSetupDetails,
        )
        const { email, 'cognito:username': username } = held?.idToken?.payload ?? {}
        return {
          id: '',
          type: 'totp',
          uri: uriOf({ issuer, account: account ?? email ?? username, secret: sharedSecret }),
          secret: sharedSecret,
        }
      }, o),

    authenticateTotpMfaDevice: ({ code }, o) =>
      call(async (): Promise<Authentication> => {
        const { held } = await pendingStep()
        if (!held) await endSignIn(code)
        else if (!isProven && (await isEnrolled()))
          throw new TotpFlowError('reauthentication_required', {
            cause: new Error('Cognito accepts a code only during a sign-in.'),
          })
        else await endEnrollment(code)
        const { exp } = (held ?? (await tokens()))?.accessToken.payload ?? { exp: 0 }
        return { deviceId: '', sessionExpiresAt: exp * 1000 }
      }, o),

    deleteMfaDevice: (_params, o) => call(() => auth.updateMFAPreference({ totp: 'DISABLED' }), o),
  }
}

const ENDS = ['signedOut', 'tokenRefresh_failure']
const CONFIRM = 'CONFIRM_SIGN_IN_WITH_TOTP_CODE'
const SET_UP = 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP'

/** Amplify's `getSetupUri` does not escape names. */
function uriOf({ issuer, account, secret }: { issuer: string; account: string | undefined; secret: string }) {
  const label = [issuer, account].filter((part) => part !== undefined).map(encodeURIComponent)
  return `otpauth://totp/${label.join(':')}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`
}

/** Amplify does not accept a signal: an aborted call rejects at once, but its request continues. */
async function call<T>(run: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await unlessAborted(run(), signal)
  } catch (thrown) {
    throw cognitoError(thrown)
  }
}
