import {
  isCode,
  isRecoveryCode,
  LONGEST_TYPED,
  normalizeCode,
  normalizeRecoveryCode,
} from '../../contract/code.ts'
import { APP_CODE, NO_RECOVERY_CODE, sentences, TotpFlowError } from '../../contract/errors.ts'
import { LONGEST_SCOPE, SCOPE } from '../../contract/scopes.ts'
import * as z from '../vendored/zod.ts'
import type { ServedName } from './served.ts'

const Scope = z.string().check(z.maxLength(LONGEST_SCOPE), z.regex(SCOPE))

/** A code as people type it, normalized. Rejects whatever cannot be a code before an attempt is counted. */
const code = (
  normalize: (typed: string) => string,
  isRight: (code: string) => boolean,
  sentenceFor: (typed: string) => string,
) => {
  const error = ({ input }: { input?: unknown }) => sentenceFor(typeof input === 'string' ? input : '')
  return z
    .string({ error })
    .check(
      z.maxLength(LONGEST_TYPED, { error }),
      z.overwrite(normalize),
      z.refine(isRight, { error }),
      z.describe('As typed: spaces, dashes, the script of the digits and a message around it do not matter.'),
    )
}
const RECOVERY_CODE = 'That is a recovery code. Enter the six digits from an authenticator app.'
const AppCode = code(normalizeCode, isCode, (typed) =>
  isRecoveryCode(normalizeRecoveryCode(typed)) ? RECOVERY_CODE : sentences.malformed_code,
)
const RecoveryCode = code(normalizeRecoveryCode, isRecoveryCode, (typed) =>
  isCode(normalizeCode(typed)) ? APP_CODE : NO_RECOVERY_CODE,
)

/** RFC 9396 §2. */
const Detail = z.looseObject({ type: z.string().check(z.minLength(1), z.maxLength(255)) })
const LONGEST_DETAILS = 4096

const RequestedGrant = {
  requestedScopes: z.optional(
    z.array(Scope).check(
      z.minLength(1),
      z.maxLength(20),
      z.refine((scopes) => new Set(scopes).size === scopes.length, 'scopes must differ'),
    ),
  ),
  authorizationDetails: z.optional(
    z.array(Detail).check(
      z.minLength(1),
      z.maxLength(20),
      z.refine((details) => JSON.stringify(details).length <= LONGEST_DETAILS),
      z.describe(
        'The action that the elevation is bound to. It then covers only this action, once. Needs requestedScopes.',
      ),
    ),
  ),
  createMfaToken: z.optional(z.strictObject({ singleUse: z.optional(z.boolean()) })),
}

const Base64Url = z.string().check(z.minLength(1), z.maxLength(8192), z.regex(/^[A-Za-z0-9_-]+={0,2}$/))
const Transports = z.array(z.string().check(z.maxLength(32), z.regex(/^[a-z-]+$/))).check(z.maxLength(10))
/** A person's name for a passkey, on one line. */
const Alias = z.string().check(
  z.maxLength(100),
  z.overwrite((text) => text.trim()),
  z.refine((text) => text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(text)),
)

/** The signed client data. Dynamic's SDK spells the field differently, or sends both. */
const ClientData = { clientDataJSON: z.optional(Base64Url), clientDataJson: z.optional(Base64Url) }
/** A credential as browsers serialize it (WebAuthn §5.1.7). Unknown fields are ignored, since browsers may add some. */
const Credential = {
  id: Base64Url,
  rawId: Base64Url,
  type: z.literal('public-key'),
}

/** The bodies of the routes that take one. */
export const bodies = {
  signInWithExternalJwt: z.strictObject({ jwt: z.string().check(z.minLength(1), z.maxLength(8192)) }),
  acknowledgeRecoveryCodes: z.strictObject({ mfaBackupCodeAcknowledgement: z.literal('complete') }),
  authenticateTotpMfaDevice: z.strictObject({
    code: AppCode,
    id: z.optional(z.string().check(z.maxLength(128))),
    ...RequestedGrant,
  }),
  authenticateMfaRecoveryCode: z.strictObject({ code: RecoveryCode, ...RequestedGrant }),
  checkStepUpAuth: z.strictObject({ scope: Scope }),
  updatePasskey: z.strictObject({ id: z.string().check(z.maxLength(128)), alias: Alias }),
  deletePasskey: z.strictObject({ passkeyId: z.string().check(z.maxLength(128)) }),
  registerPasskey: z.object({
    ...Credential,
    response: z.object({
      ...ClientData,
      attestationObject: Base64Url,
      transports: z.optional(Transports),
    }),
    alias: z.optional(Alias),
    createMfaToken: RequestedGrant.createMfaToken,
  }),
  authenticateMfaPasskeyDevice: z.object({
    ...Credential,
    response: z.object({
      ...ClientData,
      authenticatorData: Base64Url,
      signature: Base64Url,
    }),
    ...RequestedGrant,
  }),
} satisfies Partial<Record<ServedName, z.ZodMiniType>>

/** The body of a route. */
export type BodyOf<Name extends keyof typeof bodies> = z.infer<(typeof bodies)[Name]>

export const takesBody = (name: ServedName): name is keyof typeof bodies => name in bodies

/** Returns the body if it has the route's shape. Otherwise throws an error that names the field and never quotes a value. */
export function parseBody<T>(shape: z.ZodMiniType<T>, body: unknown): T {
  const { success, data, error } = shape.safeParse(body)
  if (success) return data
  const fields = new Set(error.issues.map(({ path }) => String(path[0] ?? 'body')))
  if (fields.has('code') && fields.size === 1)
    throw new TotpFlowError('malformed_code', { message: error.issues[0]?.message })
  throw new TotpFlowError('bad_request', {
    message: `The request was not understood: check ${listOf(fields)}.`,
  })
}

/** Only known names: an unknown key is not repeated to its sender. */
const KNOWN_FIELDS = [
  'code',
  'id',
  'requestedScopes',
  'authorizationDetails',
  'createMfaToken',
  'jwt',
  'scope',
  'mfaBackupCodeAcknowledgement',
  'passkeyId',
  'alias',
  'rawId',
  'response',
]
const listOf = (fields: Set<string>) =>
  KNOWN_FIELDS.filter((field) => fields.has(field)).join(', ') || 'the body'
