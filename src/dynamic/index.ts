/**
 * Dynamic's own service and SDK behind the flow: docs/providers/dynamic.md. Needs the package `@dynamic-labs-sdk/client`.
 *
 * @module totp-flow/dynamic
 */
export { dynamicBackend } from './dynamic-backend.ts'
