import { memoryBackend } from 'totp-flow/memory'
import { TestClock } from 'totp-flow/testing'
import { expect, it } from 'vitest'
import { clearLine, overLine } from '../../stories/line.ts'

const clock = new TestClock()
const lineOver = (line = clearLine) => overLine(memoryBackend({ clock: clock.now }), clock, line)

it('a slow line answers when its time has come', async () => {
  const { backend } = lineOver({ ...clearLine, latency: 3000 })
  let answered = false
  const answer = backend.getMfaDevices().then(() => {
    answered = true
  })
  clock.pass(2999)
  await Promise.resolve()
  expect(answered).toBe(false)
  clock.pass(1)
  await answer
})

it('a failure meets the calls that it is for, and no others', async () => {
  const { backend, set } = lineOver({ ...clearLine, failure: 'server', failing: 'getMfaDevices' })
  await expect(backend.getMfaDevices()).rejects.toMatchObject({ code: 'server' })
  await backend.registerTotpMfaDevice()
  set(clearLine)
  expect(await backend.getMfaDevices()).toHaveLength(1)
})

it('a hanging call is answered once the line is clear', async () => {
  const { backend, set } = lineOver({ ...clearLine, failure: 'no answer' })
  const answer = backend.getMfaDevices()
  set(clearLine)
  expect(await answer).toEqual([])
})

it('no call gets through without a network, and every call again with one', async () => {
  const { backend, turn } = lineOver()
  turn(false)
  await expect(backend.getMfaDevices()).rejects.toMatchObject({ code: 'network' })
  turn(true)
  expect(await backend.getMfaDevices()).toEqual([])
})
