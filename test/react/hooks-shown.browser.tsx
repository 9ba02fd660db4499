import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { createTotpFlow, type TotpBackend, TotpFlowError } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import {
  TotpFlowProvider,
  useAuthenticateTotpMfaDevice,
  useDeleteMfaDevice,
  useGetMfaDevices,
  useRegisterTotpMfaDevice,
  useStepUp,
  useTotpFlow,
} from 'totp-flow/react'
import { expect, it, onTestFinished } from 'vitest'
import { codeOf, enroll, register } from './render-flow.tsx'

function Watcher<Given>({ useHook, onGiven }: { useHook: () => Given; onGiven: (given: Given) => void }) {
  onGiven(useHook())
  return null
}

/** What a hook gives, as it changes; and the flow that is under it, which can be replaced. */
function watch<Given>(useHook: () => Given, methods: Partial<TotpBackend> = {}) {
  const make = () => createTotpFlow({ backend: { ...memoryBackend(), ...methods }, tabs: false })
  const flow = make()
  const other = make()
  const given: { current: Given | undefined } = { current: undefined }
  const keep = (now: Given) => {
    given.current = now
  }
  const root = createRoot(document.createElement('div'))
  const show = (shown = flow) =>
    flushSync(() =>
      root.render(
        <TotpFlowProvider flow={shown}>
          <Watcher useHook={useHook} onGiven={keep} />
        </TotpFlowProvider>,
      ),
    )
  show()
  onTestFinished(() => {
    root.unmount()
    flow.stop()
    other.stop()
  })
  const now = (): Given => {
    if (given.current === undefined) throw new Error('nothing was rendered')
    return given.current
  }
  return { flow, other, show, now }
}
/** A call that is answered by hand. */
function byHand<Answer>() {
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = []
  const take = () => {
    const all = waiting
    waiting = []
    return all
  }
  return {
    call: () =>
      new Promise<Answer>((resolve, reject) => {
        waiting.push({ resolve, reject })
      }),
    resolve(answer: Answer) {
      for (const one of take()) one.resolve(answer)
    },
    reject(code: 'network' | 'invalid_code' | 'server') {
      for (const one of take()) one.reject(new TotpFlowError(code))
    },
  }
}
const idle = { data: undefined, error: null, isPending: false, isSuccess: false }
const failed = (code: string) => expect.objectContaining({ code })

it('useGetMfaDevices tells loading, failure, none and a verified device apart', async () => {
  const asked = byHand<never[]>()
  const real = memoryBackend()
  let isAsking = true
  const { flow, now } = watch(useGetMfaDevices, {
    ...real,
    getMfaDevices: (o) => (isAsking ? asked.call() : real.getMfaDevices(o)),
  })
  expect(now()).toMatchObject({ ...idle, isPending: true })
  asked.reject('network')
  await expect.poll(() => now()).toMatchObject({ ...idle, error: failed('network') })
  now().refetch()
  await expect.poll(() => now()).toMatchObject({ ...idle, isPending: true })
  isAsking = false
  asked.resolve([])
  await expect.poll(() => now()).toMatchObject({ ...idle, data: [], isSuccess: true })
  const secret = await register(flow)
  flow.submitCode('12')
  await flow.waitFor(({ error }) => error !== null)
  expect(now().error).toBeNull() // which is about the code
  flow.submitCode(codeOf(secret))
  const verified = [expect.objectContaining({ verified: true })]
  await expect.poll(() => now()).toMatchObject({ data: verified, error: null, isSuccess: true })
})

it('useGetMfaDevices lists a pending device', async () => {
  const device = { id: 'd', type: 'totp', verified: false, createdAt: '2026-01-01T00:00:00Z' } as const
  const { now } = watch(useGetMfaDevices, { getMfaDevices: async () => [device] })
  await expect.poll(() => now()).toMatchObject({ data: [device], isSuccess: true, isPending: false })
})

