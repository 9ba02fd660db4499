/** `totp-flow/testing`: an authenticator and a clock for tests, in Node and in browsers alike. */
export {
  type Authenticator,
  type AuthenticatorClock,
  type AuthenticatorOptions,
  authenticator,
} from './authenticator.ts'
export { TestClock } from './test-clock.ts'
