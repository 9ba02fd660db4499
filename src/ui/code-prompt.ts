import { isCode, normalizeCode } from '../contract/code.ts'
import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'

/** Long enough to see the sixth digit, and to press the button oneself. */
const SUBMIT_AFTER_MS = 800

/** After these the same code cannot become right, and sending it again would cost a try. */
const FINAL: readonly TotpErrorCode[] = ['invalid_code', 'code_reused', 'malformed_code', 'bad_request']
/** After these the next code is to replace it. After others, as when no server was reached, it may still be right. */
const SPENT: readonly TotpErrorCode[] = [...FINAL, 'rate_limited', 'device_locked']

/** Where the code comes from: an authenticator app, or the list that is kept for when that is lost. */
export type CodeMethod = 'app' | 'recovery'

export interface CodePromptState {
  method: CodeMethod
  /** As it was typed, or the six digits alone of what was pasted. */
  typed: string
  /** What became of the last code of this method; `null` when there is nothing to say. */
  error: TotpFlowError | null
  /** The error is about the code itself: the next one is to replace it. */
  isSpent: boolean
  /** The error is that a code of the app was sent as a recovery code. */
  isAppCode: boolean
  /** Counts down while no code is taken; 0 when one is. */
  secondsLeft: number
  /** A code is being checked. */
  busy: boolean
}

/** A code field's behavior, for any UI: what is typed goes to the flow once. */
export interface CodePrompt {
  getState(): CodePromptState
  /** Calls back after every change. Timers run while somebody listens. */
  subscribe(listener: () => void): () => void
  /** What the field holds now. Six digits go by themselves a moment later. */
  type(text: string): void
  /** What the button and the Enter key do. `false`: nothing was sent, since there is none or it was found wrong already. */
  submit(): boolean
  use(method: CodeMethod): void
}

export function createCodePrompt(flow: TotpFlow): CodePrompt {
  const listeners = new Set<() => void>()
  /** Why there is a countdown, where the flow has been left and begun again since. */
  const waits = new TotpFlowError('rate_limited')
  let method: CodeMethod = 'app'
  let typed = ''
  let sent = ''
  let sentBy: CodeMethod | null = null
  let state = look()
  let submitSoon: ReturnType<typeof setTimeout> | undefined
  let tick: ReturnType<typeof setInterval> | undefined
  let stopListening: (() => void) | undefined

  function look(): CodePromptState {
    const view = flow.getView()
    const isOurs = sentBy === null || sentBy === method
    const isHeld = view.detail === 'throttled' && (method === 'app' || sentBy === 'recovery')
    const said = isOurs ? view.error : null
    const error = said ?? (isHeld ? waits : null)
    return {
      method,
      typed,
      error,
      isSpent: said !== null && SPENT.includes(said.code),
      isAppCode:
        method === 'recovery' && said !== null && FINAL.includes(said.code) && isCode(normalizeCode(sent)),
      secondsLeft: isHeld ? secondsUntil(view.retryAt) : 0,
      busy: view.busy,
    }
  }

  function secondsUntil(end: number | null): number {
    const { time } = flow.actor.getSnapshot().context
    return Math.max(1, Math.ceil(((end ?? 0) - time.now()) / 1000))
  }

  function update() {
    const view = flow.getView()
    if (!view.showsCodeField) forget()
    const next = look()
    clearInterval(tick)
    if (next.secondsLeft > 0 && listeners.size > 0) tick = setInterval(update, 1000)
    if (isSame(state, next)) return
    state = next
    for (const listener of listeners) listener()
  }

  function forget() {
    clearTimeout(submitSoon)
    method = 'app'
    typed = ''
    sent = ''
    sentBy = null
  }

  function send(code: string) {
    sent = code
    sentBy = method
    if (method === 'app') flow.submitCode(code)
    else flow.submitRecoveryCode(code)
  }

  const codeOf = () => (method === 'app' ? normalizeCode(typed) : typed.trim())

  return {
    getState: () => state,
    subscribe(listener) {
      if (listeners.size === 0) stopListening = flow.subscribe(update)
      listeners.add(listener)
      update()
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        stopListening?.()
        clearInterval(tick)
        clearTimeout(submitSoon)
      }
    },
    type(text) {
      typed = text
      clearTimeout(submitSoon)
      const code = codeOf()
      if (method === 'app' && isCode(code)) {
        if (/[^\p{Nd}\s-]/u.test(text)) typed = code // what the field's pattern does not take
        submitSoon = setTimeout(() => {
          if (code !== sent && flow.getView().can.submitCode) send(code)
        }, SUBMIT_AFTER_MS)
      }
      update()
    },
    submit() {
      clearTimeout(submitSoon)
      const code = codeOf()
      const { error } = flow.getView()
      if (code === '') return false
      if (code === sent && sentBy === method && error && FINAL.includes(error.code)) return false
      if (state.secondsLeft === 0) send(code)
      return true
    },
    use(next) {
      clearTimeout(submitSoon)
      method = next
      typed = ''
      update()
    },
  }
}

const isSame = (a: CodePromptState, b: CodePromptState) =>
  a.method === b.method &&
  a.typed === b.typed &&
  a.error === b.error &&
  a.secondsLeft === b.secondsLeft &&
  a.busy === b.busy
