import { createTotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'

const signedIn = { user: 'ada', token: 'ada' } // yours; before it changes, flow.signOut()

export function connect(fetch: typeof globalThis.fetch) {
  const backend = httpBackend({
    baseUrl: 'http://localhost:4380/api/v0',
    environmentId: 'demo',
    getAccessToken: () => signedIn.token,
    fetch, // leave it out to use the browser's
  })
  // A reload goes on where this user was. What is kept for it holds no secret.
  const place = `totp of ${signedIn.user}`
  const flow = createTotpFlow({ backend, restore: JSON.parse(sessionStorage.getItem(place) ?? 'null') })
  flow.subscribe(() => sessionStorage.setItem(place, JSON.stringify(flow.persist())))
  // Where the server wants a fresh proof (RFC 9470), it asks for a code, waits, and sends the request once more.
  const elevatedFetch = createElevatedFetch(flow, { fetch })
  const exportKey = () =>
    elevatedFetch('http://localhost:4380/export', {
      method: 'POST',
      headers: { authorization: `Bearer ${signedIn.token}` },
    })
  return { flow, exportKey }
}
