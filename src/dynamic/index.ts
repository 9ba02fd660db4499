/**
 * Dynamic's own service and SDK behind the flow: README.md#with-dynamic. Needs the package `@dynamic-labs-sdk/client`.
 *
 * @module totp-flow/dynamic
 */
export { dynamicBackend } from './dynamic-backend.ts'
