/**
 * A server whose clock and failures a test controls, for tests that run in Node: docs/testing.md#failures.
 *
 * @module totp-flow/testing/server
 */
import type { ServerRequest } from 'srvx'
import { newMasterKey } from '../server/crypto/secrets.ts'
import { corsHeaders } from '../server/http/cors.ts'
import { developmentIdentity } from '../server/identity/development-identity.ts'
import { createTotpServer, type TotpServer, type TotpServerOptions } from '../server/index.ts'
import { developmentOnly, listen } from '../server/node/index.ts'
import { memoryStore } from '../server/store/memory.ts'
import { type Authenticator, authenticator } from './authenticator.ts'
import { type FailureKind, type FailureOptions, Failures } from './failures.ts'
import { TestClock } from './test-clock.ts'

export type { FailureKind, FailureOptions }

/** Options of {@link startTestServer}. Each has a default. */
export interface TestServerOptions extends Partial<Omit<TotpServerOptions, 'clock' | 'identity'>> {
  /** @default a new clock, at the real time */
  clock?: TestClock
  /** @default a free port */
  port?: number
}

/** A call that the server received. */
export interface TestCall {
  method: string
  /** The path below `/sdk/{environmentId}`. */
  path: string
  /** The HTTP status. Absent until the call is answered. */
  status?: number
}

/** A running service with a movable clock and simulated failures. Call `close` after the test. */
export interface TestServer {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string
  /** The URL that Dynamic's SDK calls `apiBaseUrl`, and `httpBackend` calls `baseUrl`. */
  readonly apiBaseUrl: string
  /** `test` by default. */
  readonly environmentId: string
  /** The clock of the server, and of the authenticators from `enroll`. */
  readonly clock: TestClock
  /** The server itself: for its audit events, `mintElevation`, or a backend without HTTP. */
  readonly server: TotpServer
  /** Returns a credential for an account, for `signInWithExternalJwt`. Accepts any account name. */
  externalJwt(account: string): Promise<string>
  /** Signs an account in, and returns the session token. */
  signIn(account: string): Promise<string>
  /** Sets up an authenticator for an account, which consumes its current code. */
  enroll(account: string): Promise<Authenticator>
  /** Makes the next calls fail. */
  fail(kind: FailureKind, options?: FailureOptions): void
  /** The calls so far, in order. */
  readonly calls: readonly TestCall[]
  /** Cancels pending failures, and answers the hanging calls. */
  recover(): void
  /** Answers the hanging calls, finishes the requests in progress, and stops. */
  close(): Promise<void>
}

/**
 * Starts a totp-flow server in this process, on a loopback port of its own, in memory, with a clock and failures that
 * the test controls.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { clock = new TestClock(), port = 0, environmentId = 'test', ...rest } = options
  const { identity, signIn } = developmentIdentity({ clock: clock.now })
  const failures = new Failures()
  const calls: TestCall[] = []
  const server = createTotpServer({
    store: memoryStore(),
    issuer: 'totp-flow test',
    masterKey: newMasterKey(),
    environmentId,
    ...rest,
    identity,
    clock: clock.now,
  })
  const { url, close } = await listen({ fetch: developmentOnly(answer), port, hostname: '127.0.0.1' })
  const origin = url.replace('localhost', '127.0.0.1')
  const basePath = options.basePath ?? '/api/v0'

  async function answer(request: ServerRequest): Promise<Response> {
    const path = new URL(request.url).pathname.replace(`${basePath}/sdk/${environmentId}`, '')
    const call: TestCall = { method: request.method, path }
    calls.push(call)
    const response = await answerOrFail(request)
    call.status = response.status
    return response
  }

  async function answerOrFail(request: ServerRequest): Promise<Response> {
    const failed = await failures.answer(request, () => request.runtime?.node?.req.socket.destroy())
    if (failed) {
      for (const [name, value] of Object.entries(corsHeaders(request, options.corsOrigins ?? []))) {
        failed.headers.set(name, value)
      }
      return failed
    }
    return new URL(request.url).pathname === '/development/sign-in' ? signIn(request) : server.fetch(request)
  }

  async function externalJwt(account: string): Promise<string> {
    const { jwt } = await read(
      signIn(
        new Request(`${origin}/development/sign-in`, { method: 'POST', body: JSON.stringify({ account }) }),
      ),
    )
    return String(jwt)
  }

  return {
    origin,
    apiBaseUrl: `${origin}${basePath}`,
    environmentId,
    clock,
    server,
    calls,
    externalJwt,
    async signIn(account) {
      const { minifiedJwt } = await read(
        server.fetch(
          new Request(`${origin}${basePath}/sdk/${environmentId}/externalAuth/signin`, {
            method: 'POST',
            body: JSON.stringify({ jwt: await externalJwt(account) }),
          }),
        ),
      )
      return String(minifiedJwt)
    },
    async enroll(account) {
      const backend = server.backendFor({ userId: account, account })
      const { uri, id } = await backend.registerTotpMfaDevice()
      const phone = authenticator(uri, { clock, ahead: 1 })
      await backend.authenticateTotpMfaDevice({ code: await phone.nextUnused(), deviceId: id })
      return phone
    },
    fail: (kind, given) => failures.add(kind, given),
    recover: () => failures.clear(),
    async close() {
      failures.clear()
      await close()
      await server.close()
    },
  }
}

async function read(answer: Promise<Response>): Promise<Record<string, unknown>> {
  const response = await answer
  if (!response.ok)
    throw new Error(`the test server refused with ${response.status}: ${await response.text()}`)
  return response.json()
}
