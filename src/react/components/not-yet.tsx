import type { ReactNode } from 'react'
import { useMessages } from '../flow/use-messages.ts'
import { SetUp } from '../parts/buttons.tsx'
import { useShown } from '../parts/known.tsx'
import { PasswordSlot } from './password-slot.tsx'

/** Shown while no app is set up: says why to set one up, with the button. */
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
