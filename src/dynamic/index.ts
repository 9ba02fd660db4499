/**
 * Dynamic's own service and SDK as a backend: docs/providers/dynamic.md. Requires the package `@dynamic-labs-sdk/client`.
 *
 * @module totp-flow/dynamic
 */
export { dynamicBackend } from './dynamic-backend.ts'
