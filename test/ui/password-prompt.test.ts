import { expect, it } from 'vitest'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { createPasswordPrompt } from '../../src/ui/password-prompt.ts'
import { type Changes, shownFlow } from './views.ts'

const asks: Changes = { state: 'awaitingCode', detail: 'password', showsPasswordField: true }
const wrong = () => new TotpFlowError('invalid_password')
function start(view: Changes) {
  const shown = shownFlow(view)
  const prompt = createPasswordPrompt(shown.flow)
  prompt.subscribe(() => {})
  return { ...shown, prompt, state: () => Object.values(prompt.getState()) }
}

it('an empty password is announced each time, and never sent', () => {
  const { prompt, state, asked } = start(asks)
  expect(state()).toEqual([false, false, 0])
  expect(prompt.submit('')).toBe(false)
  expect(state()).toEqual([true, true, 1])
  expect(prompt.submit('')).toBe(false)
  expect(state()).toEqual([true, true, 2])
  expect(asked).toEqual([])
})

it('a password is sent as typed, and each wrong one is announced once', () => {
  const { prompt, state, asked, show } = start(asks)
  expect(prompt.submit(' pass word ')).toBe(true)
  expect(asked).toEqual([['submitPassword', ' pass word ']])
  const error = wrong()
  show({ ...asks, error })
  expect(state()).toEqual([false, true, 1])
  show({ ...asks, error, busy: true })
  expect(state()).toEqual([false, true, 1])
  show({ ...asks, error: wrong() })
  expect(state()).toEqual([false, true, 2])
  show(asks)
  expect(state()).toEqual([false, false, 2])
})

it('the message about an empty password stays until another error or the end of the prompt', () => {
  const { prompt, state, show } = start(asks)
  prompt.submit('')
  show({ ...asks, busy: true })
  expect(state()).toEqual([true, true, 1])
  show({ ...asks, error: new TotpFlowError('network') })
  expect(state()).toEqual([false, false, 2])
  prompt.submit('')
  show({ device: null, detail: 'ready' })
  expect(state()).toEqual([false, false, 0])
})

it('an earlier error is not shown as one of the password', () => {
  const error = wrong()
  const { state, show } = start({ ...asks, error })
  show({ ...asks, error, busy: true })
  expect(state().at(-1)).toBe(0)
})
