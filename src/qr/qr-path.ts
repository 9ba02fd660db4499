/**
 * The QR code of a registration's `uri` as an SVG path, for a screen of your own. The components, `<totp-flow>` and
 * `bindTotpFlow` draw theirs by it.
 *
 * @module totp-flow/qr
 */
import { encode } from 'uqr'

/** The quiet zone around a QR code that ISO/IEC 18004 asks for, modules. */
const QUIET_ZONE = 4

/**
 * A QR code as one SVG path over a square of `size` units, quiet zone included, and that square as another. Draw it dark on
 * light, in dark mode too: many cameras read nothing else. A screen is neither torn nor stained, so the code has few and
 * large modules (level L) before it corrects errors. It names no character set, as smaller encoders do (ECI): not every
 * authenticator can read that (https://github.com/Yubico/yubioath-flutter/issues/537).
 */
export function qrPath(text: string): { size: number; path: string; ground: string } {
  const { data, size } = encode(text, { ecc: 'L', boostEcc: true, border: QUIET_ZONE })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return { size, path, ground: `M0 0h${size}v${size}H0z` }
}
