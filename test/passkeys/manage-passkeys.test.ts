import { expect, it, onTestFinished, vi } from 'vitest'
import type { TotpBackend } from '../../src/contract/backend.ts'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TabChannel } from '../../src/flow/tabs.ts'
import { memoryBackend, type SimulatedPasskeys } from '../../src/memory/index.ts'
import { managePasskeys } from '../../src/passkeys/index.ts'
import { authenticator } from '../../src/testing/index.ts'

/** A flow over the service in memory, whose calls and answers the test can change. */
async function start(changes: Partial<TotpBackend> = {}, passkeys: SimulatedPasskeys = {}) {
  const backend: TotpBackend = { ...memoryBackend({ passkeys }), ...changes }
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  await flow.settled()
  const managed = managePasskeys(flow, backend)
  const names = () => flow.getView().passkeys.map(({ alias }) => alias)
  /** Answers the next prompt by a passkey. */
  async function confirm() {
    await flow.waitFor(({ can }) => can.submitPasskey)
    flow.submitPasskey()
  }
  async function enroll() {
    flow.register()
    await flow.waitFor(({ registration }) => registration !== null)
    const { secret = '' } = flow.getView().registration?.unseal() ?? {}
    flow.submitCode(authenticator(secret).code())
    await flow.waitFor(({ device }) => device?.verified === true)
    flow.release()
    return authenticator(secret)
  }
  return { backend, flow, managed, names, confirm, enroll }
}

/** Fails until the test lets it go on. */
const never = () => new Promise<never>(() => {})

it('a first passkey is added without a proof, and shown in the view', async () => {
  const { flow, managed, names } = await start()
  const seen: unknown[] = []
  managed.subscribe(() => seen.push(managed.getState().pending))
  await managed.add({ alias: ' My laptop ' })
  expect(names()).toEqual(['My laptop'])
  expect(seen).toEqual(['add', null])
  expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: null })
})

it('adding a second passkey requires a proof', async () => {
  const { flow, managed, names, confirm } = await start()
  await managed.add({ alias: 'One' })
  const adding = managed.add({ alias: 'Two' })
  await confirm()
  await adding
  expect(flow.getView().requestedScopes).toEqual(['credential:link'])
  expect(names()).toEqual(['One', 'Two'])
})

it('adding a passkey requires a code if the user has an app', async () => {
  const { flow, managed, names, enroll } = await start({}, {})
  const app = await enroll()
  const adding = managed.add()
  await flow.waitFor(({ can }) => can.submitCode)
  flow.submitCode(app.code(1)) // the one before has enrolled it
  await adding
  expect(names()).toEqual(['Passkey 1'])
})

it('renaming a passkey requires no proof', async () => {
  const { flow, managed, names } = await start()
  await managed.add({ alias: 'One' })
  const [passkey] = flow.getView().passkeys
  await managed.rename(passkey?.id ?? '', ' Phone ')
  expect(names()).toEqual(['Phone'])
})

it('removing a passkey requires a proof', async () => {
  const { flow, managed, names, confirm } = await start()
  await managed.add({ alias: 'One' })
  const [passkey] = flow.getView().passkeys
  const removing = managed.remove(passkey?.id ?? '')
  await confirm()
  await removing
  expect(flow.getView().requestedScopes).toEqual(['credential:unlink'])
  expect(names()).toEqual([])
})

it('removing a passkey requires no proof if the backend takes none', async () => {
  const removed = vi.fn(async () => {})
  const { flow, managed } = await start({ proofs: { delete: 'none' }, deletePasskey: removed })
  await managed.add()
  await managed.remove('passkey-1')
  expect(removed).toHaveBeenCalledWith({ passkeyId: 'passkey-1' }, { signal: expect.any(AbortSignal) })
  expect(flow.getView().state).toBe('idle')
})

it('a session that was just verified proves a passkey act, if codes verify the session', async () => {
  const removed = vi.fn(async () => {})
  const { managed, confirm } = await start({
    assurance: 'session',
    deletePasskey: removed,
    authenticatePasskeyMFA: async () => ({ deviceId: 'passkey-1', sessionExpiresAt: Date.now() + 3_600_000 }),
  })
  await managed.add()
  const removing = managed.remove('passkey-1')
  await confirm()
  await removing
  expect(removed).toHaveBeenCalledOnce()
  await managed.remove('passkey-1')
  expect(removed).toHaveBeenCalledTimes(2)
})

