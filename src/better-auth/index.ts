/**
 * better-auth's two-factor plugin as a backend: docs/providers/better-auth.md. Uses your app's own client.
 *
 * @module totp-flow/better-auth
 */
export type { BetterAuthClient, BetterAuthOptions } from './better-auth-backend.ts'
export { betterAuthBackend } from './better-auth-backend.ts'
