import { afterEach, expect, it, vi } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { scriptedBackend } from './scripted-backend.ts'

afterEach(() => vi.unstubAllGlobals())

it('a flow that has stopped listens to nothing in its page and keeps no channel open', async () => {
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