it('a passkey act prompts for another proof if the service rejects the held one', async () => {
  const { flow, managed, confirm, names } = await start()
  await managed.add({ alias: 'One' })
  flow.stepUp(['credential:unlink'])
  await confirm()
  await flow.waitFor(({ state }) => state === 'elevated')
  const spent = flow.actor.getSnapshot().context.elevations[0]?.token?.unseal()
  const other = managePasskeys(flow, await rejecting(spent))
  const removing = other.remove('passkey-1')
  await confirm()
  await removing
  expect(names()).toEqual(['One']) // the stand-in removes nothing

  /** The service, which takes any token but that one. */
  async function rejecting(token: string | undefined) {
    const { backend } = await start()
    const getPasskeys = async () => [...flow.getView().passkeys]
    return {
      ...backend,
      getPasskeys,
      deletePasskey: async ({ elevatedAccessToken }: { elevatedAccessToken?: string }) => {
        if (elevatedAccessToken === token) throw new TotpFlowError('elevation_required')
      },
    }
  }
})

it('closing the browser’s passkey prompt is no failure of the act', async () => {
  const ceremony = vi.fn().mockRejectedValueOnce(new TotpFlowError('cancelled'))
  const { managed, names } = await start({}, { ceremony })
  await expect(managed.add()).rejects.toMatchObject({ code: 'cancelled' })
  expect(managed.getState()).toEqual({ pending: null, passkeyId: null, error: null })
  await managed.add({ alias: 'One' })
  expect(names()).toEqual(['One'])
})

it('canceling the prompt for a proof is no failure of the passkey act', async () => {
  const { flow, managed } = await start()
  await managed.add()
  const adding = managed.add()
  await flow.waitFor(({ can }) => can.submitPasskey)
  flow.cancel()
  await expect(adding).rejects.toMatchObject({ code: 'cancelled' })
  expect(managed.getState().error).toBeNull()
})

it.each(['passkey_unsupported', 'passkey_exists', 'invalid_passkey'] as const)(
  'the failure %s of a passkey act stays until the next act begins',
  async (code) => {
    const ceremony = vi.fn().mockRejectedValueOnce(new TotpFlowError(code))
    const { managed } = await start({}, { ceremony })
    await expect(managed.add()).rejects.toMatchObject({ code })
    expect(managed.getState()).toMatchObject({ pending: null, error: { code } })
    const adding = managed.add()
    expect(managed.getState()).toMatchObject({ pending: 'add', error: null })
    await adding
  },
)

it('a failure names the passkey that it is about', async () => {
  const { managed } = await start()
  await expect(managed.rename('gone', 'One')).rejects.toMatchObject({ code: 'not_found' })
  expect(managed.getState()).toMatchObject({ passkeyId: 'gone', error: { code: 'not_found' } })
})

it('a passkey beyond the limit is refused', async () => {
  const { managed, confirm } = await start({}, { limit: 1 })
  await managed.add()
  const adding = managed.add()
  await Promise.all([confirm(), expect(adding).rejects.toMatchObject({ code: 'passkey_limit' })])
})

it('only one passkey act runs at a time', async () => {
  const { managed } = await start({}, { ceremony: never })
  const adding = managed.add()
  await expect(managed.rename('passkey-1', 'One')).rejects.toMatchObject({ code: 'not_ready' })
  expect(managed.getState().pending).toBe('add')
  managed.cancel()
  await expect(adding).rejects.toMatchObject({ code: 'cancelled' })
})

it('canceling a passkey act, or its signal, aborts the ceremony', async () => {
  const signals: (AbortSignal | undefined)[] = []
  const ceremony: SimulatedPasskeys['ceremony'] = (_, { signal }) => {
    signals.push(signal)
    return never()
  }
  const { managed } = await start({}, { ceremony })
  const canceled = managed.add()
  await vi.waitFor(() => expect(signals).toHaveLength(1))
  managed.cancel()
  await expect(canceled).rejects.toMatchObject({ code: 'cancelled' })

  const caller = new AbortController()
  const aborted = managed.add({ signal: caller.signal })
  await vi.waitFor(() => expect(signals).toHaveLength(2))
  caller.abort()
  await expect(aborted).rejects.toMatchObject({ code: 'aborted' })
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true])
  expect(managed.getState()).toEqual({ pending: null, passkeyId: null, error: null })
})

