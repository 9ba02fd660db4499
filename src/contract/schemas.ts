import * as z from 'zod/mini'
import type { Authentication as AuthenticationType } from './backend.ts'
import { TotpFlowError } from './errors.ts'

/** Six ASCII digits (RFC 6238 with the defaults that every authenticator app knows). */
export const Code = z.string().check(z.regex(/^[0-9]{6}$/))

/** What an elevated token may do, as `noun:verb`; Dynamic's own are `wallet:export`, `credential:unlink`, … */
export const Scope = z.string().check(z.maxLength(64), z.regex(/^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/))
export type Scope = `${string}:${string}`
export const Scopes = z.array(Scope)

/** The scope that proves a user may remove an authenticator. */
export const UNLINK_SCOPE = 'credential:unlink' satisfies Scope
/** Proves that a user may add one, where a server asks for that. */
export const LINK_SCOPE = 'credential:link' satisfies Scope
/** Proves that a user may make new recovery codes. */
export const UPDATE_SCOPE = 'credential:update' satisfies Scope

export const MfaDevice = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(128)),
  type: z.literal('totp'),
  verified: z.boolean(),
  createdAt: z.string(),
  verifiedAt: z.optional(z.string()),
  default: z.optional(z.boolean()),
  alias: z.optional(z.string()),
})
/** An authenticator app known to the backend. Times are ISO 8601. */
export type MfaDevice = z.infer<typeof MfaDevice>

/** The SDK answers more kinds of devices than ours; only authenticator apps concern us. */
export const MfaDevices = z.array(MfaDevice)
export const MfaDeviceList = z.object({ count: z.number(), devices: MfaDevices })

export const TotpRegistration = z.object({
  id: z.string(),
  type: z.optional(z.literal('totp')),
  uri: z.string().check(z.startsWith('otpauth://totp/')),
  secret: z.string().check(z.regex(/^[A-Z2-7]{16,}=*$/)),
})
/** What an authenticator app needs: the `otpauth:` URI for the QR code, the base32 secret for typing. */
export type TotpRegistration = z.infer<typeof TotpRegistration>

/** The shape of `Authentication` in backend.ts, for checking what a backend answers. */
export const Authentication = z.object({
  deviceId: z.string().check(z.minLength(1)),
  sessionExpiresAt: z.number(),
  issuedAt: z.optional(z.number()),
  elevation: z.optional(
    z.object({
      scopes: z.array(z.string()),
      expiresAt: z.number(),
      issuedAt: z.optional(z.number()),
      singleUse: z.boolean(),
      token: z.optional(z.string()),
    }),
  ),
  mfaToken: z.optional(z.string()),
  recoveryCodes: z.optional(z.array(z.string())),
}) satisfies z.ZodMiniType<AuthenticationType>
export type Authentication = AuthenticationType

/** `scope` with `requiresAdditionalAuth` in it: a second factor is still owed in this session. */
export const SessionUser = z.looseObject({
  id: z.string(),
  email: z.optional(z.string()),
  scope: z.optional(z.string()),
  sessionId: z.optional(z.string()),
  mfaBackupCodeAcknowledgement: z.optional(z.enum(['pending', 'complete'])),
})

/** What sign-in and every verification answer. `expiresAt` is the session's end in epoch seconds. */
export const VerifyResponse = z.object({
  user: SessionUser,
  minifiedJwt: z.string(),
  jwt: z.optional(z.string()),
  expiresAt: z.number(),
  mfaToken: z.optional(z.string()),
  elevatedAccessToken: z.optional(z.string()),
  /** What Dynamic's SDK expects of an update of the user: that nothing more is to be done. */
  nextView: z.optional(z.literal('done')),
  /** Ours beside Dynamic's: which device the code was of. */
  deviceId: z.optional(z.string()),
  /** Ours beside Dynamic's: the recovery codes of the enrollment that this verification ends, shown here and never again. */
  recoveryCodes: z.optional(z.array(z.string())),
  /** Ours beside Dynamic's: how many recovery codes are left, after one was used. */
  recoveryCodesLeft: z.optional(z.number()),
})
export type VerifyResponse = z.infer<typeof VerifyResponse>

/** What a client reads of an elevated token without being able to check its signature. `exp` and `iat` in epoch seconds. */
export const ElevatedClaims = z.object({
  scope: z.string(),
  exp: z.number(),
  iat: z.optional(z.number()),
  singleUse: z._default(z.boolean(), false),
})

export const ErrorBody = z.object({
  error: z.string(),
  code: z.optional(z.string()),
  reason: z.optional(z.string()),
})

export const SignInBody = z.strictObject({ jwt: z.string().check(z.minLength(1), z.maxLength(8192)) })

export const MfaTokenOptions = z.strictObject({ singleUse: z.optional(z.boolean()) })

const RequestedScopes = z.array(Scope).check(
  z.minLength(1),
  z.maxLength(20),
  z.refine((scopes) => new Set(scopes).size === scopes.length, 'scopes must differ'),
)

export const AuthenticateBody = z.strictObject({
  code: Code,
  id: z.optional(z.string().check(z.maxLength(128))),
  requestedScopes: z.optional(RequestedScopes),
  createMfaToken: z.optional(MfaTokenOptions),
})

/** As people type it; the server takes spaces, hyphens and either case. */
const RecoveryCode = z.string().check(z.minLength(1), z.maxLength(64))

export const RecoveryBody = z.strictObject({
  code: RecoveryCode,
  requestedScopes: z.optional(RequestedScopes),
  createMfaToken: z.optional(MfaTokenOptions),
})

export const RecoveryCodes = z.object({
  count: z.number(),
  recoveryCodes: z.array(z.string()),
  /** Ours beside Dynamic's: whether the user said that they are kept. */
  acknowledged: z.optional(z.boolean()),
})
/** `count` codes are left; `recoveryCodes` holds them only in the answer that made them. */
export type RecoveryCodes = z.infer<typeof RecoveryCodes>

export const UpdateUserBody = z.strictObject({ mfaBackupCodeAcknowledgement: z.literal('complete') })

export const MfaMethods = z.object({
  devices: z.array(MfaDevice),
  passkeys: z.array(z.unknown()),
  userHasVerifiedMfaMethods: z.boolean(),
})

export const StepUpCheckBody = z.strictObject({ scope: Scope })
export const StepUpCheck = z.object({
  isRequired: z.boolean(),
  credentials: z.array(z.looseObject({ id: z.string(), format: z.string() })),
  defaultCredentialId: z.optional(z.string()),
})
/** Whether a scope still has to be won, and with which credential. */
export type StepUpCheck = z.infer<typeof StepUpCheck>

/** Wherever the world's keyboards and authenticator apps put a digit zero. */
const digitZeros = [0x0660, 0x06f0, 0x0966, 0xff10]

/** What a person typed or pasted, as six plain digits if it is that: spaces and hyphens go, other scripts' digits become ASCII. */
export function normalizeCode(input: string): string {
  return input.replace(/[\s\u200e\u200f-]/g, '').replace(/\p{Nd}/gu, (digit) => {
    const point = digit.codePointAt(0) ?? 0
    const zero = digitZeros.find((start) => point >= start && point < start + 10)
    return zero === undefined ? digit : String(point - zero)
  })
}

/** What a service answered, if it has the shape it should have; otherwise `malformed_response`. */
export function parseAnswer<T>(shape: z.ZodMiniType<T>, answer: unknown): T {
  try {
    return shape.parse(answer)
  } catch {
    throw new TotpFlowError('malformed_response') // of what was wrong with it nothing is said: it may hold secrets
  }
}
