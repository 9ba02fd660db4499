/** The real oidc-provider, whose pages ask for a password, and for a code of an app when a request asks for more than that. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Provider, { type Context, interactionPolicy } from 'oidc-provider'
import { generateSecret, verifySync } from 'otplib'
import { serveOnLocalhost } from '../support/example-page.ts'

export const OTP = 'urn:example:otp'
export const PASSWORD = 'correct horse battery'
const CLIENT = 'page'

/** With an authenticator app, and without one. */
const users = new Map<string, { secret: string | null }>([
  ['ann', { secret: generateSecret() }],
  ['ben', { secret: null }],
])
export const secretOf = (name: string): string => users.get(name)?.secret ?? ''

export async function startProvider(redirectUri: () => string) {
  /** What a test has the provider do otherwise than well. */
  const manner = { ignoresAcr: false, headers: {} as Record<string, string> }
  const passwords = new Map<string, string>()

  function create(issuer: string) {
    const policy = interactionPolicy.base()
    policy.get('login').checks.add(
      new interactionPolicy.Check('acr', 'more than a password is asked for', ({ oidc }) => {
        const wanted = oidc.params.acr_values?.split(' ') ?? []
        const isMet = wanted.length === 0 || wanted.includes(oidc.session.acr ?? '')
        return !isMet && !manner.ignoresAcr && !oidc.result?.login
      }),
    )
    return new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT,
          redirect_uris: [redirectUri()],
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      acrValues: [OTP],
      claims: { openid: ['sub', 'amr'], acr: null, auth_time: null },
      conformIdTokenClaims: false,
      scopes: ['openid', 'transfer:write'],
      cookies: { keys: ['a key of this test'] },
      features: { devInteractions: { enabled: false } },
      interactions: { policy, url: (_: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
      clientBasedCORS: () => true,
      findAccount: (_: Context, accountId: string) => ({
        accountId,
        claims: () => ({ sub: accountId, amr: ['pwd'] }),
      }),
      extraTokenClaims: ({ oidc: { entities } }: Context) => ({
        acr: entities.AuthorizationCode?.acr,
        auth_time: entities.AuthorizationCode?.authTime,
      }),
      // An app of the provider's own, which nobody is asked about.
      loadExistingGrant: async ({ oidc }: Context) => {
        const grant = new provider.Grant({
          clientId: oidc.client.clientId,
          accountId: oidc.session.accountId,
        })
        grant.addOIDCScope('openid transfer:write')
        await grant.save()
        return grant
      },
    })
  }

  async function interact(request: IncomingMessage, response: ServerResponse) {
    const { uid, params, session } = await provider.interactionDetails(request, response)
    const end = (result: object) => provider.interactionFinished(request, response, result)
    const draw = (form: string, said = '') =>
      response
        .writeHead(200, { 'content-type': 'text/html', ...manner.headers })
        .end(`<!doctype html><title>Provider</title><p role="alert">${said}</p>
<form method="post">${form}<button name="do" value="on">Continue</button><button name="do" value="cancel" formnovalidate>Cancel</button></form>`)
    const form = new URLSearchParams(request.method === 'POST' ? await textOf(request) : '')
    if (form.get('do') === 'cancel') return end({ error: 'access_denied', error_description: 'Canceled' })

    const name = form.get('name')
    if (name !== null && form.get('password') === PASSWORD && users.has(name)) passwords.set(uid, name)
    const accountId = passwords.get(uid) ?? session?.accountId
    if (accountId === undefined) {
      return draw(
        '<label>Name <input name="name"></label><label>Password <input name="password" type="password" autocomplete="current-password"></label>',
        name === null ? '' : 'Wrong password',
      )
    }
    if (params.acr_values === undefined && params.max_age === undefined) return end({ login: { accountId } })
    const secret = users.get(accountId)?.secret
    if (!secret) return end({ error: 'unmet_authentication_requirements' })
    const token = form.get('code')
    if (token !== null && /^\d{6}$/.test(token) && verifySync({ secret, token, epochTolerance: 30 }).valid)
      return end({ login: { accountId, acr: OTP, amr: ['pwd', 'otp'] } })
    return draw('<label>Code <input name="code"></label>', token === null ? '' : 'Wrong code')
  }

  let provider: Provider
  let listener = (_request: IncomingMessage, response: ServerResponse): unknown => response.end()
  const served = await serveOnLocalhost((request, response) => listener(request, response))
  return {
    issuer: served.origin,
    clientId: CLIENT,
    manner,
    /** When it is known where the page is. */
    open() {
      provider = create(served.origin)
      const answer = provider.callback()
      listener = (request, response) =>
        request.url?.startsWith('/interaction/')
          ? interact(request, response).catch((error) => response.writeHead(500).end(String(error)))
          : answer(request, response)
    },
    /** What an API finds out about a token. */
    find: (token: string) => provider.AccessToken.find(token),
    close: served.close,
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
