import { useState } from 'react'
import type { TotpFlow } from '../../flow/totp-flow.ts'
import { useTotpFlow } from './use-totp-flow.ts'

/** Calls `make` once for each flow, and again when the flow is replaced. */
export function useOfFlow<Made>(make: (flow: TotpFlow) => Made): Made {
  const flow = useTotpFlow()
  const [{ of, made }, setMade] = useState(() => ({ of: flow, made: make(flow) }))
  if (of !== flow) setMade({ of: flow, made: make(flow) })
  return made
}
