import { type ComponentType, createContext, type ReactNode, useContext, useMemo } from 'react'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import type { Messages } from '../../messages/messages.ts'

const FlowContext = createContext<TotpFlow | null>(null)
/** The host's messages; without any, the components use English. */
export const MessagesContext = createContext<Messages | undefined>(undefined)
export const OptionsContext = createContext<
  Pick<TotpFlowProviderProps, 'autoSubmit' | 'passwordForm' | 'passkeyPrompt'>
>({})

/** The props of the component that offers passkeys. */
export interface PasskeyPromptProps {
  /** The id for its hint if only a passkey answers the prompt. The hint also describes the dialog around it. */
  hintId?: string | undefined
  /** The form for a code; nothing if no app is set up. */
  children?: ReactNode
}

/** The props of the form for a password. */
export interface PasswordFormProps {
  /** The id for the sentence above its field, which also describes the dialog around it. */
  hintId?: string
}

/** The flow, and the words and forms of the components. */
export interface TotpFlowProviderProps {
  /** The running flow. */
  flow: TotpFlow
  /** The words of the components. `totp-flow/messages` has translations. @default English */
  messages?: Messages
  /** Submits a complete code automatically, except for a removal. The note at the field says so. @default true */
  autoSubmit?: boolean
  /**
   * Asks for the user's password, if the backend's `proofs` require one. Use `PasswordForm` of `totp-flow/react/password`, or
   * your own component, which calls `flow.submitPassword`.
   */
  passwordForm?: ComponentType<PasswordFormProps>
  /** Offers passkeys in the prompts, if the backend accepts them. Use `PasskeyPrompt` of `totp-flow/react/passkeys`. */
  passkeyPrompt?: ComponentType<PasskeyPromptProps>
  children: ReactNode
}

/**
 * Provides a running flow to the components and hooks below. It neither starts nor stops the flow, which outlives renders and
 * remounts. Create the flow in a module. A component that must own a flow creates it in the effect that stops it, which
 * StrictMode runs twice:
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
  if (!flow) throw new Error('useTotpFlow() needs a <TotpFlowProvider> with a flow above it')
  return flow
}
