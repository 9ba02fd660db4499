import { qrPath } from '../../qr/qr-path.ts'
import { useMessages } from '../flow/use-messages.ts'
import { useTotpFlow } from '../flow/use-totp-flow.ts'
import { drawPart, type PartProps } from './part.ts'

/** What is to be scanned: black on white, in dark mode too. */
export function QrCode(props: PartProps<'svg'>) {
  const uri = useTotpFlow((view) => view.registration)?.unseal().uri
  const { enrollment } = useMessages()
  if (uri === undefined) return null
  const { size, path, ground } = qrPath(uri)
  const behavior = {
    role: 'img',
    'aria-label': enrollment.qrCode,
    viewBox: `0 0 ${size} ${size}`,
    width: 232, // until there is a theme, or where there is none
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

/** Opens an authenticator app on this very device, for who cannot scan. The theme makes it a button on touch screens. */
export function DeepLink(props: PartProps<'a'>) {
  const uri = useTotpFlow((view) => view.registration)?.unseal().uri
  const { enrollment } = useMessages()
  return (
    uri !== undefined && drawPart('a', 'button deep-link', { href: uri, children: enrollment.openApp }, props)
  )
}
