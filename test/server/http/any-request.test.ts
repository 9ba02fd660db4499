/** Random requests, on the socket of a server process and in process. More of them: `TOTP_FLOW_RUNS=50000`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { errorCodes } from '../../../src/contract/errors.ts'
import { wireCodes } from '../../../src/contract/wire/error-body.ts'
import { served, servedNames } from '../../../src/server/api/served.ts'
import { memoryStore } from '../../../src/server/index.ts'
import { passkeysOfTests } from '../../support/passkeys.ts'
import { type ServerProcess, startServer } from '../../support/server-process.ts'
import { createWorld, ENVIRONMENT, type World } from '../../support/world.ts'

const ORIGIN = 'https://app.example.com'
const runs = { seed: 17, numRuns: Number(process.env.TOTP_FLOW_RUNS ?? 1500) }

let folder: string
let server: ServerProcess
let token: string
let world: World
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-any-'))
  const env = { DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'silent' }
  server = await startServer(env, ['--cors-origin', ORIGIN], folder)
  token = await server.signIn('ann')
  world = createWorld(() => memoryStore(), { corsOrigins: [ORIGIN], passkeys: passkeysOfTests() })
  await world.enroll('ann')
})
afterAll(async () => {
  expect(await server.end()).toBe(0)
  await world.close()
  rmSync(folder, { recursive: true })
})

/** Markup, a line break and a quote: what must not come back as it was sent. */
const MARK = '<q9"\r\nx-q9: 1'
const codes: readonly unknown[] = [...errorCodes, ...Object.values(wireCodes)]

interface Answered {
  status: number
  headers: Headers
  text: string
}

/** Every answer of the service, whatever was sent. Leaving the body out after HEAD is the listener's work. */
function expectOurs({ status, headers, text }: Answered): void {
  expect(status).toBeLessThan(500)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('cache-control')).toMatch(/^(?:no-store|public, max-age=\d+)$/)
  expect(headers.get('x-q9')).toBeNull()
  expect([...headers.values(), text].join('\n')).not.toContain('<q9')
  expect(headers.has('allow')).toBe(status === 405)
  if (text === '') return
  expect(status).not.toBe(204)
  expect(headers.get('content-type')).toBe('application/json')
  const body = JSON.parse(text)
  if (status >= 400) {
    expect(codes).toContain(body.code)
    expect(body.error).toMatch(/^[^<>]{1,300}$/)
  }
}

