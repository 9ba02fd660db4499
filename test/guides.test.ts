/**
 * The examples of the pages, word for word, do what the pages say that they do: those that need no page of a browser. Each is
 * imported by its place (test/support/page-examples.ts), and test/readme.test.ts knows that none is missing.
 */
import { readFileSync } from 'node:fs'
import { getMfaDevices, signInWithExternalJwt } from '@dynamic-labs-sdk/client'
import { createInspector } from 'statescope'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { httpBackend } from 'totp-flow/client'
import { en } from 'totp-flow/messages'
import { createTotpServer, type TotpServer } from 'totp-flow/server'
import { type Authenticator, authenticator, TestClock } from 'totp-flow/testing'
import { startTestServer, type TestServer } from 'totp-flow/testing/server'
import { afterEach, expect, it, vi } from 'vitest'
import { WebSocket as Socket } from 'ws'
import { serveViewer } from '../packages/statescope/src/inspect/viewer-server.ts'
import { authenticator as realAuthenticator } from '../src/testing/authenticator.ts'
import { dynamicClient } from './support/dynamic-client.ts'
import { MASTER_KEY } from './support/world.ts'

vi.mock(import('totp-flow'), { spy: true })
vi.mock(import('totp-flow/server'), { spy: true })
vi.mock(import('statescope'), { spy: true })
vi.mock(import('totp-flow/testing'), { spy: true })

/** Gives the next example what it takes from the reader's own app. */
function given(own: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(own)) vi.stubGlobal(name, value)
}

let server: TestServer | undefined
let phone: Authenticator
let flow: TotpFlow
const session = { token: '' }

/** The flow that the example made. */
function itsFlow(): TotpFlow {
  const made = vi.mocked(createTotpFlow).mock.results.at(-1)
  if (made?.type !== 'return' || made.value === flow) throw new Error('the example made no flow')
  flow?.stop()
  flow = made.value
  return flow
}

const started = async (options: Parameters<typeof startTestServer>[0] = {}) => {
  server = await startTestServer(options)
  return server
}

async function signedIn(options: Parameters<typeof startTestServer>[0] = {}) {
  const { apiBaseUrl: baseUrl, environmentId, clock, ...running } = await started(options)
  session.token = await running.signIn('ann')
  phone = await running.enroll('ann')
  const backend = httpBackend({ baseUrl, environmentId, getAccessToken: () => session.token })
  flow = createTotpFlow({ backend, clock })
  await flow.settled()
  return { backend }
}

/** As an app on Dynamic has it: its client is what the example finds. */
async function signedInOnDynamic() {
  const running = await started()
  phone = await running.enroll('ann')
  const client = await dynamicClient(running.origin, running.environmentId)
  await signInWithExternalJwt({ externalJwt: await running.externalJwt('ann') }, client)
  return client
}

/** What the examples call `https://id.example.com` is the server of this test. */
const { fetch: realFetch } = globalThis
const fetchFromServer: typeof fetch = (input, init) =>
  realFetch(
    input instanceof Request ? input : String(input).replace('https://id.example.com', server?.origin ?? ''),
    init,
  )

afterEach(async () => {
  vi.unstubAllGlobals()
  flow?.stop()
  for (const { value } of vi.mocked(createInspector).mock.results) value.stop()
  await server?.close()
  server = undefined
})

it('mfa-tokens: an MFA token is won, handed out, and removes', async () => {
  const { backend } = await signedIn()
  given({ flow, backend, deviceId: flow.getView().device?.id, code: await phone.nextUnused() })
  await import('example:docs/mfa-tokens.md/1')
  expect((await flow.settled()).device).toBeNull()
})

it('mfa-tokens: the flow removes by itself', async () => {
  await signedIn()
  given({ flow, code: await phone.nextUnused() })
  await import('example:docs/mfa-tokens.md/2')
  expect(flow.getView().device).toBeNull()
})

