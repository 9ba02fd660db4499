import type { TotpFlow } from '../flow/totp-flow.ts'
import { type Observable, observable } from './observable.ts'

export interface PasswordPromptState {
  /** The person submitted an empty field. */
  isEmpty: boolean
  /** The password was missing or wrong: the next one replaces it. */
  isWrong: boolean
  /** Changes when the same message must be announced again. */
  told: number
}

/** The behavior of a password field for any UI. The password stays in the field. */
export interface PasswordPrompt extends Observable<PasswordPromptState> {
  /** Submits the password, for the button and the Enter key. Returns `false` if the field is empty. */
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
