import type { TotpFlow } from '../flow/totp-flow.ts'
import { type Observable, observable } from './observable.ts'

export interface PasswordPromptState {
  /** No password was typed when it was to be sent. */
  isEmpty: boolean
  /** There was none, or it was not right: the next one is to replace it. */
  isWrong: boolean
  /** Changes when the same is to be said once more. */
  told: number
}

/** A password field's behavior, for any UI. What is typed stays in the field. */
export interface PasswordPrompt extends Observable<PasswordPromptState> {
  /** What the button and the Enter key do. `false`: nothing was typed. */
  submit(password: string): boolean
}

const NOTHING: PasswordPromptState = { isEmpty: false, isWrong: false, told: 0 }

export function createPasswordPrompt(flow: TotpFlow): PasswordPrompt {
  let { error } = flow.getView()
  const { set, ...prompt } = observable(NOTHING, () =>
    flow.subscribe(() => {
      const view = flow.getView()
      const before = prompt.getState()
      const isNew = view.error !== null && view.error !== error
      error = view.error
      const isEmpty = before.isEmpty && !isNew
      const isWrong = isEmpty || error?.code === 'invalid_password'
      set(view.showsPasswordField ? { isEmpty, isWrong, told: before.told + Number(isNew) } : NOTHING)
    }),
  )
  return {
    ...prompt,
    submit(password) {
      if (password === '') set({ isEmpty: true, isWrong: true, told: prompt.getState().told + 1 })
      else flow.submitPassword(password)
      return password !== ''
    },
  }
}
