import { afterEach, expect, it, vi } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { scriptedBackend } from './scripted-backend.ts'

afterEach(() => vi.unstubAllGlobals())

it('a verb of a stopped flow does nothing, and the console names it once', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const verbs: [name: string, call: (flow: TotpFlow) => unknown][] = [
    ['register', (flow) => flow.register()],
    ['submitCode', (flow) => flow.submitCode('123456')],
    ['submitRecoveryCode', (flow) => flow.submitRecoveryCode('abcde-abcde')],
    ['stepUp', (flow) => flow.stepUp(['wallet:export'])],
    ['authenticate', (flow) => flow.authenticate({ code: '123456' })],
    ['deleteDevice', (flow) => flow.deleteDevice()],
    ['cancel', (flow) => flow.cancel()],
    ['refresh', (flow) => flow.refresh()],
    ['release', (flow) => flow.release()],
    ['signOut', (flow) => flow.signOut()],
  ]
  for (const [name, call] of verbs) {
    const flow = createTotpFlow({ backend: scriptedBackend() })
    await flow.settled()
    const said = (words: string) => told.mock.calls.filter(([text]) => String(text).includes(words)).length
    flow.stop()
    const view = flow.getView()
    call(flow)
    call(flow)
    expect([said(`totp-flow: ${name}() was called on a flow that has stopped`), said('123456')]).toEqual([
      1, 0,
    ])
    expect(flow.getView()).toBe(view)
    told.mockClear()
  }
  told.mockRestore()
})

it('a stopped flow has no listener in its page and no open channel', async () => {
  const page = new EventTarget()
  const listening = new Map<string, number>()
  const count = (type: string, change: number) => listening.set(type, (listening.get(type) ?? 0) + change)
  vi.spyOn(page, 'addEventListener').mockImplementation((type) => void count(type, 1))
  vi.spyOn(page, 'removeEventListener').mockImplementation((type) => void count(type, -1))
  const open = new Set<string>()
  class Channel {
    readonly #name: string
    constructor(name: string) {
      this.#name = name
      open.add(name)
    }
    postMessage() {}
    close() {
      open.delete(this.#name)
    }
  }
  vi.stubGlobal('window', page)
  vi.stubGlobal('BroadcastChannel', Channel)
  const flow = createTotpFlow({ backend: { ...scriptedBackend(), channel: 'service' } })
  await flow.settled()
  expect(open.size).toBe(1)
  expect([...listening.values()].every((now) => now === 1)).toBe(true)
  expect([...listening.keys()]).toContain('visibilitychange')
  flow.stop()
  expect(open.size).toBe(0)
  expect([...listening.values()].every((now) => now === 0)).toBe(true)
})
