import { TotpFlowError } from 'totp-flow'
import { en } from 'totp-flow/messages'
import { StepUpDialog, useStepUp } from 'totp-flow/react'
import { afterEach, expect, it, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { codeField, codeOf, enroll, type Rendered, renderFlow } from './render-flow.tsx'

type Scope = `${string}:${string}`
let ui: Rendered
let run: ReturnType<typeof useStepUp>
afterEach(() => ui.unmount())

function Actions({ scopes }: { scopes: readonly [Scope, ...Scope[]] }) {
  const stepUp = useStepUp(scopes)
  run = stepUp
  return <StepUpDialog />
}

async function start(...scopes: readonly [Scope, ...Scope[]]): Promise<string> {
  ui = renderFlow(<Actions scopes={scopes} />)
  await expect.poll(() => ui.container.querySelector('dialog')).not.toBeNull()
  return enroll(ui.flow)
}

const dialog = () => page.getByRole('dialog')
const outcomeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof TotpFlowError ? error.code : error),
  )

it('useStepUp prompts once for simultaneous actions, and gives each the token', async () => {
  const secret = await start('wallet:sign', 'user:update')
  const prompts = vi.fn()
  ui.flow.on('elevated', prompts)
  const tokens = Promise.all([run((token) => token), run((token) => token), run((token) => token)])
  await expect.element(dialog()).toBeVisible()
  await codeField().fill(codeOf(secret, 1))
  const [one, two, three] = await tokens
  expect(one).toMatch(/^ey/)
  expect([two, three]).toEqual([one, one])
  expect(prompts).toHaveBeenCalledOnce()
  expect(await run((token) => token)).toBe(one) // and asks for nothing while it lasts
})

it('a canceled action rejects with a typed error, and the next one in the queue prompts', async () => {
  const secret = await start('wallet:export')
  const action = vi.fn()
  const first = outcomeOf(run(action))
  const second = outcomeOf(run(action))
  await expect.element(codeField()).toHaveFocus()
  await userEvent.keyboard('{Escape}')
  expect(await first).toBe('cancelled')
  expect(action).not.toHaveBeenCalled()
  await codeField().fill(codeOf(secret, 1))
  expect(await second).toBe('done')
  expect(action).toHaveBeenCalledOnce()
})

it('useStepUp prompts again, once, if the server rejects an elevation that was held before', async () => {
  const secret = await start('user:update')
  ui.flow.stepUp(['user:update'])
  ui.flow.submitCode(codeOf(secret, 1))
  await ui.flow.waitFor(({ elevation }) => elevation?.scopes.includes('user:update') === true)
  const action = vi.fn().mockRejectedValue(new TotpFlowError('elevation_expired'))
  const outcome = outcomeOf(run(action))
  await expect.element(codeField()).toHaveFocus()
  const codes = ui.flow.getView().recoveryCodes?.unseal() ?? []
  ui.flow.submitRecoveryCode(codes[0] ?? '')
  expect(await outcome).toBe('elevation_expired')
  expect(action).toHaveBeenCalledTimes(2)
})

it('useStepUp does not prompt again if the server rejects an elevation that a code has just won', async () => {
  const secret = await start('user:update')
  const action = vi.fn().mockRejectedValue(new TotpFlowError('elevation_required'))
  const outcome = outcomeOf(run(action))
  await codeField().fill(codeOf(secret, 1))
  expect(await outcome).toBe('elevation_required')
  expect(action).toHaveBeenCalledOnce()
  expect(ui.flow.getView().showsCodeField).toBe(false)
})

it('useStepUp rethrows the action’s own error', async () => {
  const secret = await start('user:update')
  const theirs = new Error('out of paper')
  const outcome = outcomeOf(run(() => Promise.reject(theirs)))
  await codeField().fill(codeOf(secret, 1))
  expect(await outcome).toBe(theirs)
})

it('useStepUp rejects if there is no authenticator to confirm with', async () => {
  ui = renderFlow(<Actions scopes={['user:update']} />)
  await expect.poll(() => ui.container.querySelector('dialog')).not.toBeNull()
  await ui.flow.waitFor(({ device }) => device === null)
  expect(await outcomeOf(run(() => 1))).toBe('no_device')
})

const ALWAYS = `${en.challenge.hint} ${en.code.note} ${en.code.automatic}`

it('the dialog is described by the reason that useStepUp was given, by what to enter, and by how it is sent', async () => {
  await start('funds:send')
  const sent = outcomeOf(run((token) => token, { reason: 'Send €100 to Bob' }))
  await expect.element(dialog()).toHaveAccessibleDescription(`Send €100 to Bob ${ALWAYS}`)
  await userEvent.keyboard('{Escape}')
  expect(await sent).toBe('cancelled')
  const other = outcomeOf(run((token) => token))
  await expect.element(dialog()).toBeVisible()
  await expect.element(dialog()).toHaveAccessibleDescription(ALWAYS)
  await userEvent.keyboard('{Escape}')
  expect(await other).toBe('cancelled')
})
