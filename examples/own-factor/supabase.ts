import { jwksIdentity } from 'totp-flow/server/node'
import { createApp } from './server.ts'

/** `https://PROJECT.supabase.co/auth/v1` */
const issuer = process.env.SUPABASE_ISSUER ?? ''

export const { app, totp } = createApp({
  identity: jwksIdentity({
    issuer,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    audience: 'authenticated',
    requiredValues: { is_anonymous: false },
    requiredClaims: ['amr'], // its first time is the sign-in; `iat` moves with each renewal
    sessionClaim: 'session_id',
  }),
})
