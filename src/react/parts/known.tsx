import { createContext, type ReactNode, useContext } from 'react'
import { type Known, type Presentation, present } from '../../ui/present.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'

type More = Partial<Known>

const KnownContext = createContext<More>({})

/** Gives the parts below it more facts than the flow has. */
export function Knows({ children, ...more }: More & { children?: ReactNode }) {
  const known = useContext(KnownContext)
  return <KnownContext.Provider value={{ ...known, ...more }}>{children}</KnownContext.Provider>
}

/** Picks from the texts, visibilities and enabled verbs of the screen. Re-renders when the pick changes. */
export function usePresentation<Picked>(pick: (presentation: Presentation) => Picked, more?: More): Picked {
  const messages = useMessages()
  const known = useContext(KnownContext)
  return useTotpFlow((view) => pick(present({ messages, ...known, ...more, view })))
}

export const useText = (name: keyof Presentation['texts'], more?: More): string =>
  usePresentation(({ texts }) => texts[name], more)

export const useShown = (name: keyof Presentation['shown'], more?: More): boolean =>
  usePresentation(({ shown }) => shown[name] === true, more)
