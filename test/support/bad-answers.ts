import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on a real socket, which remembers the headers of whatever reached it. */
export interface RecordingServer {
  origin: string
  received: IncomingHttpHeaders[]
  close(): Promise<void>
}

export async function recordingServer(answer: RequestListener): Promise<RecordingServer> {
  const received: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    received.push(request.headers)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    received,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const send =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(status, headers).end(body)

/** What comes instead of an honest answer, and what is to be made of it. */
export const badAnswers: [string, RequestListener, string][] = [
  [
    'an HTML page with 200',
    send(200, '<!doctype html><title>Sign in to the Wi-Fi</title>'),
    'malformed_response',
  ],
  ['JSON of another shape', send(200, '{"hello":"world"}'), 'malformed_response'],
  ['truncated JSON', send(200, '{"count":1,"devices":[{"id":"a"'), 'malformed_response'],
  ['nothing', send(200, ''), 'malformed_response'],
  ['a bare string', send(200, '"ok"'), 'malformed_response'],
  ['500 in HTML', send(500, '<h1>oops</h1>'), 'server'],
  ['502 without a body', send(502, ''), 'server'],
  ['401', send(401, '{"error":"who?"}'), 'unauthenticated'],
  ['429 without a time', send(429, ''), 'rate_limited'],
  ['a code that nobody knows', send(400, '{"error":"hm","code":"made_up"}'), 'bad_request'],
  [
    'a connection cut in the middle',
    (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"count":')
      setImmediate(() => response.destroy())
    },
    'network',
  ],
]
