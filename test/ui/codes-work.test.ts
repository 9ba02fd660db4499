import { expect, it, vi } from 'vitest'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { createCodesWork } from '../../src/ui/codes-work.ts'
import { scriptedBackend } from '../flow/scripted-backend.ts'

async function started() {
  const flow = createTotpFlow({ backend: scriptedBackend() })
  const work = createCodesWork(flow)
  const listener = vi.fn()
  const leave = work.subscribe(listener)
  await flow.settled()
  return { flow, work, listener, leave }
}
const failing = (error: unknown) => () => Promise.reject(error)

it('calls about recovery codes run one at a time, by name', async () => {
  const { flow, work, listener } = await started()
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = work.run('keep', () => promise)
  const second = vi.fn()
  await work.run('renew', second)
  expect(second).not.toHaveBeenCalled()
  expect(work.getState()).toMatchObject({ pending: 'keep', failure: null })
  expect(work.getState()).toBe(work.getState())
  resolve()
  await first
  expect(work.getState()).toMatchObject({ pending: null, failure: null })
  expect(listener).toHaveBeenCalledTimes(2)
  flow.stop()
})

it('a failed call about recovery codes shows its error until the next attempt', async () => {
  const { flow, work } = await started()
  await work.run('keep', failing(new Error('a stranger’s')))
  expect(work.getState()).toMatchObject({ pending: null, failure: { code: 'server' } })
  const again = work.run('keep', async () => {})
  expect(work.getState().failure).toBeNull()
  await again
  flow.stop()
})

it.each([
  ['the flow moves on', (flow: { register(): void }) => flow.register()],
  ['the flow refuses something', (flow: { stepUp(scopes: []): void }) => flow.stepUp([])],
])('a failed call about recovery codes shows its error until %s', async (_, act) => {
  const { flow, work, leave } = await started()
  await work.run('keep', failing(new TotpFlowError('network')))
  flow.actor.send({ type: 'recoveryCodes.acknowledge' }) // which moves nothing
  expect(work.getState().failure).toMatchObject({ code: 'network' })
  act(flow)
  expect(work.getState().failure).toBeNull()
  leave()
  await work.run('keep', failing(new TotpFlowError('network')))
  flow.cancel()
  flow.refresh()
  expect(work.getState().failure).toMatchObject({ code: 'network' })
  flow.stop()
})

it('a call about recovery codes shows neither a cancellation nor an error that the flow shows itself', async () => {
  const { flow, work } = await started()
  await work.run('renew', failing(new TotpFlowError('cancelled')))
  expect(work.getState().failure).toBeNull()
  flow.submitCode('123456')
  const { error } = flow.getView()
  expect(error).toMatchObject({ code: 'not_ready' })
  await work.run('renew', failing(error))
  expect(work.getState().failure).toBeNull()
  flow.stop()
})

it('a call about recovery codes shows that the backend canceled it, and not that the session ended', async () => {
  const { flow, work } = await started()
  const aborted = new TotpFlowError('aborted')
  await work.run('keep', failing(aborted))
  expect(work.getState().failure).toBe(aborted)
  const checking = work.run('check', async () => void (await flow.checkRecoveryCodes()))
  flow.signOut()
  await checking
  expect(work.getState().failure).toBeNull()
  expect(flow.getView().error?.code).toBe('unauthenticated')
  flow.stop()
})
