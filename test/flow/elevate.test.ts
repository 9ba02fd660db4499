import { setImmediate } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { elevate } from '../../src/flow/elevate.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { RIGHT_CODE, scriptedBackend, TOKEN } from './scripted-backend.ts'

async function start(backend: TotpBackend = scriptedBackend({ verified: true })): Promise<TotpFlow> {
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  await flow.settled()
  return flow
}

async function win(flow: TotpFlow): Promise<void> {
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
}

it('what is in hand serves, but not for whom it was worth nothing', async () => {
  const backend = scriptedBackend({ verified: true })
  const flow = await start(backend)
  const codesAsked = () => backend.calls.filter(({ name }) => name === 'authenticateTotpMfaDevice').length
  flow.stepUp(['wallet:export'])
  await win(flow)
  expect(await elevate(flow, ['wallet:export'])).toBe(TOKEN)
  expect(codesAsked()).toBe(1)

  const answerWith = (token: string) =>
    backend.next('authenticateTotpMfaDevice', async () => ({
      deviceId: 'd1',
      sessionExpiresAt: Date.now() + 3_600_000,
      elevation: { scopes: ['wallet:sign'], expiresAt: Date.now() + 300_000, singleUse: false, token },
    }))
  answerWith('one')
  flow.stepUp(['wallet:sign'])
  await win(flow)
  const left = elevate(flow, ['wallet:sign'], { worthless: 'one' })
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.cancel()
  await expect(left).rejects.toMatchObject({ code: 'cancelled' })

  const [fresh, next] = [0, 1].map(() => elevate(flow, ['wallet:sign'], { worthless: 'one' }))
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  answerWith('another')
  await win(flow)
  expect(await fresh).toBe('another')
  expect(await next).toBe('another')
  expect(codesAsked()).toBe(3)
})

it('what is in hand serves at once while a code is asked for something else, whose prompt stays as it is', async () => {
  const flow = await start()
  flow.stepUp(['wallet:export'])
  await win(flow)
  flow.stepUp(['user:delete'])
  expect(await elevate(flow, ['wallet:export'])).toBe(TOKEN)
  expect(flow.getView()).toMatchObject({
    state: 'awaitingCode',
    requestedScopes: ['user:delete'],
    error: null,
  })
})

it('what is not in hand is asked for after the prompt that is open, which stays as it is', async () => {
  const flow = await start()
  flow.deleteDevice()
  const elevated = elevate(flow, ['wallet:export'])
  await setImmediate() // by then it would have been asked for
  expect(flow.getView()).toMatchObject({ intent: 'delete', error: null })
  flow.cancel()
  await flow.waitFor(({ requestedScopes }) => requestedScopes.includes('wallet:export'))
  flow.submitCode(RIGHT_CODE)
  expect(await elevated).toBe(TOKEN)
})

it('who gave up before the turn takes nothing that is in hand', async () => {
  const flow = await start()
  flow.stepUp(['wallet:export'])
  await win(flow)
  const signal = AbortSignal.abort()
  await expect(elevate(flow, ['wallet:export'], { signal })).rejects.toMatchObject({ code: 'aborted' })
  expect(flow.takeElevatedToken('wallet:export')).toBe(TOKEN)
})

it('who had no more time is told so, and not that somebody stopped it', async () => {
  const signal = AbortSignal.abort(new DOMException('too late', 'TimeoutError'))
  await expect(elevate(await start(), ['wallet:export'], { signal })).rejects.toMatchObject({
    code: 'timeout',
  })
})

it('a removal that is open ends before anything is asked, and leaves nothing to ask', async () => {
  const backend = scriptedBackend({ verified: true })
  const removed = Promise.withResolvers<never>()
  backend.next('deleteMfaDevice', () => removed.promise)
  const flow = await start(backend)
  flow.deleteDevice()
  const elevated = elevate(flow, ['wallet:export']).catch((cause: unknown) => cause)
  await setImmediate()
  flow.submitCode(RIGHT_CODE)
  await flow.waitFor(({ state }) => state === 'deleting')
  await setImmediate()
  backend.next('getMfaDevices', async () => [])
  removed.resolve(undefined as never)
  expect(await elevated).toMatchObject({ code: 'no_device' })
})

it('what the person turned away leaves the next prompt alone', async () => {
  const flow = await start()
  const turnedAway = elevate(flow, ['wallet:export']).catch((cause: unknown) => cause)
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.cancel()
  flow.stepUp(['wallet:sign'])
  expect(await turnedAway).toMatchObject({ code: 'cancelled' })
  expect(flow.getView().showsCodeField).toBe(true)
})

