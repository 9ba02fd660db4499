import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { elevate, runElevated } from '../../src/flow/elevate.ts'
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

const tokenFor = async (...given: Parameters<typeof elevate>) => (await elevate(...given)).token

it('a held token is returned, except to a caller whose server rejected it', async () => {
  const backend = scriptedBackend({ verified: true })
  const flow = await start(backend)
  const codesAsked = () => backend.calls.filter(({ name }) => name === 'authenticateTotpMfaDevice').length
  flow.stepUp(['wallet:export'])
  await win(flow)
  expect(await tokenFor(flow, ['wallet:export'])).toBe(TOKEN)
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
  const left = tokenFor(flow, ['wallet:sign'], { rejectedToken: 'one' })
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.cancel()
  await expect(left).rejects.toMatchObject({ code: 'cancelled' })

  const [fresh, next] = [0, 1].map(() => tokenFor(flow, ['wallet:sign'], { rejectedToken: 'one' }))
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  answerWith('another')
  await win(flow)
  expect(await fresh).toBe('another')
  expect(await next).toBe('another')
  expect(codesAsked()).toBe(3)
})

it('a held token is returned at once during another prompt, which stays open', async () => {
  const flow = await start()
  flow.stepUp(['wallet:export'])
  await win(flow)
  flow.stepUp(['user:delete'])
  expect(await tokenFor(flow, ['wallet:export'])).toBe(TOKEN)
  expect(flow.getView()).toMatchObject({
    state: 'awaitingCode',
    requestedScopes: ['user:delete'],
    error: null,
  })
})

it('a scope that is not held is prompted for after the open prompt, which stays open', async () => {
  const flow = await start()
  flow.deleteDevice()
  const elevated = tokenFor(flow, ['wallet:export'])
  await setImmediate() // by then it would have been asked for
  expect(flow.getView()).toMatchObject({ intent: 'delete', error: null })
  flow.cancel()
  await flow.waitFor(({ requestedScopes }) => requestedScopes.includes('wallet:export'))
  flow.submitCode(RIGHT_CODE)
  expect(await elevated).toBe(TOKEN)
})

it('a caller who gave up before its turn takes no held token', async () => {
  const flow = await start()
  flow.stepUp(['wallet:export'])
  await win(flow)
  const signal = AbortSignal.abort()
  await expect(tokenFor(flow, ['wallet:export'], { signal })).rejects.toMatchObject({ code: 'aborted' })
  expect(flow.takeElevatedToken('wallet:export')).toBe(TOKEN)
})

it('a caller whose signal timed out gets a time-out, not an abort', async () => {
  const signal = AbortSignal.abort(new DOMException('too late', 'TimeoutError'))
  await expect(tokenFor(await start(), ['wallet:export'], { signal })).rejects.toMatchObject({
    code: 'timeout',
  })
})

it('an open removal ends before a scope is prompted for, and leaves no device to prompt for', async () => {
  const backend = scriptedBackend({ verified: true })
  const removed = Promise.withResolvers<never>()
  backend.next('deleteMfaDevice', () => removed.promise)
  const flow = await start(backend)
  flow.deleteDevice()
  const elevated = tokenFor(flow, ['wallet:export']).catch((cause: unknown) => cause)
  await setImmediate()
  flow.submitCode(RIGHT_CODE)
  await flow.waitFor(({ state }) => state === 'deleting')
  await setImmediate()
  backend.next('getMfaDevices', async () => [])
  removed.resolve(undefined as never)
  expect(await elevated).toMatchObject({ code: 'no_device' })
})

it('a prompt that the user cancelled does not affect the next one', async () => {
  const flow = await start()
  const turnedAway = tokenFor(flow, ['wallet:export']).catch((cause: unknown) => cause)
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.cancel()
  flow.stepUp(['wallet:sign'])
  expect(await turnedAway).toMatchObject({ code: 'cancelled' })
  expect(flow.getView().showsCodeField).toBe(true)
})

