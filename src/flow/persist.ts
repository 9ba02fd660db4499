import * as z from 'zod/mini'
import type { Resumable } from '../../machines/totp.types.ts'
import { MfaDevice, MfaTokenOptions, Scope } from '../contract/schemas.ts'
import type { TotpSnapshot } from './view.ts'

const VERSION = 1

const scope = z.custom<Scope>((value) => Scope.safeParse(value).success)

const Persisted = z.object({
  version: z.literal(VERSION),
  resumable: z.nullable(
    z.object({
      intent: z.union([
        z.object({ kind: z.literal('enroll') }),
        z.object({ kind: z.literal('stepUp'), scopes: z.readonly(z.array(scope)) }),
        z.object({ kind: z.enum(['stepUp', 'delete']), mfaToken: MfaTokenOptions }),
        z.object({ kind: z.literal('delete') }),
      ]),
      device: z.nullable(MfaDevice),
      retryAt: z.nullable(z.number()),
    }),
  ),
})
/** What a page may keep over a reload, as JSON: no secret, no code, no token. */
export type PersistedFlow = z.infer<typeof Persisted>

/** Only waiting for a code survives: the person may have scanned already. Anything else asks the backend again. */
export function persist({ value, context }: TotpSnapshot): PersistedFlow {
  const waiting = typeof value === 'object' ? 'awaitingCode' in value : value === 'verifying'
  const { intent, device, retryAt } = context
  return {
    version: VERSION,
    resumable: waiting ? { intent: { ...intent }, device: device ?? null, retryAt } : null,
  }
}

/** What can be picked up from a stored form; `null` for garbage, another version, or nothing to pick up. */
export function resumableFrom(stored: unknown): Resumable | null {
  try {
    return Persisted.parse(stored).resumable
  } catch {
    return null // also for what throws when it is looked at
  }
}
