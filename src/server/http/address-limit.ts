import { TotpFlowError } from '../../contract/errors.ts'
import type { AuditNote } from '../audit/audit.ts'
import type { Store } from '../store/store.ts'

/** The limit of refused calls (forged sign-ins, missing or invalid credentials) from one address. */
export interface AddressLimit {
  /**
   * Refused calls allowed per window across all nodes, 1 to 1,000,000. Further ones get `rate_limited` until the window
   * ends.
   */
  calls: number
  /** The length of a window, 1 to 86,400 seconds. */
  windowSeconds: number
}

export const DEFAULT_ADDRESS_LIMIT = { calls: 120, windowSeconds: 60 }

/** How often this node sends its counts to the store and reads those of the other nodes. */
const FLUSH_EVERY_MS = 1000
/** How many networks are counted, and how many over the limit are remembered. Beyond that, the oldest count is dropped. */
const REMEMBERED = 100_000

/** The calls of one network in the current window. */
interface Count {
  /** On all nodes: the store's last total plus what this node has sent since. */
  shared: number
  /** On this node, not yet sent. */
  unsent: number
}
const NO_CALLS: Count = { shared: 0, unsent: 0 }

interface Network {
  network: string
  /** The multiple of the limit that it may reach. */
  factor: number
}

/**
 * Counts a refused call by the address it came from. Rejects with `rate_limited` once the window has too many of them.
 * If no address is known, the host must limit calls in front of the server.
 *
 * An IPv6 address counts towards its /64 with the given limit, its /56 with four times and its /48 with sixteen times
 * that limit, since one customer of a provider may hold any of these.
 *
 * Calls are counted in memory, and sent to the store once a second in a few statements. In one process the limit is
 * exact. Nodes learn of each other's calls within a second, so `n` nodes together allow at most `n` times the limit in
 * a window, and only if all calls come within the first second. Counts of a process's last second, or made while the
 * store fails, do not reach the other nodes.
 */
export function createAddressCounter(given: {
  store: Store
  limit: AddressLimit
  clientAddress: (request: Request) => string | undefined
  now: () => number
  audit: (note: AuditNote) => void
}) {
  const { store, limit, clientAddress, now, audit } = given
  const length = limit.windowSeconds * 1000
  const newWindow = (end: number) => ({ end, counts: new Map<string, Count>(), over: new Set<string>() })
  let window = newWindow(0)
  let timer: ReturnType<typeof setTimeout> | undefined
  let isClosed = false

  function flushSoon() {
    if (timer !== undefined || isClosed) return
    timer = setTimeout(async () => {
      await flush(store, window)
      timer = undefined
      if ([...window.counts.values()].some(({ unsent }) => unsent > 0)) flushSoon()
    }, FLUSH_EVERY_MS)
    timer.unref?.() // browsers have no unref
  }

  async function count(request: Request): Promise<void> {
    const client = clientAddress(request)
    if (typeof client !== 'string' || client === '') return
    const retryAt = (Math.floor(now() / length) + 1) * length
    if (window.end !== retryAt) window = newWindow(retryAt)
    const networks = networksOf(client)
    const full = networks.find(isFull)
    if (full) {
      auditOnce(full.network)
      throw new TotpFlowError('rate_limited', { retryAt })
    }
    for (const { network } of networks) add(network)
    flushSoon()
  }

  /** A network over the limit stays full, even if its count was dropped. */
  function isFull({ network, factor }: Network): boolean {
    const { shared, unsent } = window.counts.get(network) ?? NO_CALLS
    return window.over.has(network) || shared + unsent >= limit.calls * factor
  }

  function auditOnce(network: string): void {
    const { over, end } = window
    if (over.has(network) || over.size >= REMEMBERED) return
    over.add(network)
    audit({ type: 'address_throttled', address: network, retryAt: end })
  }

  function add(network: string): void {
    const { counts } = window
    const { shared, unsent } = counts.get(network) ?? NO_CALLS
    counts.set(network, { shared, unsent: unsent + 1 })
    const [oldest] = counts.keys()
    if (counts.size > REMEMBERED && oldest !== undefined) counts.delete(oldest)
  }

  /** Stops exchanging counts with the store. */
  function close() {
    isClosed = true
    clearTimeout(timer)
  }
  return Object.assign(count, { close })
}

/** Sends the new counts to the store and reads the totals of all nodes. If that fails, this process keeps counting alone. */
async function flush(store: Store, { end, counts }: { end: number; counts: Map<string, Count> }) {
  const sent = [...counts].filter(([, { unsent }]) => unsent > 0)
  const calls = sent.map(([address, { unsent }]) => ({ address, calls: unsent }))
  for (const [, count] of sent) {
    count.shared += count.unsent
    count.unsent = 0
  }
  try {
    for (const { address, calls: total } of await store.countCalls({ windowEnd: end, calls })) {
      const count = counts.get(address)
      if (count) count.shared = Math.max(count.shared, total)
    }
  } catch {} // the next request that needs the store reports it
}

/** Some proxies append the port, which changes with each connection: `192.0.2.7:51234`, `[2001:db8::1]:51234`. */
const withoutPort = (address: string) =>
  address.replace(/^\[(.+)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1')

/** The networks that an address counts towards, from small to large, whatever its notation. */
function networksOf(client: string): Network[] {
  const address = withoutPort(client)
  const bracketed = `http://[${address.split('%')[0]}]`
  if (!URL.canParse(bracketed)) return [{ network: address.slice(0, 64), factor: 1 }]
  // The URL standard's serialization: lower case, no leading zeros, the longest run of zeros as `::`.
  const [head = '', tail = ''] = new URL(bracketed).hostname.slice(1, -1).split('::')
  const before = head.split(':').filter(Boolean)
  const after = tail.split(':').filter(Boolean)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const groups = [...before, ...zeros, ...after]
  if (HOLDS_IPV4.includes(groups.slice(0, 6).join(':'))) {
    return [{ network: dotted(groups.slice(6)), factor: 1 }]
  }
  const firstThree = groups.slice(0, 3).join(':')
  const fourth = Number.parseInt(groups[3] ?? '', 16)
  // A caller has at least the /64 (RFC 6177), and some providers give a /48 to each customer.
  return [
    { network: `${firstThree}:${fourth.toString(16)}::/64`, factor: 1 },
    { network: `${firstThree}:${(fourth & 0xff00).toString(16)}::/56`, factor: 4 },
    { network: `${firstThree}::/48`, factor: 16 },
  ]
}

/** Mapped (RFC 4291 §2.5.5.2) and translated (RFC 6052 §2.1) addresses end in an IPv4 address. */
const HOLDS_IPV4 = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']

const dotted = (groups: readonly string[]) =>
  groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.')

/** The client address that the listener of `totp-flow/server/node`, or any srvx server, puts on a request. */
export const addressOf = (request: Request): string | undefined =>
  'ip' in request && typeof request.ip === 'string' ? request.ip : undefined