it('a caller who gives up closes its own prompt, and no other', async () => {
  const backend = scriptedBackend({ verified: true })
  const flow = await start(backend)
  const asking = new AbortController()
  const asked = tokenFor(flow, ['wallet:export'], { signal: asking.signal }).catch((cause: unknown) => cause)
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  asking.abort()
  expect(await asked).toMatchObject({ code: 'aborted' })
  expect(flow.getView().showsCodeField).toBe(false)

  flow.deleteDevice()
  backend.hangs('authenticateTotpMfaDevice')
  flow.submitCode(RIGHT_CODE)
  const waiting = new AbortController()
  const behind = tokenFor(flow, ['wallet:export'], { signal: waiting.signal }).catch(
    (cause: unknown) => cause,
  )
  await Promise.resolve()
  waiting.abort()
  expect(await behind).toMatchObject({ code: 'aborted' })
  expect(flow.getView()).toMatchObject({ state: 'verifying', intent: 'delete' })
})

it('a token that another prompt’s code won is returned too', async () => {
  const flow = await start()
  flow.stepUp(['wallet:export'])
  const asked = tokenFor(flow, ['wallet:export'])
  await flow.settled()
  flow.submitCode(RIGHT_CODE)
  expect(await asked).toBe(TOKEN)
})

it('a request during a setup prompts once the setup is complete, and fails if it is cancelled', async () => {
  const flow = await start(scriptedBackend())
  const setUp = async () => {
    await flow.settled()
    flow.register()
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
  }
  await setUp()
  const refused = tokenFor(flow, ['wallet:export']).catch((cause: unknown) => cause)
  await Promise.resolve()
  await flow.settled()
  expect(flow.getView().error).toBeNull()
  flow.cancel()
  expect(await refused).toMatchObject({ code: 'no_device' })

  await setUp()
  const asked = tokenFor(flow, ['wallet:export'])
  flow.submitCode(RIGHT_CODE)
  await flow.waitFor(({ showsCodeField, intent }) => showsCodeField && intent === 'stepUp')
  flow.submitCode(RIGHT_CODE)
  expect(await asked).toBe(TOKEN)
})

it('stopping a flow during a prompt aborts its callers without a warning', async () => {
  const warned = vi.spyOn(console, 'warn')
  onTestFinished(() => warned.mockRestore())
  const flow = createTotpFlow({ backend: scriptedBackend({ verified: true }) })
  const asked = tokenFor(flow, ['wallet:export']).catch((cause: unknown) => cause)
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.stop()
  expect(await asked).toMatchObject({ code: 'aborted' })
  expect(warned).not.toHaveBeenCalled()
})

it('callers for a single-use token are prompted one after another, each for a code of its own', async () => {
  const flow = await start()
  const tokens = Promise.all([tokenFor(flow, ['wallet:export']), tokenFor(flow, ['wallet:export'])])
  for (const _ of ['the first', 'the second']) {
    await win(flow)
  }
  expect(await tokens).toEqual([TOKEN, TOKEN])
})

