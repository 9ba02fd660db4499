import 'totp-flow/element'
import { createTotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'

/** After your sign-in. No script holds a token of the session: the browser sends its cookie. */
export async function showSecurity({ isComplete }: { isComplete: boolean }) {
  const flow = createTotpFlow({
    backend: httpBackend({ baseUrl: '/api/v0', environmentId: 'default', credentials: 'same-origin' }),
  })
  const element = document.createElement('totp-flow')
  element.flow = flow
  document.body.append(element)

  // Prompts for a code where the server wants one, and then sends the request again.
  const elevatedFetch = createElevatedFetch(flow)
  if (!isComplete) await elevatedFetch('/sign-in/code', { method: 'POST' })
  const pay = async () => (await elevatedFetch('/pay', { method: 'POST' })).json()
  const signOut = async () => {
    await fetch('/sign-out', { method: 'POST' })
    flow.signOut()
  }
  return { pay, signOut }
}