it('useRegisterTotpMfaDevice shows its progress, its result, and only its own failures', async () => {
  const asked = byHand<never>()
  const real = memoryBackend()
  let isAsking = true
  const { flow, now } = watch(useRegisterTotpMfaDevice, {
    ...real,
    registerTotpMfaDevice: (o) => (isAsking ? asked.call() : real.registerTotpMfaDevice(o)),
  })
  await flow.settled()
  expect(now()).toMatchObject(idle)
  const first = now().mutateAsync()
  await expect.poll(() => now()).toMatchObject({ ...idle, isPending: true })
  asked.reject('network')
  await expect(first).rejects.toMatchObject({ code: 'network' })
  await expect.poll(() => now()).toMatchObject({ ...idle, error: failed('network') })
  const second = now().mutateAsync()
  await expect.poll(() => now()).toMatchObject({ ...idle, isPending: true })
  now().reset()
  await expect(second).rejects.toMatchObject({ code: 'cancelled' })
  await expect.poll(() => now()).toMatchObject(idle)
  isAsking = false
  now().mutate()
  await expect.poll(() => now()).toMatchObject({ error: null, isPending: false, isSuccess: true })
  expect(now().data).toEqual(flow.getView().registration?.unseal())
  flow.submitCode('12')
  await expect.poll(() => flow.getView().error).not.toBeNull()
  expect(now().error).toBeNull()
  now().reset()
  await expect.poll(() => now()).toMatchObject(idle)
})

it('useAuthenticateTotpMfaDevice shows its progress, the elevation, and only its own failures', async () => {
  const asked = byHand<never>()
  const real = memoryBackend()
  let isAsking = true
  let isRegistering = false
  const { flow, now } = watch(useAuthenticateTotpMfaDevice, {
    ...real,
    registerTotpMfaDevice: (o) =>
      isRegistering ? real.registerTotpMfaDevice(o) : Promise.reject(new TotpFlowError('server')),
    authenticateTotpMfaDevice: (p, o) => (isAsking ? asked.call() : real.authenticateTotpMfaDevice(p, o)),
  })
  await flow.settled()
  flow.register()
  await flow.settled()
  expect(flow.getView().error).not.toBeNull()
  expect(now()).toMatchObject(idle)
  isRegistering = true
  const secret = await register(flow)
  const first = now().mutateAsync({ code: '000000' })
  await expect.poll(() => now()).toMatchObject({ ...idle, isPending: true })
  asked.reject('invalid_code')
  await expect(first).rejects.toMatchObject({ code: 'invalid_code' })
  await expect.poll(() => now()).toMatchObject({ ...idle, error: failed('invalid_code') })
  const second = now().mutateAsync({ code: '000001' })
  await expect.poll(() => now()).toMatchObject({ isPending: true })
  now().reset()
  await expect(second).rejects.toMatchObject({ code: 'cancelled' })
  await expect.poll(() => now()).toMatchObject(idle)
  isAsking = false
  const again = await register(flow)
  expect(again).not.toBe(secret)
  now().mutate({ code: codeOf(again) })
  await expect.poll(() => now()).toMatchObject({ error: null, isPending: false, isSuccess: true })
  expect(now().data).toEqual(flow.getView().elevation)
})

it('useDeleteMfaDevice shows its progress, its success or its refusal, until it is reset', async () => {
  const asked = byHand<void>()
  const real = memoryBackend()
  let isAsking = true
  const { flow, now } = watch(useDeleteMfaDevice, {
    ...real,
    deleteMfaDevice: (p, o) => (isAsking ? asked.call() : real.deleteMfaDevice(p, o)),
  })
  await flow.settled()
  await expect(now().mutateAsync()).rejects.toMatchObject({ code: 'no_device' })
  await expect.poll(() => now()).toMatchObject({ ...idle, error: failed('no_device') })
  now().reset()
  await expect.poll(() => now()).toMatchObject(idle)
  const secret = await enroll(flow)
  await expect(now().mutateAsync({ deviceId: 'other' })).rejects.toMatchObject({ code: 'no_device' })
  await expect.poll(() => now().error).toMatchObject({ code: 'no_device' })
  const removal = now()
    .mutateAsync()
    .catch((error: unknown) => error)
  await expect.poll(() => now()).toMatchObject(idle)
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode('12')
  await expect.poll(() => now()).toMatchObject({ ...idle, error: failed('malformed_code') })
  flow.submitCode(codeOf(secret, 1))
  await expect.poll(() => now()).toMatchObject({ ...idle, isPending: true })
  asked.reject('server')
  expect(await removal).toMatchObject({ code: 'server' })
  await expect.poll(() => now()).toMatchObject({ ...idle, error: failed('server') })
  isAsking = false
  now().mutate()
  const [code = ''] = flow.getView().recoveryCodes?.unseal() ?? []
  await expect.poll(() => flow.getView().showsCodeField || flow.getView().device === null).toBe(true)
  if (flow.getView().showsCodeField) flow.submitRecoveryCode(code)
  await expect.poll(() => now()).toMatchObject({ ...idle, isSuccess: true })
  now().reset()
  await expect.poll(() => now()).toMatchObject(idle)
})

