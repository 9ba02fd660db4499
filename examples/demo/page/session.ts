import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'

const SESSION = 'demo-session'
const FLOW = 'demo-flow'

/** A signed-in demo user, with the flow that runs for as long as the session does. */
export interface Session {
  email: string
  flow: TotpFlow
  /** For protected actions: it asks for a code when the server wants one. */
  fetch: typeof fetch
  end(): void
}

async function post(path: string, body: unknown): Promise<Record<string, string>> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

export async function signIn(email: string): Promise<Session> {
  const { externalJwt } = await post('/demo/signin', { email })
  const { minifiedJwt = '' } = await post('/api/v0/sdk/demo/externalAuth/signin', { jwt: externalJwt })
  sessionStorage.setItem(SESSION, JSON.stringify({ email, token: minifiedJwt }))
  return begin(email, minifiedJwt)
}

/** The session before a reload, in this tab only. */
export function resumeSession(): Session | null {
  const stored = sessionStorage.getItem(SESSION)
  if (stored === null) return null
  const { email, token } = JSON.parse(stored)
  return begin(email, token)
}

function begin(email: string, token: string): Session {
  const flow = createTotpFlow({
    backend: httpBackend({ baseUrl: '/api/v0', environmentId: 'demo', getAccessToken: () => token }),
    tabs: `demo ${email}`,
    restore: JSON.parse(sessionStorage.getItem(FLOW) ?? 'null'),
  })
  flow.subscribe(() => sessionStorage.setItem(FLOW, JSON.stringify(flow.persist())))
  const signed: typeof fetch = (input, init) => {
    const request = new Request(input, init)
    request.headers.set('authorization', `Bearer ${token}`)
    return fetch(request)
  }
  return {
    email,
    flow,
    fetch: createElevatedFetch(flow, { fetch: signed }),
    end() {
      flow.stop()
      sessionStorage.clear()
    },
  }
}
