import type { ZodMiniType } from 'zod/mini'
import { TotpFlowError } from '../contract/errors.ts'

/** The body if it has the route's shape; otherwise a typed error that names the field and never quotes a value. */
export function parseBody<T>(shape: ZodMiniType<T>, body: unknown): T {
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
