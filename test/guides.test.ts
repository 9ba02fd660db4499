/** The examples of the guides, word for word, do what the guides say that they do. test/readme.test.ts compiles all of them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { httpBackend } from 'totp-flow/client'
import type { Authenticator } from 'totp-flow/testing'
import { startTestServer, type TestServer } from 'totp-flow/testing/server'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

/** Inside the package, where its own name resolves, and out of Git's sight. */
const FOLDER = resolve('test-results/guides')
mkdirSync(FOLDER, { recursive: true })

/** Runs an example, with what it takes from the reader's own app. */
async function run(guide: string, index: number, own: Record<string, unknown> = {}): Promise<void> {
  const examples = [...readFileSync(`docs/${guide}.md`, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)]
  for (const [name, value] of Object.entries(own)) vi.stubGlobal(name, value)
  const file = `${FOLDER}/${guide}-${index}.ts`
  writeFileSync(file, `${examples[index]?.[1]}\nexport {}\n`)
  await import(file)
}

let server: TestServer
let phone: Authenticator
let flow: TotpFlow
const session = { token: '' }
const backend = () =>
  httpBackend({
    baseUrl: server.apiBaseUrl,
    environmentId: server.environmentId,
    getAccessToken: () => session.token,
  })

async function signedIn(options: Parameters<typeof startTestServer>[0] = {}) {
  server = await startTestServer(options)
  session.token = await server.signIn('ann')
  phone = await server.enroll('ann')
  flow = createTotpFlow({ backend: backend(), clock: server.clock })
  await flow.settled()
}
/** What the examples call `https://id.example.com` is the server of this test. */
const { fetch: realFetch } = globalThis
const fetchFromServer: typeof fetch = (input, init) =>
  realFetch(
    input instanceof Request ? input : String(input).replace('https://id.example.com', server.origin),
    init,
  )

beforeEach(() => vi.resetModules())
afterEach(async () => {
  vi.unstubAllGlobals()
  flow?.stop()
  await server?.close()
})

it('mfa-tokens: an MFA token is won, handed out, and removes', async () => {
  await signedIn()
  const own = {
    flow,
    backend: backend(),
    deviceId: flow.getView().device?.id,
    code: await phone.nextUnused(),
  }
  await run('mfa-tokens', 0, own)
  expect((await flow.settled()).device).toBeNull()
})

it('mfa-tokens: the flow removes by itself', async () => {
  await signedIn()
  await run('mfa-tokens', 1, { flow, code: await phone.nextUnused() })
  expect(flow.getView().device).toBeNull()
})

it('mfa-tokens: a challenge is answered by a code, and the request goes again', async () => {
  await signedIn()
  const asked: Request[] = []
  const challenge = 'Bearer error="insufficient_user_authentication", scope="wallet:export"'
  const service = async (request: Request) => {
    asked.push(request)
    const isProven = request.headers.has('x-dyn-elevated-access-token')
    return new Response(null, isProven ? {} : { status: 401, headers: { 'www-authenticate': challenge } })
  }
  class PageRequest extends Request {
    constructor(input: string | URL | Request, init?: RequestInit) {
      super(typeof input === 'string' ? new URL(input, 'https://app.example.com') : input, init)
    }
  }
  const fetch = (input: string | Request, init?: RequestInit) =>
    typeof input !== 'string' && input.url.includes('/private-key/') ? service(input) : realFetch(input, init)
  const ran = run('mfa-tokens', 2, { flow, fetch, Request: PageRequest })
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode(await phone.nextUnused())
  await ran
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(
    Array(2).fill('POST https://app.example.com/private-key/export'),
  )
})

it('migrating: the functions of Dynamic’s documents remove over a service of ours', async () => {
  await signedIn({ environmentId: 'production' })
  await run('migrating', 0, { session, fetch: fetchFromServer, code: await phone.nextUnused() })
  flow.refresh()
  expect((await flow.settled()).device).toBeNull()
})

it('keys: another service reads sessions and elevations, and spends those for one use', async () => {
  await signedIn({ environmentId: 'live', issuer: 'Example' })
  flow.stepUp(['wallet:export'])
  flow.submitCode(await phone.nextUnused())
  await flow.settled()
  const spent: string[] = []
  await run('keys', 0, {
    fetch: fetchFromServer,
    bearerToken: session.token,
    elevatedToken: flow.takeElevatedToken('wallet:export'),
    insertedIntoATableOfMyOwn: async (jti: string) => spent.push(jti) === 1,
  })
  expect(spent).toHaveLength(1)
})

it('testing: a server is made, made to fail, and closed as it is shown', async () => {
  await run('testing', 3)
})
