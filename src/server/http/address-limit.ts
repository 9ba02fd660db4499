import { TotpFlowError } from '../../contract/errors.ts'
import type { AuditNote } from '../audit/audit.ts'
import type { Store } from '../store/store.ts'

/** How many refused calls (forged sign-ins, credentials that are none, no credential) one address may make. */
export interface AddressLimit {
  /** In one window, on all nodes together. What is over it is refused with `rate_limited` until the window ends. */
  calls: number
  /** How long a window is. */
  windowSeconds: number
}

export const DEFAULT_ADDRESS_LIMIT = { calls: 120, windowSeconds: 60 }

/** How often what was counted here goes to the store, and what other nodes counted comes from there. */
const FLUSH_EVERY_MS = 1000
/** So many networks are counted and so many over the limit are remembered at once; beyond, the oldest count is forgotten. */
const REMEMBERED = 100_000

/** The calls of one network in the current window. */
interface Count {
  /** On all nodes, as of the last answer of the store, plus what was sent to it since. */
  shared: number
  /** Here, since. */
  unsent: number
}
const NO_CALLS: Count = { shared: 0, unsent: 0 }

interface Network {
  network: string
  /** How many times the limit it may make. */
  factor: number
}

/**
 * Counts a refused call of the address it came from; rejects with `rate_limited` once there were too many in the window.
 * Where no address is known, the host limits in front of us.
 *
 * An IPv6 address counts as its /64 network with the limit as given, as its /56 with four times and as its /48 with sixteen
 * times as many calls, since one customer of a provider has any of these.
 *
 * Calls are counted in memory, and once a second all of them go to the store in few statements. In one process the limit is
 * exact. Nodes learn of each other's calls within a second, so `n` nodes together let through at most `n` times the limit in
 * a window, and that only if all of it comes within the first second. What a process counted in its last second, or while
 * the store fails, the others do not learn.
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
    timer.unref?.() // there is none in a page
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

  /** One that is over the limit stays so, even if its count was forgotten. */
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

  /** Ends the exchange with the store. */
  function close() {
    isClosed = true
    clearTimeout(timer)
  }
  return Object.assign(count, { close })
}

/** Tells the store what was counted, and learns what all nodes counted. Where it fails, this process counts on by itself. */
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

/** Some proxies send the port along, which is another one with each connection: `192.0.2.7:51234`, `[2001:db8::1]:51234`. */
const withoutPort = (address: string) =>
  address.replace(/^\[(.+)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1')

/** The networks that an address counts as, from small to large, however it is written. */
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

/** What the listener of `totp-flow/server/node`, and any server of its kind, notes on a request. */
export const addressOf = (request: Request): string | undefined =>
  'ip' in request && typeof request.ip === 'string' ? request.ip : undefined
