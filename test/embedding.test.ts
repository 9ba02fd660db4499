/** The examples of docs/embedding.md, word for word, do what the page says that they do: those that need no page of a browser. */
import { readFileSync } from 'node:fs'
import { createInspector } from 'statescope'
import type { TotpBackend, TotpFlow } from 'totp-flow'
import { type Authenticator, authenticator } from 'totp-flow/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type AnyActorRef, createActor } from 'xstate'
import { totpMachine } from '../machines/totp.machine.ts'
import { totpActors, totpInput } from '../src/flow/actors.ts'
import { totpFlowOf } from '../src/flow/totp-flow-of.ts'
import { memoryBackend } from '../src/memory/index.ts'

vi.mock(import('statescope'), { spy: true })

/** What the reader has of the first example. */
let backend: TotpBackend
let totp: typeof totpMachine
let parent: AnyActorRef | undefined
let phone: Authenticator

beforeEach(() => {
  backend = memoryBackend()
  totp = totpMachine.provide({ actors: totpActors(backend) })
  vi.stubGlobal('backend', backend)
  vi.stubGlobal('totp', totp)
})
afterEach(() => {
  vi.unstubAllGlobals()
  parent?.stop()
})

/** The flow of the chart in the example's machine. */
function flowIn(machine: AnyActorRef): TotpFlow {
  parent = machine
  return totpFlowOf(machine.getSnapshot().children.totp, { backend })
}

async function scan(flow: TotpFlow): Promise<void> {
  await flow.settled()
  flow.register()
  phone = authenticator((await flow.settled()).registration?.unseal().uri ?? '', { ahead: 1 })
}

/** The user set up an authenticator before. */
async function enrolled(): Promise<void> {
  const actor = createActor(totp).start()
  const flow = totpFlowOf(actor, { backend })
  await scan(flow)
  flow.submitCode(await phone.nextUnused())
  expect((await flow.settled()).state).toBe('elevated')
  actor.stop()
}

it('the verbs of a child’s flow type a code and take the token', async () => {
  await enrolled()
  parent = createActor(totp).start()
  vi.stubGlobal('child', parent)
  vi.stubGlobal('code', await phone.nextUnused())
  const { token } = await import('example:docs/embedding.md/3')
  expect(token).toMatch(/^ey/)
})

it('events alone drive the chart, and the view says where it is', async () => {
  await enrolled()
  const { signIn, typed, view } = await import('example:docs/embedding.md/4')
  const flow = flowIn(signIn)
  await flow.settled()
  signIn.send({ type: 'factor.needed' })
  expect(view()?.showsCodeField).toBe(true)
  typed(`Your code is ${await phone.nextUnused()}`)
  await flow.settled()
  expect(view()?.elevation?.scopes).toEqual(['wallet:export'])
})

it('a spawned chart lives from signing in to signing out', async () => {
  await enrolled()
  const { app } = await import('example:docs/embedding.md/5')
  app.send({ type: 'user.signedIn' })
  const flow = flowIn(app)
  expect((await flow.settled()).device?.verified).toBe(true)
  app.send({ type: 'user.signedOut' })
  expect(flow.getView()).toMatchObject({ device: undefined, error: { code: 'unauthenticated' } })
})

it('a parent follows the snapshots of the chart', async () => {
  await enrolled()
  const { exporting } = await import('example:docs/embedding.md/6')
  const flow = flowIn(exporting)
  await flow.settled()
  flow.stepUp(['wallet:export'])
  flow.submitCode(await phone.nextUnused())
  await expect.poll(() => exporting.getSnapshot().value).toBe('exporting')
})

it('a parent hears what the chart emits, and gets its output', async () => {
  const { onboarding } = await import('example:docs/embedding.md/7')
  const flow = flowIn(onboarding)
  await scan(flow)
  flow.submitCode(phone.wrongCode())
  await flow.settled()
  flow.submitCode(await phone.nextUnused())
  await expect.poll(() => onboarding.getSnapshot().value).toBe('welcome')
  const [device] = await backend.getMfaDevices()
  expect(onboarding.getSnapshot().context).toEqual({ refusals: 1, deviceId: device?.id })
})

it('a persisted parent is restored in the middle of an enrollment, without its secret', async () => {
  const stored = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
  })
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  const before = flowIn((await import('example:docs/embedding.md/8')).settings)
  await scan(before)
  const secret = before.getView().registration?.unseal().secret
  page.dispatchEvent(new Event('pagehide'))
  parent?.stop()
  expect(secret).toBeTruthy()
  expect(stored.get('settings')).not.toContain(secret)
  vi.resetModules() // as a reload does
  const after = flowIn((await import('example:docs/embedding.md/8')).settings)
  expect(after).not.toBe(before)
  expect(after.getView()).toMatchObject({ showsCodeField: true, registration: null })
  after.submitCode(await phone.nextUnused())
  expect((await after.settled()).state).toBe('elevated')
})

it('the drawn paths reach every state', async () => {
  const told = vi.spyOn(console, 'log').mockReturnValue()
  await import('example:docs/embedding.md/9')
  const reached = new Set(told.mock.calls.map(([state]) => state))
  told.mockRestore()
  expect(reached.size).toBe(10)
})

it('an inspector sees the chart as a child', async () => {
  const { app } = await import('example:docs/embedding.md/11')
  await flowIn(app).settled()
  const [made] = vi.mocked(createInspector).mock.results
  expect(vi.mocked(createInspector)).toHaveBeenCalledOnce()
  made?.value.stop()
})

it('the page shows every sentence that the console can say, as it is', () => {
  const told = vi.spyOn(console, 'error').mockReturnValue()
  const said = readFileSync('docs/embedding.md', 'utf8')
  createActor(totp, { input: { ...totpInput(backend), callTimeout: 0, time: {} as never } })
  createActor(totpMachine).start().stop()
  const sentences = told.mock.calls.map(([error]) => (error as Error).message)
  told.mockRestore()
  expect(sentences).toHaveLength(3)
  for (const sentence of sentences) expect(said).toContain(`\`${sentence}\``)
})
