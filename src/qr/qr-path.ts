/**
 * The QR code of a registration's `uri` as an SVG path, for a screen of your own. The components, `<totp-flow>` and
 * `bindTotpFlow` draw theirs by it.
 *
 * @module totp-flow/qr
 */
import { encode } from 'uqr'

/** The quiet zone around a QR code that ISO/IEC 18004 asks for, modules. */
const QUIET_ZONE = 4

/** A QR code as one SVG path over a square of `size` units, quiet zone included. Draw it dark on light, in dark mode too. */
export function qrPath(text: string): { size: number; path: string } {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return { size, path }
}
