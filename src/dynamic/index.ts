/** `totp-flow/dynamic`: Dynamic's own service and SDK behind the flow. Needs the package `@dynamic-labs-sdk/client`. */
export { dynamicBackend } from './dynamic-backend.ts'
