import { createGuardrails, generateSecret, verifySync } from 'otplib'

const PERIOD_SECONDS = 30
/** The time step (RFC 6238 §4.1) of a time in epoch milliseconds. */
export const stepOf = (moment: number): number => Math.floor(moment / 1000 / PERIOD_SECONDS)
const DIGITS = 6
/** RFC 4226 §4 R6 recommends 160 bits. */
const SECRET_BYTES = 20

/** Limits for imported secrets: other systems often made 80 bits, although RFC 4226 §4 R6 requires 128. */
export const SHORTEST_SECRET_BYTES = 10
export const LONGEST_SECRET_BYTES = 128
const guardrails = createGuardrails({
  MIN_SECRET_BYTES: SHORTEST_SECRET_BYTES,
  MAX_SECRET_BYTES: LONGEST_SECRET_BYTES,
})

/** Creates a secret from the system's random source, base32. */
export const newSecret = (): string => generateSecret({ length: SECRET_BYTES })

/**
 * Returns the time step (RFC 6238 §4) that the code belongs to, at most one before or after `now` (epoch milliseconds),
 * or `null` if none matches.
 */
export function matchStep({
  secret,
  code,
  now,
}: {
  secret: string
  code: string
  now: number
}): number | null {
  const result = verifySync({
    secret,
    token: code,
    epoch: Math.floor(now / 1000),
    epochTolerance: PERIOD_SECONDS,
    period: PERIOD_SECONDS,
    digits: DIGITS,
    algorithm: 'sha1',
    guardrails,
  })
  return result.valid && 'timeStep' in result ? result.timeStep : null
}

/**
 * The `otpauth:` URI that authenticator apps scan (Key URI format). It omits algorithm, digits and period, since they
 * are the format's defaults: SHA-1, 6 and 30 s. The format forbids colons in an issuer, because apps split the label at
 * the first one, so they become spaces.
 */
export function keyUri({
  issuer,
  account,
  secret,
}: {
  issuer: string
  account: string
  secret: string
}): string {
  const by = encodeURIComponent(issuer.toWellFormed().replaceAll(':', ' '))
  return `otpauth://totp/${by}:${shortened(account)}?secret=${secret}&issuer=${by}`
}

/** An email address has at most 254 characters (RFC 5321 §4.5.3.1). A QR code has no room for longer names in many scripts. */
const LONGEST_ACCOUNT = 600

/** Encodes the account for a URI, and truncates it between characters if it is too long. */
function shortened(account: string): string {
  let encoded = ''
  for (const character of account.toWellFormed()) {
    const longer = encoded + encodeURIComponent(character)
    if (longer.length > LONGEST_ACCOUNT) break
    encoded = longer
  }
  return encoded
}