it('who gives up takes the own prompt away, and nobody else’s', async () => {
  const backend = scriptedBackend({ verified: true })
  const flow = await start(backend)
  const asking = new AbortController()
  const asked = elevate(flow, ['wallet:export'], { signal: asking.signal }).catch((cause: unknown) => cause)
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  asking.abort()
  expect(await asked).toMatchObject({ code: 'aborted' })
  expect(flow.getView().showsCodeField).toBe(false)

  flow.deleteDevice()
  backend.hangs('authenticateTotpMfaDevice')
  flow.submitCode(RIGHT_CODE)
  const waiting = new AbortController()
  const behind = elevate(flow, ['wallet:export'], { signal: waiting.signal }).catch((cause: unknown) => cause)
  await Promise.resolve()
  waiting.abort()
  expect(await behind).toMatchObject({ code: 'aborted' })
  expect(flow.getView()).toMatchObject({ state: 'verifying', intent: 'delete' })
})

it('what the other code wins serves as well', async () => {
  const flow = await start()
  flow.stepUp(['wallet:export'])
  const asked = elevate(flow, ['wallet:export'])
  await flow.settled()
  flow.submitCode(RIGHT_CODE)
  expect(await asked).toBe(TOKEN)
})

it('an authenticator that is set up meanwhile is asked for a code; one that is not has nothing to ask', async () => {
  const flow = await start(scriptedBackend())
  const setUp = async () => {
    await flow.settled()
    flow.register()
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
  }
  await setUp()
  const refused = elevate(flow, ['wallet:export']).catch((cause: unknown) => cause)
  await Promise.resolve()
  await flow.settled()
  expect(flow.getView().error).toBeNull()
  flow.cancel()
  expect(await refused).toMatchObject({ code: 'no_device' })

  await setUp()
  const asked = elevate(flow, ['wallet:export'])
  flow.submitCode(RIGHT_CODE)
  await flow.waitFor(({ showsCodeField, intent }) => showsCodeField && intent === 'stepUp')
  flow.submitCode(RIGHT_CODE)
  expect(await asked).toBe(TOKEN)
})

it('a flow that stops says nothing of a code that nobody will type', async () => {
  const warned = vi.spyOn(console, 'warn')
  onTestFinished(() => warned.mockRestore())
  const flow = createTotpFlow({ backend: scriptedBackend({ verified: true }) })
  const asked = elevate(flow, ['wallet:export']).catch((cause: unknown) => cause)
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.stop()
  expect(await asked).toMatchObject({ code: 'aborted' })
  expect(warned).not.toHaveBeenCalled()
})

it('callers of what serves once are asked one after another, each for a code of its own', async () => {
  const flow = await start()
  const tokens = Promise.all([elevate(flow, ['wallet:export']), elevate(flow, ['wallet:export'])])
  for (const _ of ['the first', 'the second']) {
    await win(flow)
  }
  expect(await tokens).toEqual([TOKEN, TOKEN])
})

it('who gives up in the line keeps the places of the others', async () => {
  const backend = scriptedBackend({ verified: true })
  const devices = Promise.withResolvers<unknown>()
  backend.next('getMfaDevices', () => devices.promise)
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  const leaving = new AbortController()
  const first = elevate(flow, ['wallet:export'])
  const second = elevate(flow, ['user:delete'], { signal: leaving.signal })
  leaving.abort()
  await expect(second).rejects.toMatchObject({ code: 'aborted' })
  const third = elevate(flow, ['wallet:delete'])
  await setImmediate() // by then whoever is next waits for the flow alone
  devices.resolve([{ id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00.000Z' }])
  await win(flow)
  expect(await first).toBe(TOKEN)
  await flow.waitFor(({ requestedScopes }) => requestedScopes.includes('wallet:delete'))
  await win(flow)
  expect(await third).toBe(TOKEN)
})

it('leaves no listener on a signal that outlives the call, and nothing of the token in the line', async () => {
  const flow = await start()
  const { signal } = new AbortController()
  const listen = vi.spyOn(signal, 'addEventListener')
  flow.stepUp(['wallet:export'])
  await win(flow)
  const settled = vi.spyOn(Promise, 'allSettled')
  expect(await elevate(flow, ['wallet:export'], { signal })).toBe(TOKEN)
  for (const [, , options] of listen.mock.calls) {
    expect(options).toMatchObject({ signal: expect.objectContaining({ aborted: true }) })
  }
  expect(settled).toHaveBeenCalledOnce()
  settled.mockRestore()
})

it('who gives up in the line is told at once, and the prompt of another stays', async () => {
  const flow = await start()
  const first = elevate(flow, ['wallet:export'])
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  const leaving = new AbortController()
  const second = elevate(flow, ['user:delete'], { signal: leaving.signal })
  leaving.abort()
  await expect(second).rejects.toMatchObject({ code: 'aborted' })
  await expect(elevate(flow, ['user:delete'], { signal: leaving.signal })).rejects.toMatchObject({
    code: 'aborted',
  })
  expect(flow.getView()).toMatchObject({ showsCodeField: true, requestedScopes: ['wallet:export'] })
  await win(flow)
  expect(await first).toBe(TOKEN)
})
