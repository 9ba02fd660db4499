import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow, TotpFlowOptions } from '../../src/flow/totp-flow.ts'
import { TestClock } from '../../src/testing/test-clock.ts'
import { RIGHT_CODE, scriptedBackend } from './scripted-backend.ts'

/** The channels of a browser, whose news arrives at once. */
const open = new Map<Channel, string>()
class Channel {
  onmessage: ((event: MessageEvent) => unknown) | null = null
  constructor(name: string) {
    open.set(this, name)
  }
  postMessage(data: unknown) {
    for (const [other, name] of open)
      if (other !== this && name === open.get(this)) other.onmessage?.(new MessageEvent('message', { data }))
  }
  close() {
    open.delete(this)
  }
}

let page: EventTarget
const flows: TotpFlow[] = []
beforeEach(() => {
  page = new EventTarget()
  vi.stubGlobal('window', page)
  vi.stubGlobal('BroadcastChannel', Channel)
})
afterEach(() => {
  for (const flow of flows.splice(0)) flow.stop()
  expect(open.size).toBe(0)
  vi.unstubAllGlobals()
})

async function tab(options: Partial<TotpFlowOptions> = {}, { verified = true } = {}) {
  const clock = new TestClock(0)
  const backend = scriptedBackend({ verified, now: () => clock.now() })
  const flow = createTotpFlow({ backend: { ...backend, channel: 'service' }, clock, ...options })
  flows.push(flow)
  await flow.settled()
  const asked = () => backend.calls.filter(({ name }) => name === 'getMfaDevices').length
  return { flow, clock, backend, asked }
}

it.each(['visibilitychange', 'pageshow', 'focus'])(
  'a page that returns by %s checks whether its elevations expired',
  async (event) => {
    const { flow, clock } = await tab()
    flow.stepUp(['wallet:export'])
    flow.submitCode(RIGHT_CODE)
    await flow.settled()
    clock.sleep(300_000)
    expect(flow.getView().state).toBe('elevated')
    page.dispatchEvent(new Event(event))
    expect(flow.getView().state).toBe('idle')
  },
)

it('no other listener can hide the return of a page', async () => {
  const listening = vi.spyOn(page, 'addEventListener')
  await tab()
  for (const [, , capture] of listening.mock.calls) expect(capture).toBe(true) // before others can stop it
  expect(listening).toHaveBeenCalledTimes(3)
})

it('focusing a field is not taken for the return of a page', async () => {
  const listening = vi.spyOn(page, 'addEventListener')
  const { flow, clock } = await tab()
  flow.stepUp(['wallet:export'])
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  clock.sleep(300_000)
  const within = new EventTarget() // whose events the page hears on their way down
  for (const [type, listener] of listening.mock.calls) within.addEventListener(type, listener)
  within.dispatchEvent(new Event('focus'))
  expect(flow.getView().state).toBe('elevated')
  within.dispatchEvent(new Event('visibilitychange'))
  expect(flow.getView().state).toBe('idle')
})

it('a stopped flow no longer listens to its page', async () => {
  const listening = vi.spyOn(page, 'addEventListener')
  const leaving = vi.spyOn(page, 'removeEventListener')
  const { flow } = await tab()
  flow.stop()
  expect(leaving.mock.calls).toEqual(listening.mock.calls)
})

it('other tabs hear of a setup and of a removal, and load the devices again', async () => {
  const here = await tab({}, { verified: false })
  const there = await tab({}, { verified: false })
  here.flow.register()
  await here.flow.settled()
  here.flow.submitCode(RIGHT_CODE)
  await here.flow.settled()
  expect(there.asked()).toBe(2)
  here.flow.deleteDevice()
  here.flow.submitCode(RIGHT_CODE)
  await here.flow.waitFor(({ state, busy }) => state === 'idle' && !busy)
  expect(there.asked()).toBe(3)
})

it('a change is not announced back to the tab that announced it', async () => {
  const here = await tab({}, { verified: false })
  const there = await tab({}, { verified: false })
  there.backend.next(
    'getMfaDevices',
    async () => [{ id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00Z' }] as never,
  )
  here.flow.register()
  await here.flow.settled()
  here.flow.submitCode(RIGHT_CODE)
  await there.flow.waitFor(({ device }) => device?.verified === true)
  await here.flow.settled()
  expect(here.asked()).toBe(1)
})

it('a refresh or a step-up that changes no device is not announced to other tabs', async () => {
  const here = await tab()
  const there = await tab()
  here.flow.refresh()
  await here.flow.settled()
  here.flow.stepUp(['wallet:export'])
  here.flow.submitCode(RIGHT_CODE)
  await here.flow.settled()
  expect(there.asked()).toBe(1)
})

it('a sign-out signs the other tabs out', async () => {
  const here = await tab()
  const there = await tab()
  here.flow.signOut()
  expect(there.flow.getView()).toMatchObject({ device: undefined, error: { code: 'unauthenticated' } })
  await here.flow.settled()
})

it('tabs hear only those of the same name, and none if the host turns that off', async () => {
  const here = await tab({ tabs: 'alice' })
  const there = await tab({ tabs: 'bob' })
  const alone = await tab({ tabs: false })
  const same = await tab({ tabs: 'alice' })
  expect([...open.values()]).toEqual(['totp-flow alice', 'totp-flow bob', 'totp-flow alice'])
  here.flow.signOut()
  expect([there, alone, same].map(({ flow }) => flow.getView().device?.verified)).toEqual([
    true,
    true,
    undefined,
  ])
})

it('other tabs can be reached over the host’s own channel', async () => {
  const channel = new Channel('ours')
  const { flow } = await tab({ tabs: channel })
  new Channel('ours').postMessage('signedOut')
  expect(flow.getView().device).toBeUndefined()
  for (const one of open.keys()) one.close()
})

it.each(['toString', 'stop', '', 42, null, { type: 'session.end' }])(
  'the message %j from another tab is ignored',
  async (data) => {
    const { flow } = await tab()
    const before = flow.getView()
    new Channel('totp-flow service').postMessage(data)
    expect(flow.getView()).toBe(before)
    for (const one of open.keys()) one.close()
  },
)

it('a tab that hears of a change during its own call announces its result', async () => {
  const here = await tab({}, { verified: false })
  const there = await tab({}, { verified: false })
  here.flow.register()
  await here.flow.settled()
  const late = Promise.withResolvers<never>()
  here.backend.next('authenticateTotpMfaDevice', () => late.promise)
  here.flow.submitCode(RIGHT_CODE)
  here.backend.next(
    'getMfaDevices',
    async () => [{ id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00Z' }] as never,
  )
  new Channel('totp-flow service').postMessage('changed') // and the call may have got through
  const before = there.asked()
  await here.flow.settled()
  expect(there.asked()).toBe(before + 1)
  for (const [one] of [...open].slice(2)) one.close()
})

it('outside a page, a flow opens no channel and adds no listener', async () => {
  vi.stubGlobal('window', undefined)
  const { flow } = await tab()
  expect(open.size).toBe(0)
  flow.signOut()
})
