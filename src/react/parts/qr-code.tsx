import { qrPath } from '../../qr/qr-path.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { drawPart, type PartProps } from './part.ts'

/** The QR code to scan. Black on white, also in dark mode. */
export function QrCode(props: PartProps<'svg'>) {
  const uri = useTotpFlow((view) => view.registration)?.unseal().uri
  const { enrollment } = useMessages()
  if (uri === undefined) return null
  const { size, path, ground } = qrPath(uri)
  const behavior = {
    role: 'img',
    'aria-label': enrollment.qrCode,
    viewBox: `0 0 ${size} ${size}`,
    width: 232, // until the theme is loaded, or without one
    height: 232,
    shapeRendering: 'crispEdges',
    children: (
      <>
        <path fill="#fff" d={ground} />
        <path fill="#000" d={path} />
      </>
    ),
  }
  return drawPart('svg', 'qr-code', behavior, props)
}

/** Opens an authenticator app on this device, for a person who cannot scan. The theme makes it a button on touch screens. */
export function DeepLink(props: PartProps<'a'>) {
  const uri = useTotpFlow((view) => view.registration)?.unseal().uri
  const { enrollment } = useMessages()
  return (
    uri !== undefined && drawPart('a', 'button deep-link', { href: uri, children: enrollment.openApp }, props)
  )
}
