import { createActor, type SnapshotFrom } from 'xstate'
import {
  type CodeMethod,
  type CodePromptContext,
  codePromptMachine,
  isWorthSending,
  type Verdict,
  verdictOf,
} from '../../machines/code-prompt.machine.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'
import { announcerOf } from './announcer.ts'
import { type Observable, observable } from './observable.ts'

export type { CodeMethod }

export type CodePromptState = Verdict & Pick<CodePromptContext, 'method' | 'typed'>

/** The behavior of a code field for any UI: machines/code-prompt.machine.ts over a flow. Its timers run while it has a listener. */
export interface CodePrompt extends Observable<CodePromptState> {
  /** Tells what the field holds now. Six digits are submitted automatically a moment later if `sendsItself`. */
  type(text: string): void
  /**
   * Submits the code, for the button and the Enter key. During a wait, announces how long it lasts. Returns `false` if there is no
   * code, or if it was rejected already.
   */
  submit(): boolean
  use(method: CodeMethod): void
}

/** `autoSubmit` submits six digits automatically, except for a removal. */
export function createCodePrompt(flow: TotpFlow, autoSubmit = true): CodePrompt {
  const announcer = announcerOf(flow)
  let isWatched = false
  const actor = createActor(codePromptMachine, {
    input: { view: flow.getView(), autoSubmit, time: flow.actor.getSnapshot().context.time },
    clock: {
      setTimeout: (call, milliseconds) => (isWatched ? setTimeout(call, milliseconds) : undefined),
      clearTimeout: (timer) => clearTimeout(timer),
    },
  }).start()
  const look = () => actor.send({ type: 'flow.changed', view: flow.getView() })
  const { set, ...prompt } = observable(stateOf(actor.getSnapshot()), () => {
    isWatched = true
    const leave = flow.subscribe(look)
    look()
    return () => {
      leave()
      isWatched = false
      actor.send({ type: 'prompt.leave' })
    }
  })
  actor.subscribe((snapshot) => {
    const isHelped = prompt.getState().needsHelp
    set(stateOf(snapshot))
    if (prompt.getState().needsHelp && !isHelped) announcer.say('help')
  })
  actor.on('code.send', ({ method, code }) =>
    method === 'app' ? flow.submitCode(code) : flow.submitRecoveryCode(code),
  )
  return {
    ...prompt,
    type: (text) => actor.send({ type: 'code.type', text }),
    submit() {
      const { secondsLeft, typed } = prompt.getState()
      if (secondsLeft > 0) {
        announcer.say('wait')
        return typed !== ''
      }
      const isNew = isWorthSending(actor.getSnapshot())
      actor.send({ type: 'code.submit' })
      return isNew
    },
    use: (method) => actor.send({ type: 'method.use', method }),
  }
}

function stateOf({ context }: SnapshotFrom<typeof codePromptMachine>): CodePromptState {
  const { method, typed } = context
  return { method, typed, ...verdictOf(context) }
}
