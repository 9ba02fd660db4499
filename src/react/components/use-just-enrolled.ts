import { useSyncExternalStore } from 'react'
import { createJustEnrolled } from '../../ui/just-enrolled.ts'
import { useOfFlow } from '../flow/use-of-flow.ts'

/** True for a while after an enrollment. */
export function useJustEnrolled(): boolean {
  const { subscribe, getState } = useOfFlow(createJustEnrolled)
  return useSyncExternalStore(subscribe, getState, no)
}
const no = () => false