it('a caller who leaves the queue keeps the order of the others', async () => {
  const backend = scriptedBackend({ verified: true })
  const devices = Promise.withResolvers<unknown>()
  backend.next('getMfaDevices', () => devices.promise)
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  const leaving = new AbortController()
  const first = tokenFor(flow, ['wallet:export'])
  const second = tokenFor(flow, ['user:delete'], { signal: leaving.signal })
  leaving.abort()
  await expect(second).rejects.toMatchObject({ code: 'aborted' })
  const third = tokenFor(flow, ['wallet:delete'])
  await setImmediate() // by then whoever is next waits for the flow alone
  devices.resolve([{ id: 'd1', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00.000Z' }])
  await win(flow)
  expect(await first).toBe(TOKEN)
  await flow.waitFor(({ requestedScopes }) => requestedScopes.includes('wallet:delete'))
  await win(flow)
  expect(await third).toBe(TOKEN)
})

it('a finished call leaves no listener on its signal, and no token in the queue', async () => {
  const flow = await start()
  const { signal } = new AbortController()
  const listen = vi.spyOn(signal, 'addEventListener')
  flow.stepUp(['wallet:export'])
  await win(flow)
  const settled = vi.spyOn(Promise, 'allSettled')
  expect(await tokenFor(flow, ['wallet:export'], { signal })).toBe(TOKEN)
  for (const [, , options] of listen.mock.calls) {
    expect(options).toMatchObject({ signal: expect.objectContaining({ aborted: true }) })
  }
  expect(settled).toHaveBeenCalledOnce()
  settled.mockRestore()
})

it('a caller who leaves the queue is rejected at once, and another caller’s prompt stays open', async () => {
  const flow = await start()
  const first = tokenFor(flow, ['wallet:export'])
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  const leaving = new AbortController()
  const second = tokenFor(flow, ['user:delete'], { signal: leaving.signal })
  leaving.abort()
  await expect(second).rejects.toMatchObject({ code: 'aborted' })
  await expect(tokenFor(flow, ['user:delete'], { signal: leaving.signal })).rejects.toMatchObject({
    code: 'aborted',
  })
  expect(flow.getView()).toMatchObject({ showsCodeField: true, requestedScopes: ['wallet:export'] })
  await win(flow)
  expect(await first).toBe(TOKEN)
})

it('a token is fresh if its scopes were won after the call, by whichever prompt', async () => {
  const flow = await start()
  flow.stepUp(['wallet:export'])
  await win(flow)
  expect(await elevate(flow, ['wallet:export'])).toMatchObject({ token: TOKEN, isFresh: false })

  const prompted = elevate(flow, ['wallet:export'])
  await win(flow)
  expect(await prompted).toMatchObject({ token: TOKEN, isFresh: true })

  flow.stepUp(['wallet:export'])
  const behind = elevate(flow, ['wallet:export'])
  await win(flow)
  expect(await behind).toMatchObject({ token: TOKEN, isFresh: true })
})

it('a held token is not fresh because another code won something else', async () => {
  const flow = await start()
  flow.stepUp(['wallet:sign'])
  await win(flow)
  const other = elevate(flow, ['user:delete'])
  const behind = elevate(flow, ['wallet:sign'])
  await win(flow)
  expect(await other).toMatchObject({ isFresh: true })
  expect(await behind).toMatchObject({ isFresh: false })
})

describe('an action that the service rejects', () => {
  const isRejected = ({ status }: PromiseSettledResult<unknown>) => status === 'rejected'
  const rejectOnce = () =>
    vi.fn((token: string | null) => `done with ${token}`).mockRejectedValueOnce('rejected')

  it('an action runs again with another token if the flow already held the rejected one', async () => {
    const backend = scriptedBackend({ verified: true })
    const flow = await start(backend)
    flow.stepUp(['wallet:export'])
    await win(flow)
    backend.next('authenticateTotpMfaDevice', async () => ({
      deviceId: 'd1',
      sessionExpiresAt: Date.now() + 3_600_000,
      elevation: {
        scopes: ['wallet:export'],
        expiresAt: Date.now() + 300_000,
        singleUse: true,
        token: 'another',
      },
    }))
    const action = rejectOnce()
    const done = runElevated(flow, ['wallet:export'], action, { isRejected })
    await win(flow)
    expect(await done).toBe('done with another')
    expect(action.mock.calls.map(([token]) => token)).toEqual([TOKEN, 'another'])
  })

  it('an action does not prompt again if a code has just won its token', async () => {
    const flow = await start()
    const action = rejectOnce()
    const done = runElevated(flow, ['wallet:export'], action, { isRejected }).catch((cause: unknown) => cause)
    await win(flow)
    expect(await done).toBe('rejected')
    expect(action).toHaveBeenCalledOnce()
    expect(flow.getView().showsCodeField).toBe(false)
  })
})
