import type { OptionRule } from './options.ts'

/**
 * One thing that is to be approved (RFC 9396 §2): its `type`, which the API that it is for defines, and what that type takes.
 * JSON, such as `{ type: 'payment', amount: '100.00', currency: 'EUR', payee: 'Bob' }`.
 */
export interface AuthorizationDetail {
  readonly type: string
  readonly [field: string]: unknown
}

/** All that is to be approved at once: at least one. Our server takes 20 at most, and 4,096 characters of JSON. */
export type AuthorizationDetails = readonly AuthorizationDetail[]

/** What a person is asked to approve with a code. */
export interface Approval {
  /** In the person's words, such as `Send €100 to Bob`: shown and announced where the code is asked for. */
  reason?: string
  /** What the elevation is bound to (RFC 9396). */
  authorizationDetails?: AuthorizationDetails
}

/** What stands for `undefined` too; `null` for what is no JSON. */
function textOf(details: unknown): string | undefined | null {
  try {
    return JSON.stringify(details)
  } catch {
    return null
  }
}

/** Whether a caller from outside TypeScript gave some. */
export const areDetails = (value: unknown): value is AuthorizationDetails =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => typeof one?.type === 'string') &&
  textOf(value) !== null

/** The rule of an option that takes them. */
export const detailsOption: OptionRule = {
  takes: 'details of RFC 9396, each with a type',
  fits: areDetails,
}

/** Whether two say the same, field by field and in the same order; `undefined` is only like itself. */
export const sameDetails = (one?: AuthorizationDetails, other?: AuthorizationDetails): boolean =>
  textOf(one) === textOf(other)
