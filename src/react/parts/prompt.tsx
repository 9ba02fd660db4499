import { createContext, useContext, useId, useState, useSyncExternalStore } from 'react'
import { type CodePrompt, type CodePromptState, createCodePrompt } from '../../ui/code-prompt.ts'
import { useTotpFlow } from '../use-totp-flow.ts'

interface Prompt extends CodePromptState {
  prompt: CodePrompt
  /** The field's, for its label and its description. */
  id: string
}

export const PromptContext = createContext<Prompt | null>(null)

/** What a code form's parts share. */
export function useNewPrompt(): Prompt {
  const flow = useTotpFlow()
  const [prompt, setPrompt] = useState(() => ({ of: flow, ...createCodePrompt(flow) }))
  if (prompt.of !== flow) setPrompt({ of: flow, ...createCodePrompt(flow) })
  const state = useSyncExternalStore(prompt.subscribe, prompt.getState, prompt.getState)
  return { ...state, prompt, id: useId() }
}

export function usePrompt(): Prompt {
  const prompt = useContext(PromptContext)
  if (!prompt) throw new Error('This part needs a <CodeForm> around it')
  return prompt
}
