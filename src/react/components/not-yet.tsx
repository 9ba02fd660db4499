import type { ReactNode } from 'react'
import { useMessages } from '../flow/use-messages.ts'
import { SetUp } from '../parts/buttons.tsx'
import { useShown } from '../parts/known.tsx'
import { PasswordSlot } from './password-slot.tsx'

/** No app is set up: why one would, and how. */
export function NotYet({ children }: { children?: ReactNode }) {
  const { device } = useMessages()
  const takesPassword = useShown('password')
  return (
    <>
      {children}
      <p part="hint">{device.why}</p>
      {takesPassword ? <PasswordSlot /> : <SetUp />}
    </>
  )
}
