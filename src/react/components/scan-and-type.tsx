import { useMessages } from '../flow/use-messages.ts'
import { StartOver } from '../parts/buttons.tsx'
import { usePresentation, useShown, useText } from '../parts/known.tsx'
import { PromptScope, useIdOf } from '../parts/prompt.tsx'
import { DeepLink, QrCode } from '../parts/qr-code.tsx'
import { SetupKey } from '../parts/setup-key.tsx'
import { Steps } from '../parts/steps.tsx'
import { CodeEntry } from './code-entry.tsx'

/** The two steps before the authenticator app is on: scan and type. After a reload there is no QR code to show. */
export const ScanAndType = () => (
  <PromptScope>
    <CurrentStep />
    <Picture />
  </PromptScope>
)

const CurrentStep = () => <Steps current={usePresentation(({ step }) => step)} />

function Picture() {
  const { enrollment } = useMessages()
  const isShown = useShown('picture')
  const before = useText('before-start-over')
  const after = useText('after-start-over')
  const id = useIdOf('above')
  return (
    <>
      {isShown ? (
        <>
          <p part="hint" id={id}>
            {enrollment.scanHint}
          </p>
          <DeepLink />
          <QrCode />
          <SetupKey />
        </>
      ) : (
        <p part="hint" id={id}>
          <span>{before}</span>
          <StartOver />
          <span>{after}</span>
        </p>
      )}
      <CodeEntry autoFocus={isShown ? 'with-keyboard' : true} />
    </>
  )
}
