import { createContext, type ReactNode, useContext } from 'react'
import type { TotpFlow } from '../flow/create-totp-flow.ts'

const FlowContext = createContext<TotpFlow | null>(null)

/** Hands a running flow to the hooks below. It neither starts nor stops it: the flow outlives renders and remounts. */
export function TotpFlowProvider({ flow, children }: { flow: TotpFlow; children: ReactNode }) {
  return <FlowContext.Provider value={flow}>{children}</FlowContext.Provider>
}

export function useFlow(): TotpFlow {
  const flow = useContext(FlowContext)
  if (!flow) throw new Error('useTotpFlow() needs a <TotpFlowProvider flow={…}> above it')
  return flow
}
