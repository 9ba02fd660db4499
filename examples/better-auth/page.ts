import 'totp-flow/element/gate'
import 'totp-flow/element/password' // with the field for it
import { passkeyClient } from '@better-auth/passkey/client'
import { createAuthClient } from 'better-auth/client'
import { twoFactorClient } from 'better-auth/client/plugins'
import { createTotpFlow } from 'totp-flow'
import { betterAuthBackend } from 'totp-flow/better-auth'

export const authClient = createAuthClient({ plugins: [twoFactorClient(), passkeyClient()] })

/** Between the password and the code of a sign-in there is no session: the page remembers that it waits for the code. */
const owesCode = () => sessionStorage.getItem('owes-code') !== null

export const flow = createTotpFlow({
  backend: betterAuthBackend(authClient, { owesCode, passkeys: true }),
  restore: JSON.parse(sessionStorage.getItem('enrollment') ?? 'null'), // after a reload; no secret is in it
})
flow.subscribe(() => {
  const isEnrolling = flow.getView().intent === 'enroll'
  sessionStorage.setItem('enrollment', JSON.stringify(isEnrolling ? flow.persist() : null))
})
flow.on('elevated', () => sessionStorage.removeItem('owes-code'))
flow.on('failed', ({ code }) => {
  if (code === 'unauthenticated') sessionStorage.removeItem('owes-code') // too late, or too many wrong codes
})

for (const name of ['totp-gate', 'totp-flow'] as const) {
  const element = document.querySelector(name)
  if (element) element.flow = flow
}

export async function signIn(email: string, password: string): Promise<boolean> {
  const { data } = await authClient.signIn.email({ email, password })
  if (!data) return false
  if ('twoFactorRedirect' in data) sessionStorage.setItem('owes-code', '')
  else sessionStorage.removeItem('owes-code')
  flow.refresh()
  return true
}
