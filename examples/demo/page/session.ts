import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { createElevatedFetch, httpBackend } from 'totp-flow/client'
import { passkeys } from 'totp-flow/client/passkeys'
import { type ManagedPasskeys, managePasskeys } from 'totp-flow/passkeys'
import * as z from 'zod/mini'
import { post } from './post.ts'

const SESSION = 'demo-session'
const FLOW = 'demo-flow'
const Stored = z.object({ email: z.string(), token: z.string() })

/** A signed-in demo user, with a flow that runs as long as the session. */
export interface Session {
  email: string
  flow: TotpFlow
  /** `null` if the page is opened by an IP address: browsers bind passkeys to a host name. */
  passkeys: ManagedPasskeys | null
  /** For protected actions: prompts for a code when the server asks for one. */
  fetch: typeof fetch
  end(): void
}

export async function signIn(email: string): Promise<Session> {
  const { externalJwt } = await post('/demo/signin', z.object({ externalJwt: z.string() }), {
    body: { email },
  })
  const { minifiedJwt: token } = await post(
    '/api/v0/sdk/demo/externalAuth/signin',
    z.object({ minifiedJwt: z.string() }),
    { body: { jwt: externalJwt } },
  )
  return begin(email, token)
}

/** Restores the session after a reload, in this tab only. */
export function resumeSession(): Session | null {
  const { data } = Stored.safeParse(read(SESSION))
  return data ? begin(data.email, data.token) : null
}

function begin(email: string, signedInWith: string): Session {
  let token = signedInWith
  /** Each verified code brings a session token that records it. */
  const keep = (newest: string) => {
    token = newest
    sessionStorage.setItem(SESSION, JSON.stringify({ email, token }))
  }
  keep(signedInWith)
  const hasPasskeys = location.hostname === 'localhost'
  const backend = httpBackend({
    baseUrl: '/api/v0',
    environmentId: 'demo',
    getAccessToken: () => token,
    onSession: (session) => keep(session.token),
    ...(hasPasskeys && { passkeys }),
  })
  const flow = createTotpFlow({
    backend,
    tabs: `demo ${email}`,
    restore: read(FLOW),
  })
  flow.subscribe(() => {
    // An action that waits for a code ends with its page: after a reload, the code would have no purpose.
    if (flow.getView().intent === 'enroll') sessionStorage.setItem(FLOW, JSON.stringify(flow.persist()))
    else sessionStorage.removeItem(FLOW)
  })
  const signed: typeof fetch = (input, init) => {
    const request = new Request(input, init)
    request.headers.set('authorization', `Bearer ${token}`)
    return fetch(request)
  }
  return {
    email,
    flow,
    passkeys: hasPasskeys ? managePasskeys(flow, backend) : null,
    fetch: createElevatedFetch(flow, { fetch: signed }),
    end() {
      flow.stop()
      sessionStorage.clear()
    },
  }
}

/** Reads a stored value; `null` if it is missing or invalid. */
function read(name: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? 'null')
  } catch {
    return null
  }
}
