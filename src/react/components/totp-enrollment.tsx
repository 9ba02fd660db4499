import { screenOf } from '../../ui/screen.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Retry } from '../parts/buttons.tsx'
import { DeviceStatus, Skeleton } from '../parts/device-status.tsx'
import { useShown } from '../parts/known.tsx'
import { ErrorText } from '../parts/notes.tsx'
import type { PartProps } from '../parts/part.ts'
import { Root } from '../parts/root.tsx'
import { Steps } from '../parts/steps.tsx'
import { NotYet } from './not-yet.tsx'
import { NewRecoveryCodes } from './recovery-codes.tsx'
import { ScanAndType } from './scan-and-type.tsx'

/** Sets up an authenticator app, from the button to the recovery codes. Then only says that it is on. Shows `children` above the button. */
export function TotpEnrollment({ children, ...props }: PartProps<'section'>) {
  const screen = useTotpFlow(screenOf)
  const hasNewCodes = useShown('recovery-codes')
  const isQuiet = useShown('quiet')
  return (
    <Root {...props}>
      {screen === 'on' && <Steps current={hasNewCodes ? 2 : 3} />}
      <DeviceStatus />
      {screen === 'loading' && <Skeleton />}
      {screen === 'none' && <NotYet>{children}</NotYet>}
      {screen === 'enrolling' && <ScanAndType />}
      <NewRecoveryCodes />
      {isQuiet && <ErrorText />}
      {screen === 'unavailable' && <Retry />}
    </Root>
  )
}
