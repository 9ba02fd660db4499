import { createGuardrails, generateSecret, verifySync } from 'otplib'

const PERIOD_SECONDS = 30
/** The time step (RFC 6238 §4.1) of a moment in epoch milliseconds. */
export const stepOf = (moment: number): number => Math.floor(moment / 1000 / PERIOD_SECONDS)
const DIGITS = 6
/** RFC 4226 §4 R6 recommends 160 bits. */
const SECRET_BYTES = 20

/** What other systems made, and users have in their apps: 80 bits were usual, where RFC 4226 §4 R6 now requires 128. */
export const SHORTEST_SECRET_BYTES = 10
export const LONGEST_SECRET_BYTES = 128
const guardrails = createGuardrails({
  MIN_SECRET_BYTES: SHORTEST_SECRET_BYTES,
  MAX_SECRET_BYTES: LONGEST_SECRET_BYTES,
})

/** A new secret from the system's random source, base32. */
export const newSecret = (): string => generateSecret({ length: SECRET_BYTES })

/**
 * The time step (RFC 6238 §4) whose code this is, at most one step before or after `now` (epoch milliseconds);
 * `null` when there is none.
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
 * The `otpauth:` URI that authenticator apps scan (Key URI format). It leaves out algorithm, digits and period, which are the
 * format's defaults: SHA-1, 6 and 30 s. The format forbids colons in an issuer, because apps split the label at the first one;
 * they become spaces.
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

/** An e-mail address is 254 characters at most (RFC 5321 §4.5.3.1); a QR code has no room for a longer name in many scripts. */
const LONGEST_ACCOUNT = 600

/** Encoded for a URI, and cut between characters where it is too long. */
function shortened(account: string): string {
  let encoded = ''
  for (const character of account.toWellFormed()) {
    const longer = encoded + encodeURIComponent(character)
    if (longer.length > LONGEST_ACCOUNT) break
    encoded = longer
  }
  return encoded
}
