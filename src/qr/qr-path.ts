/**
 * Draws the QR code of a registration's `uri` as an SVG path, for your own screen. The components, `<totp-flow>` and
 * `bindTotpFlow` use it, too.
 *
 * @module totp-flow/qr
 */
import { encode } from 'uqr'

/** The quiet zone around a QR code that ISO/IEC 18004 requires, modules. */
const QUIET_ZONE = 4

/**
 * Returns a QR code as an SVG path. The code covers a square of `size` by `size` units (modules), quiet zone included. `ground` is
 * the path of that square. Draw `path` dark on a light `ground`, also in dark mode: many cameras read nothing else.
 *
 * The code prefers few, large modules to error correction (level L), since a screen is neither torn nor stained. It names no
 * character set (ECI), which not every authenticator can read (https://github.com/Yubico/yubioath-flutter/issues/537).
 *
 * Throws a `RangeError` for a text that no QR code holds: 2,953 bytes always fit (ISO/IEC 18004, version 40-L).
 */
export function qrPath(text: string): { size: number; path: string; ground: string } {
  const { data, size } = encode(text, { ecc: 'L', boostEcc: true, border: QUIET_ZONE })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return { size, path, ground: `M0 0h${size}v${size}H0z` }
}
