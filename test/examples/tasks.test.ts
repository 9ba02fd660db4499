import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { generateSync } from 'otplib'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { examplesOf, pages } from '../support/page-examples.ts'

const FOLDER = 'examples/tasks'
const shown = pages.flatMap(examplesOf)

it.each(readdirSync(FOLDER))('one page shows %s as it is run here', (name) => {
  const text = readFileSync(`${FOLDER}/${name}`, 'utf8')
  expect(shown.filter((example) => example.text === text)).toHaveLength(1)
})

beforeEach(() => {
  vi.resetModules()
  vi.stubEnv('TOTP_FLOW_MASTER_KEY', randomBytes(32).toString('base64'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

async function enroll(flow: import('totp-flow').TotpFlow): Promise<string> {
  await flow.settled()
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  const { secret } = registration?.unseal() ?? { secret: '' }
  flow.submitCode(generateSync({ secret }))
  await flow.waitFor(({ state }) => state === 'elevated')
  return secret
}
const nextCode = (secret: string) => generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + 30 })

it('embedding: the flow runs, and says what it does', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const { flow, setUp } = await import('../../examples/tasks/embed.ts')
  await flow.settled()
  setUp()
  await flow.waitFor(({ registration }) => registration !== null)
  await enroll(flow)
  expect(log.mock.calls.map(([first]) => first)).toEqual(
    expect.arrayContaining(['registering', 'set up', 'elevated']),
  )
  flow.stop()
})

/** As in a tab. */
function stubSessionStorage() {
  const kept = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
  })
}

it('a server and a page: a reload goes on, the action takes a code, and then happens', async () => {
  stubSessionStorage()
  const { fetch, totp } = await import('../../examples/tasks/server.ts')
  const { connect } = await import('../../examples/tasks/protect.ts')
  const open = () => connect(async (input, init) => fetch(new Request(input, init)))
  const before = open().flow
  await before.settled()
  before.register()
  const { registration } = await before.waitFor(({ state }) => state === 'awaitingCode')
  before.stop()
  const { flow, exportKey } = open()
  const { secret } = registration?.unseal() ?? { secret: '' }
  flow.submitCode(generateSync({ secret }))
  await flow.waitFor(({ state }) => state === 'elevated')
  const answer = exportKey()
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode(nextCode(secret))
  expect(await (await answer).json()).toEqual({ keyOf: 'ada' })
  flow.stop()
  await totp.close()
})

it('a service of your own: what it answers is what the flow shows', async () => {
  const { createTotpFlow } = await import('totp-flow')
  const { yourBackend } = await import('../../examples/tasks/backend.ts')
  const answers: Record<string, () => Response> = {
    '/devices': () => Response.json([]),
    '/register': () =>
      Response.json({
        id: 'd',
        secret: 'JBSWY3DPEHPK3PXP',
        uri: 'otpauth://totp/You?secret=JBSWY3DPEHPK3PXP',
      }),
    '/verify': () => new Response(null, { status: 400 }),
  }
  const backend = yourBackend(async (path) => answers[path]?.() ?? new Response(null, { status: 500 }))
  const flow = createTotpFlow({ backend })
  await flow.settled()
  flow.register()
  await flow.waitFor(({ state }) => state === 'awaitingCode')
  flow.submitCode('123456')
  expect((await flow.settled()).error?.code).toBe('invalid_code')
  answers['/verify'] = () => new Response(null, { status: 429 })
  flow.submitCode('123456')
  expect(await flow.settled()).toMatchObject({ detail: 'throttled', error: { code: 'rate_limited' } })
  flow.stop()
})

it('seeing: the flow goes on when nobody looks', async () => {
  const { flow, stop } = await import('../../examples/tasks/inspect.ts')
  await enroll(flow)
  stop()
  flow.stop()
})
