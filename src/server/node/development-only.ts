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

/** Names that always mean this machine. A page whose own name was pointed here (DNS rebinding) has a different one. */
const LOCAL_HOST = /^(?:(?:[a-z\d-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

/** Headers that proxies, load balancers and tunnels add to a request. */
const ADDED_BY_PROXIES =
  /^(?:forwarded|via|cdn-loop|x-forwarded.*|x-proxy.*|x-original-(?:host|for|forwarded.*)|x-envoy-.*|cf-.*|.*(?:real|client|connecting|remote)-?ip|.*-external-address)$/

type Fetch = (request: Request) => Response | Promise<Response>

/**
 * Says in one sentence why an identity that lets anyone sign in cannot be used here: in production, behind a proxy, or if other
 * machines can connect. Resolves to `undefined` if it can be used.
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
    return 'Behind a proxy, others can reach this server, so it needs an identity provider. Set one up, or trust no proxy.'
  }
  if (await isOwnMachine(hostname)) return undefined
  return `On ${hostname} others can reach this server, so it needs an identity provider. Set one up, or listen on 127.0.0.1.`
}

/** Whether a server on this host name can be reached from this machine only. */
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
 * Answers direct calls from this machine, and refuses all others with 403: calls from other machines, through a proxy,
 * or under a host name other than this machine's. For a server on which anyone can sign in under any name.
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
    // Without further configuration, nginx sends only the server's own name, over HTTP/1.0, which no client uses any more.
    request.runtime?.node?.req.httpVersion !== '1.0'
  )
}

const refusal = () =>
  Response.json(
    {
      error:
        'This server lets anyone sign in under any name, so it answers this machine only. Call it directly, as localhost.',
      code: 'bad_request',
    },
    { status: 403, headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } },
  )
