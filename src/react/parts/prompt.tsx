import { createContext, type ReactNode, type RefObject, useContext, useId, useRef } from 'react'
import { type CodePrompt, type CodePromptState, createCodePrompt } from '../../ui/code-prompt.ts'
import { OptionsContext } from '../flow/provider.tsx'
import { Knows } from './known.tsx'
import { useObserved } from './use-observed.ts'

interface Prompt extends CodePromptState {
  prompt: CodePrompt
  /** The field's, for its label and its description. */
  id: string
  field: RefObject<HTMLInputElement | null>
  /** Sends the code; where there is none to send, selects what was typed. */
  submit(): void
}

const PromptContext = createContext<Prompt | null>(null)

interface ScopeProps {
  children?: ReactNode
  /** What the ids of its parts begin with. */
  id?: string | undefined
}

/** What a code form's parts share, and those around it that go by what is typed. */
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

/** What begins the ids of a code form's parts; outside of one there is none. */
export const useIdOf = (part: string): string | undefined => {
  const prompt = useContext(PromptContext)
  return prompt ? `${prompt.id}-${part}` : undefined
}

export function usePrompt(): Prompt {
  const prompt = useContext(PromptContext)
  if (!prompt) throw new Error('This part needs a <CodeForm> around it')
  return prompt
}