it('mfa-tokens: a challenge is answered by a code, and the request goes again', async () => {
  await signedIn()
  const exported: string[] = []
  const guard = server?.server.requireElevation('wallet:export')
  const exportKey = guard?.(({ method, url }, { userId }) => {
    exported.push(`${method} ${url} of ${userId}`)
    return new Response()
  })
  if (!exportKey) throw new Error('no server runs')
  class PageRequest extends Request {
    constructor(input: string | URL | Request, init?: RequestInit) {
      super(typeof input === 'string' ? new URL(input, 'https://app.example.com') : input, init)
    }
  }
  const fetch = (input: string | Request, init?: RequestInit) =>
    typeof input !== 'string' && input.url.includes('/private-key/')
      ? exportKey(input)
      : realFetch(input, init)
  given({ flow, session, fetch, Request: PageRequest, location: new URL('https://app.example.com') })
  const ran = import('example:docs/mfa-tokens.md/3')
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode(await phone.nextUnused())
  await ran
  expect(exported).toEqual(['POST https://app.example.com/private-key/export of ann'])
})

it('migrating: the functions of Dynamic’s documents remove a device over totp-flow’s service', async () => {
  await signedIn({ environmentId: 'production' })
  given({ session, fetch: fetchFromServer, code: await phone.nextUnused() })
  await import('example:docs/migrating.md/1')
  flow.refresh()
  expect((await flow.settled()).device).toBeNull()
})

it('keys: another service reads sessions and elevations, and spends those for one use', async () => {
  await signedIn({ environmentId: 'default', issuer: 'Example' })
  flow.stepUp(['wallet:export'])
  flow.submitCode(await phone.nextUnused())
  await flow.settled()
  const spent: string[] = []
  given({
    fetch: fetchFromServer,
    bearerToken: session.token,
    elevatedToken: flow.takeElevatedToken('wallet:export'),
    insertedIntoATableOfMyOwn: async (jti: string) => spent.push(jti) === 1,
  })
  await import('example:docs/keys.md/1')
  expect(spent).toHaveLength(1)
})

it('testing: a server is made, made to fail, and closed as it is shown', async () => {
  await import('example:docs/testing.md/4')
})

it('Dynamic: the flow is over the client that was set up', async () => {
  const client = await signedInOnDynamic()
  await import('example:docs/providers/dynamic.md/1')
  const [device] = await getMfaDevices(client)
  expect((await itsFlow().settled()).device).toMatchObject({ id: device?.id, verified: true })
})

it('mfa-tokens: once the old way is closed, no MFA token is asked for', async () => {
  const { backend } = await signedIn()
  given({ backend })
  await import('example:docs/mfa-tokens.md/4')
  expect(itsFlow().getView().error?.code).toBe('mfa_token_disabled')
})

it('migrating: what is said to be the old way on Dynamic’s SDK is one, and removes', async () => {
  const client = await signedInOnDynamic()
  const [device] = await getMfaDevices(client)
  given({ deviceId: device?.id, code: await phone.nextUnused() })
  await import('example:docs/migrating.md/2')
  expect(await getMfaDevices(client)).toEqual([])
})

it('migrating: a scope on Dynamic’s SDK removes', async () => {
  const client = await signedInOnDynamic()
  const [device] = await getMfaDevices(client)
  given({ deviceId: device?.id, code: await phone.nextUnused() })
  await import('example:docs/migrating.md/3')
  expect(await getMfaDevices(client)).toEqual([])
})

it('migrating: a flow over Dynamic’s SDK asks for the code by itself, and removes', async () => {
  const client = await signedInOnDynamic()
  await import('example:docs/migrating.md/4')
  await itsFlow().waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode(await phone.nextUnused())
  expect((await flow.settled()).device).toBeNull()
  expect(await getMfaDevices(client)).toEqual([])
})

it('testing: an authenticator shows its codes, and waits before it would show one again', async () => {
  const clock = new TestClock(Date.UTC(2026, 0, 1))
  vi.mocked(authenticator).mockImplementationOnce((uri) => realAuthenticator(uri, { clock }))
  await import('example:docs/testing.md/1')
  expect(authenticator).toHaveReturnedWith(expect.objectContaining({ issuer: 'Shop', account: 'ann' }))
  expect(clock.now()).toBe(Date.UTC(2026, 0, 1, 0, 1, 0))
})

