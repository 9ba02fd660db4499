/** A domain that browsers accept as an RP ID (WebAuthn §5.1.3): no IP address, no port, no trailing dot. */
export const isRpId = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/.test(value) &&
  !/^\d+(?:\.\d+)*$/.test(value)

/** Whether pages of an origin may use passkeys of that domain: over HTTPS, or on this machine. */
export function isOriginOf(rpId: string, origin: unknown): boolean {
  if (typeof origin !== 'string') return false
  const url = URL.parse(origin)
  if (!url || url.origin !== origin) return false
  const isOfDomain = url.hostname === rpId || url.hostname.endsWith(`.${rpId}`)
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && isLocal(url.hostname))
  return isOfDomain && isSecure
}

const isLocal = (hostname: string) => hostname === 'localhost' || hostname.endsWith('.localhost')
