import { TotpFlowError } from '../contract/errors.ts'
import type { Service } from './service.ts'

export const DEFAULT_ADDRESS_LIMIT = { calls: 120, windowSeconds: 60 }

/**
 * Counts an unauthenticated call of the address it came from, in the store, so that all nodes count together; rejects
 * with `rate_limited` once there were too many. Where no address is known, the host limits in front of us.
 */
export async function countUnauthenticated(service: Service, request: Request): Promise<void> {
  const { store, addressLimit, clientAddress, now, audit } = service
  const client = clientAddress(request)
  if (!client) return
  const address = networkOf(client)
  const window = addressLimit.windowSeconds * 1000
  const windowStart = Math.floor(now() / window) * window
  if (await store.countCall({ address, windowStart, limit: addressLimit.calls })) return
  const retryAt = windowStart + window
  audit({ type: 'address_throttled', address, retryAt })
  throw new TotpFlowError('rate_limited', { retryAt })
}

/** Whoever has one IPv6 address has the 2^64 of its network: they count as one. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  if (!address.includes(':')) return address.slice(0, 64)
  const [head = '', tail = ''] = address.toLowerCase().split('%')[0]?.split('::') ?? []
  const before = head.split(':').filter(Boolean)
  const after = tail.split(':').filter(Boolean)
  const groups = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after]
  return `${groups.slice(0, 4).join(':')}::/64`.slice(0, 64)
}

/** What the listener of `totp-flow/server/node`, and any server of its kind, notes on a request. */
export const addressOf = (request: Request): string | undefined =>
  'ip' in request && typeof request.ip === 'string' ? request.ip : undefined
