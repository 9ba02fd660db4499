import type { AuthorizationDetails } from './approval.ts'
import type { Gate } from './gate.ts'
import {
  array,
  boolean,
  looseObject,
  number,
  object,
  oneOf,
  type Shape,
  string,
  unknown,
  unread,
} from './shape.ts'

/**
 * Permission to do what `scopes` say until `expiresAt` (epoch milliseconds), and only once if `singleUse`. The
 * statechart holds its token sealed.
 */
export interface Elevation<Token = string> {
  /** Everything it covers. An action that needs several scopes needs one elevation with all of them. */
  scopes: readonly string[]
  expiresAt: number
  /** By the same clock as `expiresAt`, so that a client with a wrong clock still knows the lifetime. Epoch milliseconds. */
  issuedAt?: number
  singleUse: boolean
  /** When the code that obtained it was accepted, epoch milliseconds. */
  verifiedAt?: number
  /**
   * The elevation is the session itself, freshly verified (a backend with `assurance: 'session'`). It covers every
   * scope, is bound to nothing, and its token, if any, is the session's.
   */
  ofSession?: boolean
  /** Binds it to this action alone, whatever else its scopes allow. */
  authorizationDetails?: AuthorizationDetails
  /** A secret. Absent if the backend keeps its tokens itself, as Dynamic's SDK does. */
  token?: Token
}

/** The result of a right code. */
export interface Authentication {
  /** The device of the code; for a recovery code, the device that it replaced. Empty if the provider names none. */
  deviceId: string
  /** When the verified session expires, epoch milliseconds. */
  sessionExpiresAt: number
  /** When the answer was made, by the same clock, so that a client with a wrong clock still knows the session's lifetime. */
  issuedAt?: number
  /** Present if `requestedScopes` were requested. */
  elevation?: Elevation
  /** @deprecated Ask for `requestedScopes` and use the elevation. */
  mfaToken?: string
  /** The secret recovery codes of the enrollment that this code completed. Shown now and never again. */
  recoveryCodes?: readonly string[]
}

/** An authenticator app in the backend. Times are ISO 8601. */
export interface MfaDevice {
  /** Empty if the provider names none. At most 128 characters. */
  id: string
  type: 'totp'
  /** Whether a first code was verified. Until then it is pending, and protects nothing. */
  verified: boolean
  /** Absent if the provider does not say. */
  createdAt?: string
  /** Absent while it is pending. */
  verifiedAt?: string
  /** Dynamic's field. On our server, true if it is verified, since a user has one device. */
  default?: boolean
  /** Dynamic's field; our server has none. */
  alias?: string
}
const always = { type: oneOf('totp'), verified: boolean }
const maybe = { verifiedAt: string(), default: boolean, alias: string() }
/** The answer of any backend. */
export const mfaDevices: Shape<MfaDevice[]> = array(
  object({ id: string(/^[\s\S]{0,128}$/u), ...always }, { createdAt: string(), ...maybe }),
)
/** A device of a service with Dynamic's API. */
export const mfaDevice: Shape<MfaDevice & { createdAt: string }> = object(
  { id: string(/^[\s\S]{1,128}$/u), ...always, createdAt: string() },
  maybe,
)
const gateState = oneOf('open', 'codeOwed', 'enrollmentOwed')
/** With what the session owes, which Dynamic's answers lack, and ours too if no factor is required. */
export interface MfaDeviceList {
  count: number
  devices: (MfaDevice & { createdAt: string })[]
  gate?: Gate['state']
  /** ISO 8601. */
  enrollBy?: string
}
export const mfaDeviceList: Shape<MfaDeviceList> = object(
  { count: number, devices: array(mfaDevice) },
  { gate: gateState, enrollBy: string() },
)
export const gate: Shape<Gate> = object({ state: gateState }, { enrollBy: number })

