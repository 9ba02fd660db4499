/**
 * A server, a user and a clock for each test that uses them:
 * docs/testing.md#a-test-of-your-own-code-on-dynamics-sdk. Requires the package `vitest`.
 *
 * @module totp-flow/testing/vitest
 */
import { test as base } from 'vitest'
import type { Authenticator } from './authenticator.ts'
import { TestClock } from './test-clock.ts'
import { startTestServer, type TestServerOptions } from './test-server.ts'

/** A different user in every test. */
export interface TestUser {
  readonly account: string
  /** A credential for `signInWithExternalJwt`. */
  readonly externalJwt: string
  /** Signs in, and returns the session token. */
  signIn(): Promise<string>
  /** Sets up an authenticator. */
  enroll(): Promise<Authenticator>
}

let users = 0

/**
 * Vitest's `test` with the fixtures `server`, `user` and `clock`, created when a test names them and removed after it:
 * `test('…', async ({ server, user, clock }) => …)`. The fixture `serverOptions` sets the server's options:
 * `test.override('serverOptions', { mfaRequired: true })`.
 */
export const test = base
  .extend('serverOptions', async (): Promise<TestServerOptions> => ({}))
  .extend('clock', async () => new TestClock())
  .extend('server', async ({ serverOptions, clock }, { onCleanup }) => {
    const server = await startTestServer({ clock, ...serverOptions })
    onCleanup(() => server.close())
    return server
  })
  .extend('user', async ({ server }): Promise<TestUser> => {
    users += 1
    const account = `user-${users}@example.com`
    return {
      account,
      externalJwt: await server.externalJwt(account),
      signIn: () => server.signIn(account),
      enroll: () => server.enroll(account),
    }
  })
