import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, expect, it, vi } from 'vitest'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { RIGHT_CODE, scriptedBackend } from './scripted-backend.ts'

afterEach(() => vi.unstubAllGlobals())

/** From nothing to elevated, and stopped. */
async function wholeFlow(): Promise<void> {
  const flow = createTotpFlow({ backend: scriptedBackend() })
  await flow.settled()
  flow.register()
  await flow.settled()
  flow.submitCode(RIGHT_CODE)
  const { state } = await flow.settled()
  flow.stop()
  if (state !== 'elevated') throw new Error(`ended ${state}`)
}

it('100,000 flows in one process leave the heap flat', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const heapAfter = async (flows: number) => {
    for (let count = 0; count < flows; count += 1) await wholeFlow()
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await heapAfter(10_000) // what is made once is made by then
  const after = await heapAfter(90_000)
  console.info(`heap grew by ${((after - before) / 1024).toFixed(0)} KiB over 90,000 flows`)
  expect(after - before).toBeLessThan(90_000 * 16) // not one small object a flow
}, 300_000)

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
