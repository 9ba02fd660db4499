/** `totp-flow/testing`: an authenticator, a clock and a server for the tests of apps that use a second factor. */
export {
  type Authenticator,
  type AuthenticatorClock,
  type AuthenticatorOptions,
  authenticator,
} from './authenticator.ts'
export type { FailureKind, FailureOptions } from './failures.ts'
export { TestClock } from './test-clock.ts'
export { startTestServer, type TestCall, type TestServer, type TestServerOptions } from './test-server.ts'
