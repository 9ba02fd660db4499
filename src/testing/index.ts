/** `totp-flow/testing`: an authenticator, a clock, and what Dynamic's SDK needs outside of a browser. */
export {
  type Authenticator,
  type AuthenticatorClock,
  type AuthenticatorOptions,
  authenticator,
} from './authenticator.ts'
export { inMemoryCoreConfig } from './in-memory-core-config.ts'
export { TestClock } from './test-clock.ts'
