/**
 * What an elevated token may do, as `noun:verb`, at most 64 characters. Dynamic's own are `wallet:export`,
 * `credential:unlink`, …
 */
export type Scope = `${string}:${string}`

export const SCOPE = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$/
export const LONGEST_SCOPE = 64

export const isScope = (value: unknown): value is Scope =>
  typeof value === 'string' && value.length <= LONGEST_SCOPE && SCOPE.test(value)

/** Whether it is a list of scopes without holes. */
export const areScopes = (value: unknown): value is Scope[] =>
  Array.isArray(value) && [...value].every(isScope)

/** The scope that proves a user may remove an authenticator. */
export const UNLINK_SCOPE = 'credential:unlink' satisfies Scope
/** The scope that proves a user may add an authenticator, if the server requires that. */
export const LINK_SCOPE = 'credential:link' satisfies Scope
/** The scope that proves a user may create new recovery codes. */
export const UPDATE_SCOPE = 'credential:update' satisfies Scope