const piece = fc.oneof(
  fc.constantFrom(
    '',
    '.',
    '..',
    '%2e%2e',
    '%2F',
    '%00',
    '%zz',
    '%',
    '\\',
    ';',
    '@',
    ':',
    '~',
    MARK,
    '__proto__',
  ),
  fc.constantFrom(
    'users',
    'mfa',
    'register',
    'totp',
    'auth',
    'recovery',
    'settings',
    'healthz',
    'sdk',
    'api',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.uuid(),
  fc.tuple(fc.constantFrom('a', 'a-', 'aB1', '%41', '.', 'é'), fc.nat(2000)).map(([s, n]) => s.repeat(n)),
)
const someRoute = fc
  .constantFrom(...servedNames)
  .map((name) => served[name].path.replace(':deviceId', 'some-id'))
const pathBelow = (api: string) =>
  fc.oneof(
    someRoute.map((path) => api + path),
    fc.tuple(someRoute, piece, piece).map(([path, a, b]) => `${api}${path}/${a}?${b}`),
    fc.array(piece, { maxLength: 8 }).map((pieces) => `${api}/${pieces.join('/')}`),
    fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('/')}`),
    fc.constantFrom('/healthz', '/readyz', '/.well-known/jwks.json', '/api/v0/openapi.json', '/', '//', '*'),
  )
const method = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE') },
  fc.constantFrom('HEAD', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH', 'CONNECT'),
  fc.constantFrom('get', 'MADEUP', 'G', '__proto__', 'constructor'),
)
const json = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value)),
  fc
    .record(
      {
        jwt: fc.jsonValue(),
        code: fc.oneof(fc.constantFrom('123456', '000000', '１２３４５６'), fc.string(), fc.jsonValue()),
        id: fc.jsonValue(),
        requestedScopes: fc.oneof(fc.array(fc.constantFrom('wallet:sign', 'a b', '')), fc.jsonValue()),
        createMfaTokenOptions: fc.jsonValue(),
        mfaBackupCodeAcknowledgement: fc.jsonValue(),
        scope: fc.oneof(fc.constant(MARK), fc.jsonValue()),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '{"__proto__":{"code":"1"}}',
    '{"code":"1","code":"2"}',
    '1e999',
    '"\\ud800"',
    '{"a":',
    'null',
  ),
  fc.tuple(fc.constantFrom('[', '{"a":', '"', '\u0000'), fc.nat(20_000)).map(([s, n]) => s.repeat(n)),
)
const body = fc.oneof(
  json,
  json.map((text) => `\ufeff${text}`),
  fc.string({ unit: 'binary' }),
  fc.constant(''),
)
const value = fc.oneof(
  fc.constantFrom(
    '',
    'Bearer',
    'Bearer ',
    'Bearer x',
    'bearer  x',
    'Basic eDp5',
    'null',
    '*',
    ORIGIN,
    'http://[',
  ),
  fc.constantFrom('application/json', 'text/html', 'a;'.repeat(800), ','.repeat(800), 'for=<q9', '127.0.0.1'),
  fc.constantFrom('gzip', 'chunked', '100-continue', 'websocket', 'x-dyn-a, x-dyn-b', '<q9'),
  fc.string({ maxLength: 20 }),
)
const header = fc.tuple(
  fc.constantFrom(
    ...[
      'authorization',
      'content-type',
      'origin',
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-proto',
      'cookie',
    ],
    ...['access-control-request-method', 'access-control-request-headers', 'x-dyn-elevated-access-token'],
    ...[
      'x-mfa-auth-token',
      'accept-encoding',
      'content-encoding',
      'te',
      'range',
      'x-forwarded-host',
      'if-match',
    ],
  ),
  value,
)
const request = (api: string, credential: string) =>
  fc.record({
    method,
    path: pathBelow(api),
    headers: fc
      .tuple(fc.array(header, { maxLength: 6 }), fc.boolean())
      .map(([headers, isKnown]) =>
        isKnown ? [['authorization', credential] as const, ...headers] : headers,
      ),
    body,
  })

async function answerTo(request: Request): Promise<Answered> {
  const response = await world.server.fetch(request)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

it('every request in process gets a typed answer of the service, and never a 5xx', async () => {
  await fc.assert(
    fc.asyncProperty(
      request(`/api/v0/sdk/${ENVIRONMENT}`, 'Bearer user:ann'),
      async ({ method, path, headers, body }) => {
        const hasBody = !['GET', 'HEAD'].includes(method) && body !== ''
        let made: Request
        try {
          made = new Request(new URL(path, 'http://test.local'), {
            method,
            headers: new Headers(headers.map(([name, value]): [string, string] => [name, value])),
            ...(hasBody && { body }),
          })
        } catch {
          return // what no `Request` can say
        }
        const answered = await answerTo(made)
        expectOurs(answered)
        const { status, text } = answered
        expect(text === '').toBe(status === 204 || (method === 'HEAD' && status === 200))
      },
    ),
    runs,
  )
  expect(world.events.filter(({ type }) => type === 'failed')).toEqual([])
})

/** All that the socket says until it closes. With `isCut` the sender closes its side when all is sent. */
function raw(bytes: Buffer, isCut: boolean): Promise<string> {
  const { hostname, port } = new URL(server.origin)
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), hostname)
    socket.setTimeout(60_000, () => socket.destroy(new Error('no answer')))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A body that nobody reads to its end.
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error)
    })
    socket.on('close', () => resolve(answer))
    socket.write(bytes)
    if (isCut) socket.end()
  })
}

/** The last answer of a connection, whose body is whole: the server ends it with the connection, or says its length. */
function parsed(answer: string): Answered {
  const [head = '', ...rest] = answer.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '').split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const headers = new Headers(
    fields.map((field): [string, string] => [
      field.slice(0, field.indexOf(':')),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  )
  const sent = rest.join('\r\n\r\n')
  const text = headers.get('transfer-encoding') === 'chunked' ? withoutChunks(sent) : sent
  return { status: Number(line.slice(9, 12)), headers, text: Buffer.from(text, 'latin1').toString() }
}
function withoutChunks(sent: string): string {
  let text = ''
  for (let rest = sent; rest !== ''; ) {
    const start = rest.indexOf('\r\n') + 2
    const size = Number.parseInt(rest, 16)
    text += rest.slice(start, start + size)
    rest = rest.slice(start + size + 2)
  }
  return text
}

/** Node itself refuses what is no HTTP, or too much of it, in an answer without a body. */
const BY_NODE = [400, 408, 413, 417, 431]
const isBare = ({ headers, text }: Answered) => !headers.has('x-content-type-options') && text === ''

it('every request on the socket gets a typed answer or a bare refusal, and never a 5xx or a silence', async () => {
  const host = fc.constantFrom(
    'x',
    'x:99999',
    '1.2.3.4.5',
    '[',
    'a b',
    '<q9',
    '',
    'é',
    'a@b',
    '[::1]:80',
    'xn--a',
  )
  const length = fc.constantFrom(
    'right',
    'right',
    'right',
    'more',
    'less',
    'twice',
    'chunked',
    'none',
    'wrong',
  )
  const { pathname } = new URL(server.api)
  await fc.assert(
    fc.asyncProperty(
      request(pathname, `Bearer ${token}`),
      host,
      length,
      async ({ method, path, headers, body }, host, length) => {
        const size = Buffer.byteLength(body)
        const lengths = {
          right: [`content-length: ${size}`],
          more: [`content-length: ${size + 10}`],
          less: [`content-length: ${Math.floor(size / 2)}`],
          twice: [`content-length: ${size}`, `content-length: ${size + 1}`],
          chunked: ['transfer-encoding: chunked'],
          none: [],
          wrong: ['content-length: -1'],
        }[length]
        const head = [
          `${method} ${path} HTTP/1.1`,
          `host: ${host}`,
          'connection: close',
          ...lengths,
          ...headers.map(([name, value]) => `${name}: ${value}`),
        ]
        const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
        const answer = await raw(bytes, length !== 'right')
        if (answer === '') {
          expect(method === 'CONNECT' || length !== 'right').toBe(true)
          return
        }
        const answered = parsed(answer)
        if (isBare(answered)) expect(BY_NODE).toContain(answered.status)
        else expectOurs(answered)
      },
    ),
    runs,
  )
  expect((await server.call('GET', '/settings')).status).toBe(200)
})

const SHORT = 4000
const TIMES = 8
/** What takes less than this at the short length is fast enough at the long one, whatever the clock says. */
const NOISE_MS = 0.5

it('no response time grows faster than the size of the request', async () => {
  const filler = fc
    .tuple(
      fc.constantFrom('', 'a', '1', '/', 'Bearer ', 'x-dyn-', '"'),
      fc.oneof(
        fc.constantFrom(
          'a',
          '-',
          'a-',
          'ab-',
          '/',
          '/a',
          '.',
          '%',
          '%41',
          ' ',
          ',',
          'a,',
          '=',
          '"',
          '\\',
          '{',
          '[',
        ),
        fc.string({ unit: fc.constantFrom(...'aA1-_./%=," '), minLength: 1, maxLength: 4 }),
      ),
      fc.constantFrom('', '1', '.', '!', ' ', '"', '/'),
    )
    .map(
      ([before, part, after]) =>
        (length: number) =>
          `${before}${part.repeat(length / part.length)}${after}`,
    )
  const api = `http://test.local/api/v0/sdk/${ENVIRONMENT}`
  const authorization = 'Bearer user:ann'
  const places: Record<string, (text: string) => Request> = {
    path: (text) => new Request(`${api}/${text}`),
    'device id': (text) =>
      new Request(`${api}/users/mfa/${text}`, { method: 'DELETE', headers: { authorization } }),
    query: (text) => new Request(`${api}/users?${text}`, { headers: { authorization } }),
    credential: (text) => new Request(`${api}/users`, { headers: { authorization: text } }),
    origin: (text) => new Request(`${api}/settings`, { headers: { origin: text } }),
    'asked headers': (text) =>
      new Request(`${api}/users`, {
        method: 'OPTIONS',
        headers: {
          origin: ORIGIN,
          'access-control-request-method': 'GET',
          'access-control-request-headers': text,
        },
      }),
    elevation: (text) =>
      new Request(`${api}/users/mfa/id`, {
        method: 'DELETE',
        headers: { authorization, 'x-dyn-elevated-access-token': text, 'x-mfa-auth-token': text },
      }),
    address: (text) => new Request(`${api}/users`, { headers: { 'x-forwarded-for': text, forwarded: text } }),
    jwt: (text) =>
      new Request(`${api}/externalAuth/signin`, { method: 'POST', body: JSON.stringify({ jwt: text }) }),
    code: (text) =>
      new Request(`${api}/users/mfa/auth/totp`, {
        method: 'POST',
        headers: { authorization },
        body: JSON.stringify({ code: text }),
      }),
    'recovery code': (text) =>
      new Request(`${api}/users/mfa/auth/recovery`, {
        method: 'POST',
        headers: { authorization },
        body: JSON.stringify({ code: text }),
      }),
    body: (text) =>
      new Request(`${api}/users/mfa/auth/totp`, { method: 'POST', headers: { authorization }, body: text }),
  }
  const timed = async (request: Request) => {
    const began = performance.now()
    await (await world.server.fetch(request)).text()
    return performance.now() - began
  }
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(places)), filler, async (place, fill) => {
      const make = places[place] ?? places.path
      if (!make) return
      let [short, long] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
      // A machine that stands still for a moment is measured again; what is slow by itself stays slow.
      for (let tries = 0; tries < 10; tries++) {
        short = Math.min(short, await timed(make(fill(SHORT))))
        long = Math.min(long, await timed(make(fill(SHORT * TIMES))))
        if (long < 4 * TIMES * Math.max(short, NOISE_MS)) return
      }
      expect.fail(
        `${place}, ${fill(12)}: ${short} ms for ${SHORT} characters, ${long} ms for ${SHORT * TIMES}`,
      )
    }),
    { ...runs, numRuns: runs.numRuns / 3, endOnFailure: true },
  )
})
