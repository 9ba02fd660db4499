import { createTotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'

const signedIn = { user: 'ada', token: 'ada' } // yours; call flow.signOut() before it changes

export function connect(fetch: typeof globalThis.fetch) {
  const backend = httpBackend({
    baseUrl: 'http://localhost:4380/api/v0',
    environmentId: 'default',
    getAccessToken: () => signedIn.token,
    fetch, // leave it out to use the browser's
  })
  // After a reload the flow continues where this user was. The stored state holds no secret.
  const storageKey = `totp of ${signedIn.user}`
  const flow = createTotpFlow({ backend, restore: JSON.parse(sessionStorage.getItem(storageKey) ?? 'null') })
  flow.subscribe(() => sessionStorage.setItem(storageKey, JSON.stringify(flow.persist())))
  // When the server requires a fresh proof (RFC 9470), this prompts for a code, waits, and sends the request again.
  const elevatedFetch = createElevatedFetch(flow, { fetch })
  const exportKey = () =>
    elevatedFetch('http://localhost:4380/export', {
      method: 'POST',
      headers: { authorization: `Bearer ${signedIn.token}` },
    })
  return { flow, exportKey }
}
