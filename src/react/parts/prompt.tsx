import { createContext, type ReactNode, type RefObject, useContext, useId, useRef } from 'react'
import { type CodePrompt, type CodePromptState, createCodePrompt } from '../../ui/code-prompt.ts'
import { OptionsContext } from '../flow/provider.tsx'
import { Knows } from './known.tsx'
import { useObserved } from './use-observed.ts'

interface Prompt extends CodePromptState {
  prompt: CodePrompt
  /** The id of the field, for its label and its description. */
  id: string
  field: RefObject<HTMLInputElement | null>
  /** Submits the code. If there is none to submit, selects the text. */
  submit(): void
}

const PromptContext = createContext<Prompt | null>(null)

interface ScopeProps {
  children?: ReactNode
  /** The prefix of its parts' ids. */
  id?: string | undefined
}

/** Shares a code form's state with its parts, and with parts around it that depend on the typed text. */
export function PromptScope(props: ScopeProps) {
  const { autoSubmit = true } = useContext(OptionsContext)
  return <Scope key={String(autoSubmit)} autoSubmit={autoSubmit} {...props} />
}

function Scope({ autoSubmit, id: givenId, children }: ScopeProps & { autoSubmit: boolean }) {
  const [prompt, state] = useObserved((flow) => createCodePrompt(flow, autoSubmit))
  const field = useRef<HTMLInputElement>(null)
  const ownId = useId()
  const id = givenId ?? ownId
  function submit() {
    if (prompt.submit()) return
    field.current?.focus()
    field.current?.select()
  }
  return (
    <PromptContext.Provider value={{ ...state, prompt, id, field, submit }}>
      <Knows prompt={state}>{children}</Knows>
    </PromptContext.Provider>
  )
}

/** The id of a code form's part; `undefined` outside of a form. */
export const useIdOf = (part: string): string | undefined => {
  const prompt = useContext(PromptContext)
  return prompt ? `${prompt.id}-${part}` : undefined
}

export function usePrompt(): Prompt {
  const prompt = useContext(PromptContext)
  if (!prompt) throw new Error('This part needs a <CodeForm> around it')
  return prompt
}
