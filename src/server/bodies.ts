import * as z from 'zod/mini'
import { CODE } from '../contract/code.ts'
import { TotpFlowError } from '../contract/errors.ts'
import type { RouteName } from '../contract/routes.ts'
import { LONGEST_SCOPE, SCOPE } from '../contract/scopes.ts'

const Scope = z.string().check(z.maxLength(LONGEST_SCOPE), z.regex(SCOPE))

const Reward = {
  requestedScopes: z.optional(
    z.array(Scope).check(
      z.minLength(1),
      z.maxLength(20),
      z.refine((scopes) => new Set(scopes).size === scopes.length, 'scopes must differ'),
    ),
  ),
  createMfaToken: z.optional(z.strictObject({ singleUse: z.optional(z.boolean()) })),
}

/** What may be sent to the routes that take a body. */
export const bodies = {
  signInWithExternalJwt: z.strictObject({ jwt: z.string().check(z.minLength(1), z.maxLength(8192)) }),
  acknowledgeRecoveryCodes: z.strictObject({ mfaBackupCodeAcknowledgement: z.literal('complete') }),
  authenticateTotpMfaDevice: z.strictObject({
    code: z.string().check(z.regex(CODE)),
    id: z.optional(z.string().check(z.maxLength(128))),
    ...Reward,
  }),
  /** The code as people type it: spaces, hyphens and either case. */
  authenticateMfaRecoveryCode: z.strictObject({
    code: z.string().check(z.minLength(1), z.maxLength(64)),
    ...Reward,
  }),
  checkStepUpAuth: z.strictObject({ scope: Scope }),
} satisfies Partial<Record<RouteName, z.ZodMiniType>>

/** The body of that route. */
export type BodyOf<Name extends keyof typeof bodies> = z.infer<(typeof bodies)[Name]>

export const takesBody = (name: RouteName): name is keyof typeof bodies => name in bodies

/** The body if it has the route's shape; otherwise a typed error that names the field and never quotes a value. */
export function parseBody<T>(shape: z.ZodMiniType<T>, body: unknown): T {
  const { success, data, error } = shape.safeParse(body)
  if (success) return data
  const fields = new Set(error.issues.map(({ path }) => String(path[0] ?? 'body')))
  if (fields.has('code') && fields.size === 1) throw new TotpFlowError('malformed_code')
  throw new TotpFlowError('bad_request', {
    message: `The request was not understood: check ${listOf(fields)}.`,
  })
}

/** Only names that we know; a stranger's key is not repeated to them. */
const KNOWN_FIELDS = [
  'code',
  'id',
  'requestedScopes',
  'createMfaToken',
  'jwt',
  'scope',
  'mfaBackupCodeAcknowledgement',
]
const listOf = (fields: Set<string>) =>
  KNOWN_FIELDS.filter((field) => fields.has(field)).join(', ') || 'the body'
