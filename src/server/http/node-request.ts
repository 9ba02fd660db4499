import type { IncomingMessage } from 'node:http'

/** Node's own request, on the requests that srvx, or a middleware here, made of one. */
interface OverNode {
  runtime?: { node?: { req?: IncomingMessage & { originalUrl?: string } } }
}

/** Node's request beneath, as a framework such as Express has it; `undefined` on other runtimes. */
export const nodeRequestOf = (request: Request) => (request as OverNode).runtime?.node?.req

/** A request over Node's, for the handlers and the host's functions that look for it. */
export const overNode = (request: Request, req: IncomingMessage, ip: string | undefined): Request =>
  Object.assign(request, { ip, runtime: { name: 'node', node: { req } } })

/**
 * The paths that a request may mean: as it came, and without the prefix that a framework has taken off, since a handler may
 * be mounted at its base path or above it.
 */
export function pathsOf(request: Request): [string, ...string[]] {
  const handedOn = new URL(request.url).pathname
  const original = nodeRequestOf(request)?.originalUrl
  return original === undefined ? [handedOn] : [original.split('?')[0] ?? '', handedOn]
}
