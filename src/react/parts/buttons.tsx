import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { Button, type ButtonProps } from './button.tsx'
import { useShown, useText } from './known.tsx'
import { usePrompt } from './prompt.tsx'

/** Submits the code. */
export function Submit(given: ButtonProps) {
  const { submit } = usePrompt()
  const { code } = useMessages()
  return <Button verb="submit-code" name="submit primary" words={code.verify} act={submit} given={given} />
}

/** Cancels the prompt or the enrollment. */
export function Cancel(given: ButtonProps) {
  const { cancel } = useTotpFlow()
  const { code } = useMessages()
  return <Button verb="cancel" name="cancel" words={code.cancel} act={cancel} given={given} />
}

/** Switches between codes of the app and recovery codes. Renders nothing if the backend accepts no recovery codes. */
export function SwitchMethod(given: ButtonProps) {
  const { prompt, method } = usePrompt()
  const isOffered = useShown('recovery-offered')
  const words = useText('other-method')
  if (!isOffered) return null
  const act = () => prompt.use(method === 'app' ? 'recovery' : 'app')
  return <Button verb="switch-method" name="switch-method link" words={words} act={act} given={given} />
}

/** Starts an enrollment. */
export function SetUp(given: ButtonProps) {
  const { register } = useTotpFlow()
  const { device } = useMessages()
  return <Button verb="register" name="set-up primary" words={device.setUp} act={register} given={given} />
}

/** Starts the enrollment over with a new QR code. */
export function StartOver(given: ButtonProps) {
  const { register } = useTotpFlow()
  const { enrollment } = useMessages()
  const words = enrollment.startOver
  return <Button verb="register" name="start-over link" words={words} act={register} given={given} />
}

/**
 * Removes the authenticator app, after the proof that the backend requires. With `confirm`, a `TotpChallenge` asks for
 * confirmation if no proof is required.
 */
export function Remove({ confirm = false, ...given }: ButtonProps & { confirm?: boolean }) {
  const { deleteDevice } = useTotpFlow()
  const { device } = useMessages()
  const act = () => deleteDevice({ confirm })
  return <Button verb="delete" name="remove danger" words={device.remove} act={act} given={given} />
}

/** Loads the devices again after a failure. */
export function Retry(given: ButtonProps) {
  const { refresh } = useTotpFlow()
  const { device } = useMessages()
  return <Button verb="refresh" name="retry primary" words={device.retry} act={refresh} given={given} />
}
