import type { TotpServer } from 'totp-flow/server'
import { derivedKey, type IdentityProvider } from './identity-provider.ts'
import type { Page } from './page.ts'

const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}
const MAX_EMAIL = 254
const MAX_BODY = 4096

/** The demo as one fetch handler: the totp-flow API, sign-in, the two protected actions, and the pages. */
export function createDemo(given: {
  totp: TotpServer
  provider: IdentityProvider
  page: Page
  masterKey: string
}) {
  const { totp, provider, page, masterKey } = given

  const exportPrivateKey = totp.requireElevation('wallet:export')(async (_request, { userId }) => {
    const key = await derivedKey(masterKey, `throw-away private key of ${userId}`)
    return json(200, { privateKey: `0x${Buffer.from(key).toString('hex')}` })
  })

  const addresses = new Map<string, string>()
  const changeEmail = totp.requireElevation('user:update')(async (request, { userId }) => {
    const body = await bodyOf(request)
    if (body === null) return tooLarge()
    const email = emailFrom(body)
    if (email === null) return notAnAddress()
    addresses.set(userId, email)
    return json(200, { email })
  })

  async function signIn(request: Request): Promise<Response> {
    const body = await bodyOf(request)
    if (body === null) return tooLarge()
    const email = emailFrom(body)
    return email === null ? notAnAddress() : json(200, { externalJwt: await provider.signIn(email) })
  }

  return async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (/^\/(?:api|\.well-known|healthz|readyz)(?:\/|$)/.test(pathname)) return totp.fetch(request)
    const action = {
      '/demo/signin': signIn,
      '/demo/private-key/export': exportPrivateKey,
      '/demo/email': changeEmail,
    }[pathname]
    if (action) {
      return request.method === 'POST'
        ? action(request)
        : json(405, { error: 'Use POST.', code: 'method_not_allowed' }, { allow: 'POST' })
    }
    const asset = page.get(pathname)
    if (!asset) return json(404, { error: 'There is nothing at this address.', code: 'not_found' })
    return new Response(asset.body, {
      headers: { ...PAGE_HEADERS, 'content-type': asset.type, 'cache-control': 'no-store' },
    })
  }
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  Response.json(body, {
    status,
    headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers },
  })

const tooLarge = () => json(413, { error: 'The request was too large.', code: 'too_large' })
const notAnAddress = () =>
  json(400, { error: 'Type an e-mail address of at most 254 characters.', code: 'bad_request' })

/** Reads a body; `null` if it is longer than any sign-in, so that nobody can fill the memory. */
async function bodyOf(request: Request): Promise<string | null> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of request.body ?? []) {
    text += decoder.decode(part, { stream: true })
    if (text.length > MAX_BODY) return null
  }
  return text
}

function emailFrom(text: string): string | null {
  const body = parsed(text)
  const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : null
  return typeof email === 'string' && email.length <= MAX_EMAIL && /^[^\s\p{C}@]+@[^\s\p{C}@]+$/u.test(email)
    ? email
    : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
