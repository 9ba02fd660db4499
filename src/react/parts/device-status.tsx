import { around } from '../../messages/sentence.ts'
import { dateOf } from '../../ui/date-of.ts'
import { screenOf } from '../../ui/screen.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { useText } from './known.tsx'
import { drawPart, type PartProps } from './part.ts'

/** Shows whether an authenticator app protects the account, and since when. */
export function DeviceStatus(props: PartProps<'div'>) {
  const { device: words } = useMessages()
  const screen = useTotpFlow(screenOf)
  const device = useTotpFlow((view) => view.device)
  const sentence = useText('status')
  const children = (
    <>
      {sentence && <Shield checked={screen === 'on'} />}
      <p part="status">
        <span>{sentence}</span>
        {screen === 'loading' && <span part="unseen">{words.loading}</span>}
      </p>
      {screen === 'on' && device && <Since at={device.verifiedAt ?? device.createdAt ?? ''} />}
    </>
  )
  return drawPart('div', `device-status ${screen}`, { children }, props)
}

function Since({ at }: { at: string }) {
  const { device } = useMessages()
  const date = dateOf(at)
  if (!date) return null
  const time = device.time(date)
  const [before, after] = around(device.since, time)
  return (
    <p part="since">
      <span>{before}</span>
      {/* A server in another time zone writes another time. */}
      <time dateTime={at} suppressHydrationWarning>
        {time}
      </time>
      <span>{after}</span>
    </p>
  )
}

/** A shield, with a check mark if the account is protected. */
const Shield = ({ checked }: { checked: boolean }) => (
  <svg part="shield" width="40" height="40" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M12 2.8 4.8 5.6v5.9c0 4.5 3 8 7.2 9.7 4.2-1.7 7.2-5.2 7.2-9.7V5.6z" />
    {checked && <path d="m8.6 11.9 2.4 2.5 4.5-4.9" />}
  </svg>
)

/** The placeholder while the devices load. */
export const Skeleton = () => (
  <div part="skeleton" aria-hidden="true">
    <span />
    <span />
    <span />
  </div>
)