it('dynamic-stand-in: a call that is not covered is answered as the page shows it', async () => {
  const page = readFileSync('docs/dynamic-stand-in.md', 'utf8')
  const shown = JSON.parse(/^```json\n(.*?)^```$/ms.exec(page)?.[1] ?? '')
  const { apiBaseUrl, environmentId } = await started()
  const url = `${apiBaseUrl}/sdk/${environmentId}/emailVerifications/create`
  const answer = await fetch(url, { method: 'POST' })
  const error = expect.stringContaining(shown.error.replace('…', ''))
  expect([answer.status, await answer.json()]).toEqual([404, { ...shown, error }])
})

it('inspector: what a flow does is seen by the viewer at its usual address', async () => {
  const viewer = await serveViewer({ port: 0, page: new URL('../examples/plain/', import.meta.url) })
  const told: { type: string; event?: { type: string } }[] = []
  const watching = new Socket(`${viewer.socketUrl}/viewer`)
  watching.on('message', (data) => told.push(JSON.parse(data.toString())))
  class ToTheViewer extends WebSocket {
    constructor(url: URL) {
      expect(url.origin).toBe('ws://localhost:4747')
      super(new URL(url.search, viewer.socketUrl))
    }
  }
  given({ WebSocket: ToTheViewer })
  await import('example:docs/inspector.md/1')
  await itsFlow().settled()
  flow.register()
  await expect.poll(() => told.map(({ event }) => event?.type)).toContain('device.register')
  watching.close()
  await viewer.close()
})

it('a service of your own: a backend with something put in between works as it did', async () => {
  await import('example:docs/providers/own-service.md/2')
  expect((await itsFlow().settled()).device).toBeNull()
  flow.register()
  expect((await flow.settled()).registration).not.toBeNull()
})

it('words: any words are replaced, and the rest stays', async () => {
  const { ours } = await import('example:docs/words.md/2')
  expect(ours.device).toEqual({ ...en.device, on: 'Your account is guarded', setUp: 'Guard my account' })
  expect(ours.errors.network).toBe('We are offline. Try again in a moment.')
  expect(ours.errors.server).toBe(en.errors.server)
})

it('words: an error is said in the words of a catalog', async () => {
  const { said } = await import('example:docs/words.md/3')
  await signedIn()
  expect(said(flow)).toBe('')
  flow.stepUp(['wallet:export'])
  flow.submitCode(phone.wrongCode())
  await flow.settled()
  expect(said(flow)).toMatch(/^\p{Script=Arabic}/u)
})

it('approvals: a payment is shown, approved with a code, and let through by a guard that knows it', async () => {
  given({
    masterKey: MASTER_KEY,
    identity: (name: string) => ({ userId: name, account: name }),
  })
  const { sendMoney } = await import('example:docs/approvals.md/2')
  const totp = vi.mocked(createTotpServer).mock.results.at(-1)?.value as TotpServer
  const backend = totp.backendFor({ userId: 'ann', account: 'ann' })
  flow = createTotpFlow({ backend })
  await flow.settled()
  flow.register()
  const { registration } = await flow.settled()
  const app = realAuthenticator(registration?.unseal().secret ?? '')
  flow.submitCode(app.code())
  await flow.settled()
  flow.release()
  await flow.settled()

  const location = new URL('https://id.example.com')
  const fetch = (input: string | Request, init?: RequestInit) => sendMoney(new Request(input, init))
  given({ flow, fetch, location, sessionToken: 'ann' })
  const paying = import('example:docs/approvals.md/1')
  const { reason } = await flow.waitFor(({ showsCodeField }) => showsCodeField)
  expect(reason).toBe('Send €100.00 to Bob')
  flow.submitCode(app.code(1))
  const { paid } = await paying
  expect(await paid.json()).toEqual({ sent: { amount: '100.00', currency: 'EUR', payee: 'Bob' }, by: 'ann' })
})