it('the signal of a passkey act closes its prompt for a proof', async () => {
  const { flow, managed } = await start()
  await managed.add()
  const caller = new AbortController()
  const adding = managed.add({ signal: caller.signal })
  await flow.waitFor(({ can }) => can.submitPasskey)
  caller.abort()
  await expect(adding).rejects.toMatchObject({ code: 'aborted' })
  await flow.waitFor(({ methods }) => methods.length === 0)
})

it('a passkey act ends with the flow', async () => {
  const { flow, managed } = await start({}, { ceremony: never })
  const adding = managed.add()
  await vi.waitFor(() => expect(managed.getState().pending).toBe('add'))
  flow.stop()
  await expect(adding).rejects.toMatchObject({ code: 'aborted' })
})

it('a passkey act ends when the user signs out, and no passkeys are shown', async () => {
  const { flow, managed, names } = await start({}, { ceremony: never })
  const adding = managed.add()
  await vi.waitFor(() => expect(managed.getState().pending).toBe('add'))
  flow.signOut()
  await expect(adding).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(names()).toEqual([])
})

it('passkeys are loaded again after a failed act, which may have succeeded', async () => {
  const { managed, names } = await start({
    async registerPasskey(params, options) {
      await inner.registerPasskey?.(params, options)
      throw new TotpFlowError('network')
    },
    getPasskeys: async () => (await inner.getPasskeys?.()) ?? [],
  })
  const inner = memoryBackend({ passkeys: {} })
  await expect(managed.add({ alias: 'One' })).rejects.toMatchObject({ code: 'network' })
  expect(names()).toEqual(['One'])
})

it('a passkey act loads the list again if that failed before', async () => {
  const failing = vi.fn().mockRejectedValueOnce(new TotpFlowError('network'))
  const { flow, managed, names } = await start({
    async getMfaDevices() {
      await failing()
      return []
    },
  })
  expect(flow.getView().detail).toBe('unavailable')
  await managed.add({ alias: 'One' })
  expect(names()).toEqual(['One'])
})

it('managePasskeys names the methods that a backend lacks', () => {
  const backend = memoryBackend()
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  expect(() => managePasskeys(flow, backend)).toThrow(
    'managePasskeys takes a backend with passkeys. This one lacks getPasskeys, registerPasskey, renamePasskey, deletePasskey.',
  )
})

it('other tabs hear of added, renamed and removed passkeys', async () => {
  const backend = memoryBackend({ passkeys: {} })
  const [here, there] = tabs()
  const flow = createTotpFlow({ backend, tabs: here })
  const other = createTotpFlow({ backend, tabs: there })
  onTestFinished(() => {
    for (const one of [flow, other]) one.stop()
  })
  await Promise.all([flow.settled(), other.settled()])
  const managed = managePasskeys(flow, backend)
  const arrives = (...names: string[]) =>
    other.waitFor(({ passkeys }) => passkeys.map(({ alias }) => alias).join() === names.join())

  await managed.add({ alias: 'One' })
  await arrives('One')
  await managed.rename('passkey-1', 'Two')
  await arrives('Two')
  const removing = managed.remove('passkey-1')
  await flow.waitFor(({ can }) => can.submitPasskey)
  flow.submitPasskey()
  await removing
  await arrives()
})

it('other tabs do not hear that a passkey was used', async () => {
  const backend = memoryBackend({ passkeys: {} })
  const [here, there] = tabs()
  const told = vi.spyOn(here, 'postMessage')
  const flow = createTotpFlow({ backend, tabs: here })
  there.onmessage = null
  onTestFinished(() => flow.stop())
  await flow.settled()
  await managePasskeys(flow, backend).add()
  expect(told).toHaveBeenCalledOnce()
  flow.stepUp(['user:update'])
  flow.submitPasskey()
  await flow.waitFor(({ state }) => state === 'elevated')
  flow.release()
  flow.refresh()
  await flow.waitFor(({ passkeys }) => passkeys[0]?.lastUsedAt !== undefined)
  expect(told).toHaveBeenCalledOnce()
})

/** Two ends of a channel. */
function tabs(): [TabChannel, TabChannel] {
  const end = (other: () => TabChannel): TabChannel => ({
    onmessage: null,
    postMessage: (data) => other().onmessage?.(new MessageEvent('message', { data })),
    close() {},
  })
  const one: TabChannel = end(() => two)
  const two: TabChannel = end(() => one)
  return [one, two]
}
