import { TotpFlowError } from '../contract/errors.ts'
import type { AuditNote } from './audit.ts'
import type { AddressLimit } from './service.ts'
import type { Store } from './store/store.ts'

export const DEFAULT_ADDRESS_LIMIT = { calls: 120, windowSeconds: 60 }

/** So many addresses over the limit are remembered; what comes from further ones is asked of the store each time. */
const REMEMBERED = 100_000

/**
 * Counts a refused call of the address it came from, in the store, so that all nodes count together; rejects with
 * `rate_limited` once there were too many. Where no address is known, the host limits in front of us.
 */
export function createAddressCounter(given: {
  store: Store
  limit: AddressLimit
  clientAddress: (request: Request) => string | undefined
  now: () => number
  audit: (note: AuditNote) => void
}) {
  const { store, limit, clientAddress, now, audit } = given
  const window = limit.windowSeconds * 1000
  // Whoever is over the limit stays so until the window ends: a flood is then answered without the store.
  let over = { windowStart: 0, addresses: new Set<string>() }

  return async (request: Request): Promise<void> => {
    const client = clientAddress(request)
    if (!client) return
    const address = networkOf(client)
    const windowStart = Math.floor(now() / window) * window
    const retryAt = windowStart + window
    if (over.windowStart !== windowStart) over = { windowStart, addresses: new Set() }
    const { addresses } = over
    if (!addresses.has(address)) {
      if (await store.countCall({ address, windowStart, limit: limit.calls })) return
      if (!addresses.has(address)) audit({ type: 'address_throttled', address, retryAt })
      if (addresses.size < REMEMBERED) addresses.add(address)
    }
    throw new TotpFlowError('rate_limited', { retryAt })
  }
}

/** Some proxies send the port along, which is another one with each connection: `192.0.2.7:51234`, `[2001:db8::1]:51234`. */
const withoutPort = (address: string) =>
  address.replace(/^\[(.+)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1')

/** Whoever has one IPv6 address has the 2^64 of its network: they count as one, however they are written. */
function networkOf(client: string): string {
  const address = withoutPort(client)
  const bracketed = `http://[${address.split('%')[0]}]`
  if (!URL.canParse(bracketed)) return address.slice(0, 64)
  // The URL standard's serialization: lower case, no leading zeros, the longest run of zeros as `::`.
  const [head = '', tail = ''] = new URL(bracketed).hostname.slice(1, -1).split('::')
  const before = head.split(':').filter(Boolean)
  const after = tail.split(':').filter(Boolean)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const groups = [...before, ...zeros, ...after]
  return groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff'
    ? dotted(groups.slice(6))
    : `${groups.slice(0, 4).join(':')}::/64`
}

/** The IPv4 address in the last two groups of a mapped one (RFC 4291 §2.5.5.2). */
const dotted = (groups: readonly string[]) =>
  groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.')

/** What the listener of `totp-flow/server/node`, and any server of its kind, notes on a request. */
export const addressOf = (request: Request): string | undefined =>
  'ip' in request && typeof request.ip === 'string' ? request.ip : undefined