it('a removal requested before the backend has answered is not lost', async () => {
  const device = { id: 'd', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00Z' } as const
  const asked = byHand<(typeof device)[]>()
  let isAsking = true
  const { flow, now } = watch(useDeleteMfaDevice, {
    getMfaDevices: () => (isAsking ? asked.call() : Promise.resolve([device])),
  })
  isAsking = false
  const removal = now().mutateAsync({ deviceId: 'd' })
  asked.resolve([device])
  const { intent } = await flow.waitFor(({ showsCodeField }) => showsCodeField)
  expect(intent).toBe('delete')
  flow.cancel()
  await expect(removal).rejects.toMatchObject({ code: 'cancelled' })
})

it('useDeleteMfaDevice follows its provider’s flow, and unsubscribes from the old one', async () => {
  const { flow, other, show, now } = watch(useDeleteMfaDevice)
  const counts = { flow: 0, other: 0 }
  const counting = (one: typeof flow, name: keyof typeof counts): typeof flow => ({
    ...one,
    on(type, listener) {
      const stop = one.on(type, listener)
      counts[name] += 1
      return () => {
        stop()
        counts[name] -= 1
      }
    },
  })
  const [first, second] = [counting(flow, 'flow'), counting(other, 'other')]
  show(first)
  await expect.poll(() => counts).toEqual({ flow: 1, other: 0 })
  await flow.settled()
  await expect(now().mutateAsync()).rejects.toMatchObject({ code: 'no_device' })
  expect(counts).toEqual({ flow: 1, other: 0 })
  show(second)
  await expect.poll(() => counts).toEqual({ flow: 0, other: 1 })
})

it('useStepUp returns the same function for the same scopes and flow, and another for others', () => {
  const asked: { scopes: [`${string}:${string}`, ...`${string}:${string}`[]] } = { scopes: ['wallet:sign'] }
  const { flow, other, show, now } = watch(() => useStepUp([...asked.scopes]))
  const first = now()
  show(flow)
  expect(now()).toBe(first)
  asked.scopes = ['wallet:sign', 'user:update']
  show(flow)
  const second = now()
  expect(second).not.toBe(first)
  show(other)
  expect(now()).not.toBe(second)
})

it('useStepUp steps up its provider’s flow, with the scopes, the reason and the binding of the approval', async () => {
  const { flow, now } = watch(() => useStepUp(['funds:send']))
  await enroll(flow)
  const sent = now()(() => 'sent', { reason: 'Send €100 to Bob' })
  const view = await flow.waitFor(({ showsCodeField }) => showsCodeField)
  expect(view).toMatchObject({ requestedScopes: ['funds:send'], reason: 'Send €100 to Bob' })
  flow.cancel()
  await expect(sent).rejects.toMatchObject({ code: 'cancelled' })
})

it('a selector’s pick follows its provider’s flow, and shows no secrets of a stopped one', async () => {
  const { flow, other, show, now } = watch(() =>
    useTotpFlow((view) => view.registration?.unseal().secret ?? 'none'),
  )
  const secret = await register(flow)
  await expect.poll(() => now()).toBe(secret)
  show(other)
  expect(now()).toBe('none')
  show(flow)
  expect(now()).toBe(secret)
  flow.stop()
  await expect.poll(() => now()).toBe('none')
})