/** What an authenticator app needs: the `otpauth:` URI for the QR code, and the base32 secret for typing. */
export interface TotpRegistration {
  /** The id of the pending device; empty if the provider names none. */
  id: string
  type?: 'totp'
  /** `otpauth://totp/…` (Key URI format). Contains the secret. */
  uri: string
  /** Base32 (RFC 4648 §6), for typing by hand. */
  secret: string
  /** Set if a provider sends them with the registration. Shown only after the first right code. */
  recoveryCodes?: readonly string[]
}
/** At most what fits a QR code of level L: 2953 bytes (ISO/IEC 18004), with up to three bytes per character. */
const drawableUri = string(/^otpauth:\/\/totp\/([ -~]{1,2300}|[\s\S]{1,750})$/)
const toScan = { id: string(), uri: drawableUri, secret: string(/^[A-Z2-7]{16,}=*$/) }
/** The answer of any backend. */
export const registration: Shape<TotpRegistration> = object(toScan, {
  type: oneOf('totp'),
  recoveryCodes: array(string()),
})
/** The answer of a service with Dynamic's API. */
export const totpRegistration: Shape<Omit<TotpRegistration, 'recoveryCodes'>> = object(toScan, {
  type: oneOf('totp'),
})

/** A backend's answer to a code. */
export const authentication: Shape<Authentication> = object(
  { deviceId: string(), sessionExpiresAt: number },
  {
    issuedAt: number,
    elevation: object(
      { scopes: array(string()), expiresAt: number, singleUse: boolean },
      { issuedAt: number, token: string() },
    ),
    mfaToken: string(),
    recoveryCodes: array(string()),
  },
)

/** The signed-in user, with whatever else the service says. */
export interface SessionUser {
  id: string
  email?: string
  /** Contains `requiresAdditionalAuth` if this session still owes a second factor. */
  scope?: string
  sessionId?: string
  mfaBackupCodeAcknowledgement?: 'pending' | 'complete'
  [other: string]: unknown
}
export const sessionUser: Shape<SessionUser> = looseObject(
  object(
    { id: string() },
    {
      email: string(),
      scope: string(),
      sessionId: string(),
      mfaBackupCodeAcknowledgement: oneOf('pending', 'complete'),
    },
  ),
)

/** The answer to a sign-in and to every verification. */
export interface VerifyResponse {
  user: SessionUser
  minifiedJwt: string
  jwt?: string
  /** When the session expires, epoch seconds. */
  expiresAt: number
  mfaToken?: string
  elevatedAccessToken?: string
  /** What Dynamic's SDK expects after an update of the user: nothing more to do. */
  nextView?: 'done'
  /** Not in Dynamic's answers: the device of the code. */
  deviceId?: string
  /**
   * Not in Dynamic's answers: the recovery codes of the enrollment that this verification completed, shown here and
   * never again.
   */
  recoveryCodes?: string[]
  /** Not in Dynamic's answers: the number of recovery codes left after one was used. */
  recoveryCodesLeft?: number
}
export const verifyResponse: Shape<VerifyResponse> = object(
  { user: sessionUser, minifiedJwt: string(), expiresAt: number },
  {
    jwt: string(),
    mfaToken: string(),
    elevatedAccessToken: string(),
    nextView: oneOf('done'),
    deviceId: string(),
    recoveryCodes: array(string()),
    recoveryCodesLeft: number,
  },
)

/**
 * To an update of the user, our server answers as to a verification, and other servers differently, so a client accepts
 * any answer.
 */
export const userUpdate: Shape<unknown> = unread(verifyResponse)

/** The fields of an error answer that a client reads. */
export interface ErrorAnswer {
  error: string
  code?: string
  reason?: string
}
export const errorAnswer: Shape<ErrorAnswer> = object(
  { error: string() },
  { code: string(), reason: string() },
)

/** `count`: the number of codes left. `recoveryCodes` holds them only in the answer that created them. */
export interface RecoveryCodes {
  count: number
  recoveryCodes: string[]
  /** Not in Dynamic's answers: whether the user confirmed that the codes are saved. */
  acknowledged?: boolean
}
export const recoveryCodes: Shape<RecoveryCodes> = object(
  { count: number, recoveryCodes: array(string()) },
  { acknowledged: boolean },
)

export interface MfaMethods {
  devices: (MfaDevice & { createdAt: string })[]
  passkeys: unknown[]
  userHasVerifiedMfaMethods: boolean
}
export const mfaMethods: Shape<MfaMethods> = object({
  devices: array(mfaDevice),
  passkeys: array(unknown),
  userHasVerifiedMfaMethods: boolean,
})

/** Whether a scope still requires a step-up, and with which credential. */
export interface StepUpCheck {
  isRequired: boolean
  credentials: { id: string; format: string; [other: string]: unknown }[]
  defaultCredentialId?: string
}
export const stepUpCheck: Shape<StepUpCheck> = object(
  { isRequired: boolean, credentials: array(looseObject(object({ id: string(), format: string() }))) },
  { defaultCredentialId: string() },
)
