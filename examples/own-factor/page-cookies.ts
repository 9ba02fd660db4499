import 'totp-flow/element'
import 'totp-flow/element/gate'
import { createTotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'

/** After a sign-in: shows `content` in `root` once an app is set up and a code was entered. */
export function openApp(root: Element, content: Node, signOutThere: () => Promise<unknown>) {
  const flow = createTotpFlow({
    backend: httpBackend({ baseUrl: '/api/v0', environmentId: 'default', credentials: 'same-origin' }),
  })
  const gate = document.createElement('totp-gate')
  const card = document.createElement('totp-flow')
  gate.flow = flow
  card.flow = flow
  gate.append(content, card)
  root.replaceChildren(gate)

  // Prompts for a code where the server requires one, and then sends the request again.
  const elevatedFetch = createElevatedFetch(flow)
  const pay = async () => (await elevatedFetch('/pay', { method: 'POST' })).json()
  const signOut = async () => {
    await signOutThere()
    flow.signOut()
  }
  return { pay, signOut }
}
