import { type ComponentType, createContext, type ReactNode, useContext, useMemo } from 'react'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import type { Messages } from '../../messages/messages.ts'

const FlowContext = createContext<TotpFlow | null>(null)
/** The words that were given; without any, the components say theirs in English. */
export const MessagesContext = createContext<Messages | undefined>(undefined)
export const OptionsContext = createContext<
  Pick<TotpFlowProviderProps, 'autoSubmit' | 'passwordForm' | 'passkeyPrompt'>
>({})

/** What offers passkeys is given. */
export interface PasskeyPromptProps {
  /** The id for its sentence where nothing else answers the prompt, which describes the dialog around it, too. */
  hintId?: string | undefined
  /** What takes a code; nothing where no app is set up. */
  children?: ReactNode
}

/** What the form for a password is given. */
export interface PasswordFormProps {
  /** The id for the sentence above its field, which describes the dialog around it, too. */
  hintId?: string
}

/** Which flow, and in which words. */
export interface TotpFlowProviderProps {
  flow: TotpFlow
  /** The words of the components; others come from `totp-flow/messages`. @default English */
  messages?: Messages
  /** Whether a code goes by itself once it is complete, which the note at the field says. Never for a removal. @default true */
  autoSubmit?: boolean
  /**
   * What asks for the user's password, for a backend that takes one to set up, to remove or for new recovery codes (its `proofs`):
   * `PasswordForm` of `totp-flow/react/password`, or your own, which calls `flow.submitPassword`.
   */
  passwordForm?: ComponentType<PasswordFormProps>
  /** What offers passkeys in the prompts, for a backend that takes them: `PasskeyPrompt` of `totp-flow/react/passkeys`. */
  passkeyPrompt?: ComponentType<PasskeyPromptProps>
  children: ReactNode
}

/**
 * Hands a running flow to what is below. It neither starts nor stops it: the flow outlives renders and remounts. Create it in
 * a module. A component that has to own one creates it in the effect that stops it, which StrictMode runs twice:
 *
 * @example
 * const [flow, setFlow] = useState<TotpFlow | null>(null)
 * useEffect(() => {
 *   const created = createTotpFlow({ backend })
 *   setFlow(created)
 *   return () => created.stop()
 * }, [backend])
 */
export function TotpFlowProvider(props: TotpFlowProviderProps) {
  const { flow, messages, autoSubmit, passwordForm, passkeyPrompt, children } = props
  const options = useMemo(
    () => ({ autoSubmit, passwordForm, passkeyPrompt }),
    [autoSubmit, passwordForm, passkeyPrompt],
  )
  return (
    <FlowContext.Provider value={flow}>
      <MessagesContext.Provider value={messages}>
        <OptionsContext.Provider value={options}>{children}</OptionsContext.Provider>
      </MessagesContext.Provider>
    </FlowContext.Provider>
  )
}

export function useFlow(): TotpFlow {
  const flow = useContext(FlowContext)
  if (!flow) throw new Error('useTotpFlow() needs a <TotpFlowProvider flow={…}> above it')
  return flow
}
