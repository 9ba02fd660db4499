/** As far as the tests use it: the package has no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

  interface Session {
    accountId?: string
    acr?: string
  }
  interface Context {
    oidc: {
      params: { acr_values?: string }
      session: Session
      result?: { login?: object }
      client: { clientId: string }
      entities: { AuthorizationCode?: { acr?: string; authTime?: number } }
    }
  }
  interface Interaction {
    uid: string
    params: { acr_values?: string; max_age?: number }
    session?: Session
  }
  class Grant {
    constructor(of: { clientId: string; accountId: string | undefined })
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }
  export default class Provider {
    constructor(issuer: string, configuration: object)
    callback(): RequestListener
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
    readonly Grant: typeof Grant
    readonly AccessToken: {
      find(
        token: string,
      ): Promise<
        { accountId: string; scope?: string; extra?: { acr?: string; auth_time?: number } } | undefined
      >
    }
  }
  class Check {
    constructor(reason: string, description: string, check: (context: Context) => boolean)
  }
  export const interactionPolicy: {
    Check: typeof Check
    base(): { get(name: string): { checks: { add(check: Check): void } } }
  }
}
