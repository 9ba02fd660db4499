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
 * A right to do what `scopes` say, until `expiresAt` (epoch milliseconds), once if `singleUse`. The chart holds its
 * token sealed.
 */
export interface Elevation<Token = string> {
  /** All that it is good for. What needs several scopes needs one elevation that has them all. */
  scopes: readonly string[]
  expiresAt: number
  /** By the same clock as `expiresAt`, so that a client whose clock is wrong can still tell how long it lasts. */
  issuedAt?: number
  singleUse: boolean
  /** When the code was accepted that won it, epoch milliseconds. */
  verifiedAt?: number
  /**
   * It is the session that a code made fresh (a backend of `assurance: 'session'`): good for every scope, and bound to
   * nothing. Its token, if any, is the session's.
   */
  ofSession?: boolean
  /** Then it is good for this alone, and for nothing that its scopes allow besides. */
  authorizationDetails?: AuthorizationDetails
  /** A secret. Absent where the backend keeps its tokens itself, as Dynamic's SDK does. */
  token?: Token
}

/** What a right code gave. */
export interface Authentication {
  /** Whose code it was; of a recovery code, the device that it stood in for. Empty where the provider names none. */
  deviceId: string
  /** The end of the session that is now verified, epoch milliseconds. */
  sessionExpiresAt: number
  /** When it was answered, by the same clock: a client whose clock is wrong can still tell how long the session lasts. */
  issuedAt?: number
  /** Where `requestedScopes` were asked for. */
  elevation?: Elevation
  /** @deprecated Ask for `requestedScopes` and use the elevation. */
  mfaToken?: string
  /** Secrets of the enrollment that this code ended: shown now, and never again. */
  recoveryCodes?: readonly string[]
}

/** An authenticator app known to the backend. Times are ISO 8601. */
export interface MfaDevice {
  /** Empty where the provider names none. */
  id: string
  type: 'totp'
  /** Whether a first code was verified: until then it is pending, and gates nothing. */
  verified: boolean
  /** Absent where the provider does not tell. */
  createdAt?: string
  /** Absent while it is pending. */
  verifiedAt?: string
  /** In Dynamic's words. Of our server, whether it is verified: a user has one. */
  default?: boolean
  /** Dynamic's; our server has none. */
  alias?: string
}
const always = { type: oneOf('totp'), verified: boolean }
const maybe = { verifiedAt: string(), default: boolean, alias: string() }
/** What a backend answers, whoever is behind it. */
export const mfaDevices: Shape<MfaDevice[]> = array(
  object({ id: string(/^[\s\S]{0,128}$/u), ...always }, { createdAt: string(), ...maybe }),
)
/** One of a service that speaks Dynamic's API. */
export const mfaDevice: Shape<MfaDevice & { createdAt: string }> = object(
  { id: string(/^[\s\S]{1,128}$/u), ...always, createdAt: string() },
  maybe,
)
const gateState = oneOf('open', 'codeOwed', 'enrollmentOwed')
/** With what the session owes, which is not in Dynamic's answers, and not in ours where no factor is required. */
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

/** What an authenticator app needs: the `otpauth:` URI for the QR code, the base32 secret for typing. */
export interface TotpRegistration {
  /** The pending device's; empty where the provider names none. */
  id: string
  type?: 'totp'
  /** `otpauth://totp/…` (Key URI format). The secret is in it. */
  uri: string
  /** Base32 (RFC 4648 §6), to be typed in by hand. */
  secret: string
  /** Where a provider gives them with the registration: shown once the first code was right, and not before. */
  recoveryCodes?: readonly string[]
}
/** No longer than a QR code of level L can be: 2953 bytes (ISO/IEC 18004), of which a character takes up to three. */
const drawableUri = string(/^otpauth:\/\/totp\/([ -~]{1,2300}|[\s\S]{1,750})$/)
const toScan = { id: string(), uri: drawableUri, secret: string(/^[A-Z2-7]{16,}=*$/) }
/** What a backend answers, whoever is behind it. */
export const registration: Shape<TotpRegistration> = object(toScan, {
  type: oneOf('totp'),
  recoveryCodes: array(string()),
})
/** Of a service that speaks Dynamic's API. */
export const totpRegistration: Shape<Omit<TotpRegistration, 'recoveryCodes'>> = object(toScan, {
  type: oneOf('totp'),
})

/** What a backend answers to a code. */
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

/** Who is signed in, with whatever else the service tells. */
export interface SessionUser {
  id: string
  email?: string
  /** With `requiresAdditionalAuth` in it, a second factor is still owed in this session. */
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

/** What sign-in and every verification answer. */
export interface VerifyResponse {
  user: SessionUser
  minifiedJwt: string
  jwt?: string
  /** The session's end in epoch seconds. */
  expiresAt: number
  mfaToken?: string
  elevatedAccessToken?: string
  /** What Dynamic's SDK expects of an update of the user: that nothing more is to be done. */
  nextView?: 'done'
  /** Not in Dynamic's answers: which device the code was of. */
  deviceId?: string
  /** Not in Dynamic's answers: the recovery codes of the enrollment that this verification ends, shown here and never again. */
  recoveryCodes?: string[]
  /** Not in Dynamic's answers: how many recovery codes are left, after one was used. */
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
 * To an update of the user, our server answers as to a verification, and others otherwise: a client takes whatever it is.
 */
export const userUpdate: Shape<unknown> = unread(verifyResponse)

/** The body of an error answer, as far as a client reads it. */
export interface ErrorAnswer {
  error: string
  code?: string
  reason?: string
}
export const errorAnswer: Shape<ErrorAnswer> = object(
  { error: string() },
  { code: string(), reason: string() },
)

/** `count` codes are left; `recoveryCodes` holds them only in the answer that made them. */
export interface RecoveryCodes {
  count: number
  recoveryCodes: string[]
  /** Not in Dynamic's answers: whether the user confirmed that they are saved. */
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

/** Whether a scope still has to be won, and with which credential. */
export interface StepUpCheck {
  isRequired: boolean
  credentials: { id: string; format: string; [other: string]: unknown }[]
  defaultCredentialId?: string
}
export const stepUpCheck: Shape<StepUpCheck> = object(
  { isRequired: boolean, credentials: array(looseObject(object({ id: string(), format: string() }))) },
  { defaultCredentialId: string() },
)
