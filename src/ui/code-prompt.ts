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

/** A code field's behavior, for any UI: machines/code-prompt.machine.ts over a flow. Its timers run while somebody listens. */
export interface CodePrompt extends Observable<CodePromptState> {
  /** What the field holds now. Six digits go by themselves a moment later where `sendsItself`. */
  type(text: string): void
  /**
   * What the button and the Enter key do; while no code is taken they say how long that lasts. `false`: there is no code, or it
   * was found wrong already.
   */
  submit(): boolean
  use(method: CodeMethod): void
}

/** `autoSubmit`: six digits go by themselves, but for a removal. */
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
