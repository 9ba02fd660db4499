import type { MouseEvent } from 'react'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { drawPart, type PartProps } from './part.ts'
import { usePrompt } from './prompt.tsx'

type ButtonProps = PartProps<'button'>

const drawButton = (name: string, behavior: object, props: ButtonProps) =>
  drawPart('button', `button ${name}`, { type: 'button', ...behavior }, props)

/** Sends the code. */
export function Submit(props: ButtonProps) {
  const { busy, secondsLeft, submit } = usePrompt()
  const { code } = useMessages()
  const behavior = {
    'aria-busy': busy,
    disabled: secondsLeft > 0,
    onClick(event: MouseEvent) {
      event.preventDefault() // or one that a host makes a submit button would send twice
      submit()
    },
    children: code.verify,
  }
  return drawButton('submit primary', behavior, props)
}

/** Leaves what was begun. */
export function Cancel(props: ButtonProps) {
  const flow = useTotpFlow()
  const { code } = useMessages()
  return drawButton('cancel', { onClick: () => flow.cancel(), children: code.cancel }, props)
}

/** Changes between the app's codes and recovery codes; not there where the backend takes none. */
export function SwitchMethod(props: ButtonProps) {
  const { prompt, method, busy } = usePrompt()
  const { code } = useMessages()
  const isOffered = useTotpFlow((view) => view.offersRecovery && view.intent !== 'enroll')
  if (!isOffered) return null
  const other = method === 'app' ? 'recovery' : 'app'
  const behavior = {
    disabled: busy,
    onClick: () => prompt.use(other),
    children: other === 'recovery' ? code.useRecoveryCode : code.useApp,
  }
  return drawButton('switch-method link', behavior, props)
}

/** Starts an enrollment. */
export function SetUp(props: ButtonProps) {
  const flow = useTotpFlow()
  const busy = useTotpFlow((view) => view.state === 'registering')
  const { device } = useMessages()
  return drawButton(
    'set-up primary',
    { 'aria-busy': busy, onClick: () => flow.register(), children: device.setUp },
    props,
  )
}

/** Starts the enrollment over, with a new code to scan. */
export function StartOver(props: ButtonProps) {
  const flow = useTotpFlow()
  const { enrollment } = useMessages()
  return drawButton(
    'start-over link',
    { onClick: () => flow.register(), children: enrollment.startOver },
    props,
  )
}

/** Removes the authenticator app, after a code. */
export function Remove(props: ButtonProps) {
  const flow = useTotpFlow()
  const busy = useTotpFlow((view) => view.state === 'deleting')
  const { device } = useMessages()
  return drawButton(
    'remove danger',
    { 'aria-busy': busy, onClick: () => flow.deleteDevice(), children: device.remove },
    props,
  )
}

/** Asks the backend again, when it could not be reached. */
export function Retry(props: ButtonProps) {
  const flow = useTotpFlow()
  const mayRetry = useTotpFlow((view) => view.can.refresh)
  const { device } = useMessages()
  return drawButton(
    'retry primary',
    { disabled: !mayRetry, onClick: () => flow.refresh(), children: device.retry },
    props,
  )
}
