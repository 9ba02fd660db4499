import type { OptionRule } from './options.ts'

/**
 * One action to be approved (RFC 9396 §2): its `type`, defined by the API that it is for, and the fields of that type.
 * JSON, such as `{ type: 'payment', amount: '100.00', currency: 'EUR', payee: 'Bob' }`.
 */
export interface AuthorizationDetail {
  readonly type: string
  readonly [field: string]: unknown
}

/** Everything to be approved at once, at least one action. Our server accepts at most 20, and 4,096 characters of JSON. */
export type AuthorizationDetails = readonly AuthorizationDetail[]

/** What a person approves with a code. */
export interface Approval {
  /** In the person's language, such as `Send €100 to Bob`. Shown and announced with the prompt for the code. */
  reason?: string
  /** What the elevation is bound to (RFC 9396). */
  authorizationDetails?: AuthorizationDetails
}

/** Serializes details, or `undefined`; `null` for what is not JSON. */
function textOf(details: unknown): string | undefined | null {
  try {
    return JSON.stringify(details)
  } catch {
    return null
  }
}

/** Whether a value from an untyped caller is a list of details. */
export const areDetails = (value: unknown): value is AuthorizationDetails =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one) => typeof one?.type === 'string') &&
  textOf(value) !== null

/** The rule of an option that takes details. */
export const detailsOption: OptionRule = {
  takes: 'details of RFC 9396, each with a type',
  fits: areDetails,
}

/** Whether both are the same, field by field and in the same order. `undefined` equals only itself. */
export const sameDetails = (one?: AuthorizationDetails, other?: AuthorizationDetails): boolean =>
  textOf(one) === textOf(other)
