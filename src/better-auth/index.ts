/**
 * better-auth's two-factor plugin behind the flow: docs/providers/better-auth.md. Takes the client that your app has.
 *
 * @module totp-flow/better-auth
 */
export type { BetterAuthClient, BetterAuthOptions } from './better-auth-backend.ts'
export { betterAuthBackend } from './better-auth-backend.ts'
