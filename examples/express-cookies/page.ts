import 'totp-flow/element'
import { createTotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'

/** Call this after your sign-in. No script holds a session token: the browser sends the cookie. */
export async function showSecurity({ isComplete }: { isComplete: boolean }) {
  const flow = createTotpFlow({
    backend: httpBackend({ baseUrl: '/api/v0', environmentId: 'default', credentials: 'same-origin' }),
  })
  const element = document.createElement('totp-flow')
  element.flow = flow
  document.body.append(element)

  // Prompts for a code when the server requires one, then sends the request again.
  const elevatedFetch = createElevatedFetch(flow)
  if (!isComplete) await elevatedFetch('/sign-in/code', { method: 'POST' })
  const pay = async () => (await elevatedFetch('/pay', { method: 'POST' })).json()
  const signOut = async () => {
    await fetch('/sign-out', { method: 'POST' })
    flow.signOut()
  }
  return { pay, signOut }
}
