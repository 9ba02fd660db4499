import { createTotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'

/** `api` is the origin of your server. The provider's token, from `getToken`, signs the user in until a code was right. */
export function secondFactor(api: string, getToken: () => Promise<string | null>) {
  const none = { token: '', expiresAt: 0 }
  let session = none
  const getAccessToken = async () => (session.expiresAt > Date.now() ? session.token : getToken())
  const flow = createTotpFlow({
    backend: httpBackend({
      baseUrl: `${api}/api/v0`,
      environmentId: 'default',
      getAccessToken,
      onSession(verified) {
        session = verified
      },
    }),
  })
  // Prompts for a code where the server requires one, and then sends the request again: with the token that the code won.
  const elevatedFetch = createElevatedFetch(flow, {
    async fetch(input, init) {
      const request = new Request(input, init)
      const token = await getAccessToken()
      if (token && new URL(request.url).origin === api)
        request.headers.set('authorization', `Bearer ${token}`)
      return fetch(request)
    },
  })
  const send = (path: string, method: string) => elevatedFetch(`${api}${path}`, { method })
  const signOut = () => {
    session = none
    flow.signOut()
  }
  return { flow, send, signOut }
}
