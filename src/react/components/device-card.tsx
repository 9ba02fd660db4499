import { createJustEnrolled } from '../../ui/just-enrolled.ts'
import { screenOf } from '../../ui/screen.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Remove, Retry } from '../parts/buttons.tsx'
import { DeviceStatus, Skeleton } from '../parts/device-status.tsx'
import { usePresentation, useShown } from '../parts/known.tsx'
import { ErrorText } from '../parts/notes.tsx'
import type { PartProps } from '../parts/part.ts'
import { Root } from '../parts/root.tsx'
import { Steps } from '../parts/steps.tsx'
import { useObserved } from '../parts/use-observed.ts'
import { NotYet } from './not-yet.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { ScanAndType } from './scan-and-type.tsx'

export interface DeviceCardProps extends PartProps<'section'> {
  /** Whether the card shows errors. Turn it off if the host shows them itself. @default true */
  showsError?: boolean
}

/**
 * Manages the authenticator app of an account: setup, status, recovery codes and removal. Shows `children` while an app is set up.
 * Put one `<StepUpDialog />` next to it for later prompts.
 */
export function DeviceCard({ showsError = true, children, ...props }: DeviceCardProps) {
  const screen = useTotpFlow(screenOf)
  const isQuiet = useShown('quiet')
  const { device } = useMessages()
  const [, isJustEnrolled] = useObserved(createJustEnrolled)
  const isFinished = useShown('finished', { isJustEnrolled })
  const step = usePresentation((presentation) => presentation.step, { isJustEnrolled })
  return (
    <Root {...props}>
      {screen === 'on' && (isFinished ? <Steps current={step} /> : <p part="subtitle">{device.guarded}</p>)}
      <DeviceStatus />
      {screen === 'loading' && <Skeleton />}
      {screen === 'enrolling' && <ScanAndType />}
      {screen === 'none' && <NotYet />}
      {screen === 'on' && (
        <>
          <RecoveryCodes />
          {children}
          <div part="remove-row">
            <p>{device.removeWhy}</p>
            <Remove confirm />
          </div>
        </>
      )}
      {showsError && isQuiet && <ErrorText />}
      {screen === 'unavailable' && <Retry />}
    </Root>
  )
}
