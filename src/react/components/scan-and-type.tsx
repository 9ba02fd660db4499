import { useState } from 'react'
import { around } from '../../messages/sentence.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { StartOver } from '../parts/buttons.tsx'
import { DeepLink, QrCode } from '../parts/qr-code.tsx'
import { SetupKey } from '../parts/setup-key.tsx'
import { Steps } from '../parts/steps.tsx'
import { CodeEntry } from './code-entry.tsx'

/** The two steps that a person sees before the authenticator app is on. After a reload there is no picture to show. */
export function ScanAndType() {
  const hasPicture = useTotpFlow((view) => view.registration !== null)
  const { enrollment } = useMessages()
  const [hasTyped, setHasTyped] = useState(false)
  const [before, after] = around(enrollment.resumed, enrollment.startOver)
  return (
    <>
      <Steps current={hasTyped || !hasPicture ? 1 : 0} />
      {hasPicture ? (
        <>
          <p part="hint">{enrollment.scanHint}</p>
          <DeepLink />
          <QrCode />
          <SetupKey />
        </>
      ) : (
        <p part="hint">
          {before}
          <StartOver />
          {after}
        </p>
      )}
      <CodeEntry onTyped={() => setHasTyped(true)} autoFocus={hasPicture ? 'with-keyboard' : true} />
    </>
  )
}
