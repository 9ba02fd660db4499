import type { IncomingMessage } from 'node:http'

/** Node's own request, attached to requests made by srvx or a middleware here. */
interface OverNode {
  runtime?: { node?: { req?: IncomingMessage & { originalUrl?: string } } }
}

/** The underlying Node request, as Express and other frameworks have it; `undefined` on other runtimes. */
export const nodeRequestOf = (request: Request) => (request as OverNode).runtime?.node?.req

/** Attaches Node's request, for the handlers and host functions that look for it. */
export const overNode = (request: Request, req: IncomingMessage, ip: string | undefined): Request =>
  Object.assign(request, { ip, runtime: { name: 'node', node: { req } } })

/**
 * The paths that a request may mean: the original path, and the path without the prefix that a framework removed. A
 * handler may be mounted at its base path or above it.
 */
export function pathsOf(request: Request): [string, ...string[]] {
  const handedOn = new URL(request.url).pathname
  const original = nodeRequestOf(request)?.originalUrl
  return original === undefined ? [handedOn] : [original.split('?')[0] ?? '', handedOn]
}
