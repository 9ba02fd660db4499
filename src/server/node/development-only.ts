import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { ServerRequest } from 'srvx'
import { addressOf } from '../http/address-limit.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

const isLoopback = (address: string) => {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

/** Names that lead to this machine and to no other. A page whose own name was made to lead here (DNS rebinding) has another. */
const LOCAL_HOST = /^(?:(?:[a-z\d-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/** What proxies, balancers and tunnels add to a request. */
const ADDED_BY_PROXIES =
  /^(?:forwarded|via|cdn-loop|x-forwarded.*|x-proxy.*|x-original-(?:host|for|forwarded.*)|x-envoy-.*|cf-.*|.*(?:real|client|connecting|remote)-?ip|.*-external-address)$/

type Fetch = (request: Request) => Response | Promise<Response>

/**
 * Says in one sentence why an identity that lets anyone sign in under any name cannot be used here: in production, behind a
 * proxy, or where other machines can connect. `undefined` where it can.
 */
export async function developmentProblem(given: {
  hostname: string
  trustProxy?: 'loopback' | readonly string[] | undefined
}): Promise<string | undefined> {
  const { hostname, trustProxy } = given
  if (process.env.NODE_ENV?.trim().toLowerCase() === 'production') {
    return 'With NODE_ENV=production nobody may sign in under any name they like. Set up an identity provider, or unset NODE_ENV.'
  }
  if (trustProxy !== undefined) {
    return 'Behind a proxy others can reach this server, so it needs an identity provider. Set one up, or trust no proxy.'
  }
  if (await isOwnMachine(hostname)) return undefined
  return `On ${hostname} others can reach this server, so it needs an identity provider. Set one up, or listen on 127.0.0.1.`
}

/** Whether who listens there is reached from this machine alone. */
export async function isOwnMachine(hostname: string): Promise<boolean> {
  const addresses = isIP(hostname) ? [hostname] : await addressesOf(hostname)
  return addresses.length > 0 && addresses.every(isLoopback)
}

const addressesOf = (hostname: string) =>
  lookup(hostname, { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  )

/**
 * Answers direct calls from this machine, and refuses all others with 403: those of other machines, those that came through
 * a proxy, and those that call this server by another name than this machine's. For a server on which anyone can sign in
 * under any name.
 */
export const developmentOnly =
  (fetch: Fetch): Fetch =>
  (request) =>
    isDirect(request) ? fetch(request) : refusal()

function isDirect(request: ServerRequest): boolean {
  return (
    isLoopback(addressOf(request) ?? '') &&
    LOCAL_HOST.test(request.headers.get('host') ?? '') &&
    LOCAL_HOST.test(new URL(request.url).host) &&
    [...request.headers.keys()].every((name) => !ADDED_BY_PROXIES.test(name)) &&
    // nginx, told nothing else, sends nothing but the server's own name, over a protocol that no client has any more.
    request.runtime?.node?.req.httpVersion !== '1.0'
  )
}

const refusal = () =>
  Response.json(
    {
      error:
        'This server lets anyone sign in under any name, so it answers this machine alone. Call it directly, as localhost.',
      code: 'bad_request',
    },
    { status: 403, headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } },
  )
