/** The HTTP face over a real socket, in a process of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request as post } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryStore } from '../../../src/server/index.ts'
import { type ServerProcess, startServer } from '../../support/server-process.ts'
import { createWorld } from '../../support/world.ts'

const TRUSTED = 'https://app.example.com'
let folder: string
let server: ServerProcess
let token: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-http-'))
  const env = { DATABASE_URL: `sqlite:${join(folder, 'test.db')}`, LOG_LEVEL: 'silent' }
  server = await startServer(env, ['--cors-origin', TRUSTED], folder)
  token = await server.signIn('ann')
})
afterAll(async () => {
  expect(await server.end()).toBe(0)
  rmSync(folder, { recursive: true })
})

/** What the socket says to bytes that no polite client would send. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(server.origin)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.once('close', () => resolve(answer))
    socket.once('error', reject)
    socket.write(text)
  })
}
const request = (line: string, ...headers: string[]) =>
  raw(`${[line, 'host: localhost', 'connection: close', ...headers].join('\r\n')}\r\n\r\n`)
const deviceCount = async () => (await server.call('GET', '/users/mfa', { token })).body.count

/** The answer to that body, sent part by part: the answer may come before all is sent. */
function sent(body: string): Promise<{ status: number | undefined; answer: unknown }> {
  const headers = { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const sending = post(`${server.api}/users/mfa/auth/totp`, { method: 'POST', headers }, (response) => {
      json(response).then((answer) => resolve({ status: response.statusCode, answer }), reject)
    })
    sending.on('error', reject) // and again, when the answer has come before all is sent
    Readable.from(body.match(/.{1,65536}/gs) ?? []).pipe(sending)
  })
}

describe('a hostile body', () => {
  const deep = '['.repeat(10_000)
  const bodies: [string, string, number][] = [
    ['not JSON', 'hello', 400],
    ['nothing', '', 400],
    ['10 MB', `{"code":"${'1'.repeat(10_000_000)}"}`, 413],
    ['10,000 arrays', deep + deep.replaceAll('[', ']'), 413],
    ['7,000 arrays', '['.repeat(7000) + ']'.repeat(7000), 400],
    ['a prototype', '{"__proto__":{"code":"123456"}}', 400],
    ['a constructor', '{"code":"123456","constructor":{"prototype":{"x":1}}}', 400],
    ['an extra key', '{"code":"123456","verified":true}', 400],
    ['a number', '{"code":123456}', 400],
    ['a list', '{"code":["1","2","3","4","5","6"]}', 400],
    ['a NUL byte', '{"code":"12345\\u0000"}', 400],
    ['seven digits of another script', '{"code":"١٢٣٤٥٦٧"}', 400],
    ['a minus', '{"code":"-12345"}', 400],
    ['a lone surrogate', '{"code":"\\ud800"}', 400],
    ['twice the same key', '{"code":"1","code":"999999x"}', 400],
  ]
  it.each(bodies)(
    'a hostile body (%s) is a typed 4xx, stores nothing, and leaves the server running',
    async (_, body, status) => {
      expect(await sent(body)).toMatchObject({
        status,
        answer: { error: expect.any(String), code: expect.any(String) },
      })
      expect(await deviceCount()).toBe(0)
    },
  )
})

it('a client that never ends a refused body is cut off, and the server can still stop', async () => {
  const path = new URL(server.api).pathname
  const endless = raw(
    `POST ${path}/users/mfa/auth/totp HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\ncontent-length: 100000000\r\n\r\n${'x'.repeat(40_000)}`,
  )
  expect(await endless).toMatch(/^HTTP\/1\.1 413 /)
})

it('a call without a credential is refused before its body has arrived', async () => {
  const path = new URL(server.api).pathname
  const dawdling = raw(
    `POST ${path}/users/mfa/auth/totp HTTP/1.1\r\nhost: localhost\r\ncontent-length: 30\r\n\r\n{"code"`,
  )
  expect(await dawdling).toMatch(/^HTTP\/1\.1 401 /)
})

