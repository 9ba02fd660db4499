import { createContext, type RefObject, useContext, useId, useRef, useSyncExternalStore } from 'react'
import { type CodePrompt, type CodePromptState, createCodePrompt } from '../../ui/code-prompt.ts'
import { useOfFlow } from '../flow/use-of-flow.ts'

interface Prompt extends CodePromptState {
  prompt: CodePrompt
  /** The field's, for its label and its description. */
  id: string
  field: RefObject<HTMLInputElement | null>
  /** Sends the code; where there is none to send, selects what was typed. */
  submit(): void
}

export const PromptContext = createContext<Prompt | null>(null)

/** What a code form's parts share. */
export function useNewPrompt(): Prompt {
  const prompt = useOfFlow(createCodePrompt)
  const state = useSyncExternalStore(prompt.subscribe, prompt.getState, prompt.getState)
  const field = useRef<HTMLInputElement>(null)
  function submit() {
    if (prompt.submit()) return
    field.current?.focus()
    field.current?.select()
  }
  return { ...state, prompt, id: useId(), field, submit }
}

export function usePrompt(): Prompt {
  const prompt = useContext(PromptContext)
  if (!prompt) throw new Error('This part needs a <CodeForm> around it')
  return prompt
}
