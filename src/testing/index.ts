/**
 * For tests of an app with a second factor: an authenticator, a clock, a flow in any state, the statechart's paths, and what
 * Dynamic's SDK needs outside of a browser. docs/testing.md shows how they work together.
 *
 * @module totp-flow/testing
 */
export {
  type Authenticator,
  type AuthenticatorClock,
  type AuthenticatorOptions,
  authenticator,
} from './authenticator.ts'
export {
  backendContract,
  type ContractCase,
  type ContractId,
  type ContractOptions,
  type ContractSubject,
} from './backend-contract.ts'
export { pathEvents } from './chart-events.ts'
export { type FlowAtOptions, flowAt, type TotpPlace } from './flow-at.ts'
export { inMemoryCoreConfig } from './in-memory-core-config.ts'
export { TestClock } from './test-clock.ts'