describe('a page of another origin', () => {
  const preflight = (origin: string, headers = 'authorization') =>
    fetch(`${server.api}/users/mfa/register/totp`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': headers,
      },
    })

  it.each([
    'https://evil.example',
    'null',
    `${TRUSTED}.evil.example`,
    'http://app.example.com',
    `${TRUSTED}:8443`,
  ])('a page at %s may neither call the server nor read its answer', async (origin) => {
    const asked = await preflight(origin)
    expect(asked.status).toBe(405)
    const answer = await fetch(`${server.api}/settings`, { headers: { origin } })
    for (const { headers } of [asked, answer]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  it('a page at a listed origin may call the server, without cookies', async () => {
    const asked = await preflight(TRUSTED)
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe(TRUSTED)
    expect(asked.headers.get('access-control-allow-headers')).toContain('x-dyn-elevated-access-token')
    expect(asked.headers.has('access-control-allow-credentials')).toBe(false)
    const answer = await fetch(`${server.api}/settings`, { headers: { origin: TRUSTED } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(TRUSTED)
    expect(answer.headers.get('vary')).toBe('origin')
  })

  it('a page may send every header that a version of Dynamic’s SDK has for its service, and no others', async () => {
    const asked = await preflight(TRUSTED, 'authorization,x-dynamic-device-nonce,x-dyn-of-tomorrow,x-other')
    const allowed = asked.headers.get('access-control-allow-headers')?.split(', ')
    expect(allowed).toEqual(
      expect.arrayContaining(['authorization', 'x-dynamic-device-nonce', 'x-dyn-of-tomorrow']),
    )
    expect(allowed).not.toContain('x-other')
  })

  it('a page cannot register with a cookie, a token in the URL, or basic credentials', async () => {
    const path = new URL(server.api).pathname
    const attempts = await Promise.all([
      request(
        `GET ${path}/users/mfa/register/totp HTTP/1.1`,
        `cookie: session=${token}; authorization=Bearer ${token}`,
      ),
      request(
        `GET ${path}/users/mfa/register/totp?authorization=Bearer%20${token}&access_token=${token} HTTP/1.1`,
      ),
      request(`GET ${path}/users/mfa/register/totp HTTP/1.1`, `authorization: Basic ${btoa(`ann:${token}`)}`),
    ])
    for (const answer of attempts) expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    expect(await deviceCount()).toBe(0)
  })
})

it('a malformed address or method is refused, or does no more than it says', async () => {
  const path = new URL(server.api).pathname
  const bearer = `authorization: Bearer ${token}`
  const answers = await Promise.all([
    request(`GET ${path}/users/mfa/../../users/mfa/register/totp/..;/ HTTP/1.1`, bearer),
    request(`GET ${path}//users/mfa HTTP/1.1`, bearer),
    request(`GET ${path}/users/mfa/register%2Ftotp HTTP/1.1`, bearer),
    request(`GET ${path}/users/mfa/register/totp%00 HTTP/1.1`, bearer),
    request(`GET ${path}/USERS/MFA/REGISTER/TOTP HTTP/1.1`, bearer),
    request(`GET ${path.replace('default', 'other')}/users/mfa/register/totp HTTP/1.1`, bearer),
    request(`POST ${path}/users/mfa/register/totp HTTP/1.1`, bearer, 'content-length: 0'),
    request(
      `GET ${path}/users HTTP/1.1`,
      bearer,
      'x-http-method-override: DELETE',
      'x-original-url: /register',
    ),
    request(`GET ${path}/users/mfa HTTP/1.1`, bearer, 'transfer-encoding: chunked', 'content-length: 5'),
    request(`TRACE ${path}/users HTTP/1.1`, bearer),
  ])
  const statuses = answers.map((answer) => Number(answer.slice(9, 12)))
  expect(statuses).toEqual([404, 404, 404, 404, 404, 404, 405, 200, 400, 405])
  expect(await deviceCount()).toBe(0)
})

it('a request that names no host, or another one, changes nothing', async () => {
  const path = new URL(server.api).pathname
  const absolute = await request(
    `GET http://evil.example${path}/users HTTP/1.1`,
    `authorization: Bearer ${token}`,
  )
  expect(absolute.slice(9, 12)).toMatch(/200|400|403|404/)
  expect(absolute).not.toContain('evil.example')
})

it('an issuer or account cannot inject anything into the URI', async () => {
  const world = createWorld(() => memoryStore(), {
    issuer: 'Bank set-cookie: a=b&secret=AAAA:x',
    identity: () => ({ userId: 'ann', account: 'ann x: y&issuer=Evil:%3f/?secret=BBBB#' }),
  })
  const { body } = await world.call('GET', '/users/mfa/register/totp', { as: 'ann' })
  const uri = new URL(body.uri)
  expect(uri.searchParams.getAll('secret')).toEqual([body.secret])
  expect(uri.searchParams.getAll('issuer')).toHaveLength(1)
  await world.close()
})
