import { jwksIdentity } from 'totp-flow/server/node'
import { createApp } from './server.ts'

/** `https://cognito-idp.REGION.amazonaws.com/POOL_ID` */
const issuer = process.env.COGNITO_ISSUER ?? ''

export const { app, totp } = createApp({
  identity: jwksIdentity({
    issuer,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    audience: process.env.COGNITO_CLIENT_ID ?? '',
    audienceClaim: 'client_id', // an access token has no `aud`
    requiredValues: { token_use: 'access' },
    requiredClaims: ['auth_time'],
    sessionClaim: 'origin_jti',
    accountClaim: 'username',
  }),
})
