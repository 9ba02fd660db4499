import type { Identity } from 'totp-flow/server'

/** Yours: whose session this is, and the name that the authenticator app shows. */
export const identity: Identity = (credential) => {
  const userId = /^session-of-(\w+)$/.exec(credential)?.[1]
  return userId === undefined ? null : { userId, account: `${userId}@example.com` }
}
