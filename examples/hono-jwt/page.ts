import 'totp-flow/element'
import { createTotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'

/** Call this after your sign-in. `session.token` is your JWT at first, and the server's token once a code is verified. */
export function showSecurity(session: { token: string }, show: (name: string) => void) {
  const flow = createTotpFlow({
    backend: httpBackend({
      baseUrl: '/api/v0',
      environmentId: 'default',
      getAccessToken: () => session.token,
      onSession({ token }) {
        session.token = token
      },
    }),
  })
  const element = document.createElement('totp-flow')
  element.flow = flow
  document.body.append(element)

  const authorization = () => ({ authorization: `Bearer ${session.token}` })
  const showName = async () => {
    const response = await fetch('/account', { headers: authorization() })
    if (response.ok) return show((await response.json()).name)
    // This session has no code yet: a new user sets up an app, any other user enters a code.
    const { device } = await flow.settled()
    if (device?.verified) flow.stepUp([], { fresh: true })
  }
  flow.on('elevated', showName)
  const elevatedFetch = createElevatedFetch(flow)
  const pay = async () => (await elevatedFetch('/pay', { method: 'POST', headers: authorization() })).json()
  return { start: showName, pay }
}
