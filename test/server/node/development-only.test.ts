/** An identity that lets anyone in stays on the machine of a developer. */

import { lookup } from 'node:dns/promises'
import { mkdtempSync, rmSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { developmentOnly, developmentProblem, listen } from '../../../src/server/node/index.ts'
import { rawRequest, statusOf } from '../../support/raw-request.ts'
import { cli, type ServerProcess, startServer } from '../../support/server-process.ts'

vi.mock('node:dns/promises', { spy: true })

let folder: string
let server: ServerProcess
let token: string
let externalJwt: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-development-'))
  server = await startServer({ DATABASE_URL: 'sqlite::memory:' }, ['--development-identity'], folder)
  token = await server.signIn('ann')
  const { body } = await server.call('POST', '/development/sign-in', { body: { account: 'ann' } })
  externalJwt = body.jwt
})
afterAll(async () => {
  await server.end()
  rmSync(folder, { recursive: true })
})
afterEach(() => vi.unstubAllEnvs())

/** Everything that the development identity opens: a credential, a session, and what either one reads. */
const calls = () => {
  const { pathname } = new URL(server.api)
  const jwt = JSON.stringify({ jwt: externalJwt })
  const account = '{"account":"eve"}'
  return [
    [`POST /development/sign-in`, `content-length: ${account.length}`, account],
    [`POST ${pathname}/externalAuth/signin`, `content-length: ${jwt.length}`, jwt],
    [`GET ${pathname}/users`, `authorization: Bearer ${externalJwt}`, ''],
    [`GET ${pathname}/users`, `authorization: Bearer ${token}`, ''],
  ]
}
const statuses = (headers: string[], version = '1.1') =>
  Promise.all(
    calls().map(async ([line, header, body]) => {
      const head = [`${line} HTTP/${version}`, ...headers, 'connection: close', header]
      return statusOf(await rawRequest(server.origin, `${head.join('\r\n')}\r\n\r\n${body}`))
    }),
  )
const ALL_ANSWERED = [200, 200, 200, 200]
const ALL_REFUSED = [403, 403, 403, 403]

it.each(['localhost', 'LocalHost:4380', '127.0.0.1:4380', '127.8.9.10', '[::1]:4380', 'app.localhost:80'])(
  'a development server answers a direct call to %s',
  async (host) => {
    expect(await statuses([`host: ${host}`])).toEqual(ALL_ANSWERED)
  },
)

it.each([
  'evil.example',
  'localhost.evil.example',
  'notlocalhost',
  'evil.example.localhost.',
  'localhost.',
  '127.0.0.1.nip.io',
  '127.0.0.1.',
  '127.1',
  '2130706433',
  '0177.0.0.1',
  '0x7f.0.0.1',
  '0.0.0.0:4380',
  '10.0.0.7:4380',
  '192.168.1.2',
  '[::]',
  '[fe80::1]',
  '[::ffff:10.0.0.7]',
  'x',
])('a development server refuses every call that names it %s', async (host) => {
  expect(await statuses([`host: ${host}`])).toEqual(ALL_REFUSED)
})

it.each([
  'Forwarded: for=192.0.2.7',
  'Via: 1.1 proxy',
  'X-Forwarded: for=192.0.2.7',
  'X-Forwarded-For: 127.0.0.1',
  'X-Forwarded-Host: localhost',
  'x-forwarded-proto: https',
  'X-Forwarded-Port: 443',
  'X-Forwarded-Server: www',
  'X-Real-IP: 127.0.0.1',
  'X-Client-IP: 192.0.2.7',
  'X-Cluster-Client-IP: 192.0.2.7',
  'True-Client-IP: 192.0.2.7',
  'CF-Connecting-IP: 192.0.2.7',
  'CDN-Loop: cloudflare',
  'X-Original-Host: app.example.com',
  'X-Forwarded-For:',
])('a development server refuses every call that came through a proxy (%s)', async (header) => {
  expect(await statuses(['host: localhost', header])).toEqual(ALL_REFUSED)
})

it('a development server rejects HTTP/1.0, by which some proxies can only be recognized', async () => {
  expect(await statuses(['host: 127.0.0.1:4380'], '1.0')).toEqual(ALL_REFUSED)
})

it('a development server refuses a request line for another host, whatever the Host header says', async () => {
  const line = `GET http://evil.example${new URL(server.api).pathname}/users HTTP/1.1`
  const head = [line, 'host: localhost', `authorization: Bearer ${token}`, 'connection: close']
  const answer = await rawRequest(server.origin, `${head.join('\r\n')}\r\n\r\n`)
  expect(statusOf(answer)).toBe(403)
})

it('a development server refuses with a message and a code, and lets no cache keep the answer', async () => {
  const answer = await fetch(`${server.origin}/healthz`, { headers: { via: '1.1 proxy' } })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await answer.json()).toEqual({
    code: 'bad_request',
    error: expect.stringContaining('Call it directly, as localhost'),
  })
})

it('a call from another machine is refused, though it says localhost', async () => {
  const answer = (ip: string | undefined) =>
    developmentOnly(() => new Response())(
      Object.assign(new Request('http://localhost/', { headers: { host: 'localhost' } }), { ip }),
    )
  const from = async (ip: string | undefined) => (await answer(ip)).status
  expect(await Promise.all(['127.0.0.1', '127.3.2.1', '::1', '::ffff:127.0.0.1'].map(from))).toEqual([
    200, 200, 200, 200,
  ])
  const strangers = [
    '10.0.0.7',
    '::ffff:10.0.0.7',
    '::',
    '0.0.0.0',
    'fe80::1',
    '126.255.255.255',
    '128.0.0.1',
    '',
    'localhost',
    undefined,
  ]
  expect(await Promise.all(strangers.map(from))).toEqual(strangers.map(() => 403))
})

describe('the development identity', () => {
  const start = (args: string[], env: Record<string, string> = {}) =>
    cli(['serve', '--port', '0', ...args], { DATABASE_URL: 'sqlite::memory:', ...env }, folder)

  it('the development identity is refused at startup unless it was asked for by name', async () => {
    const { code, err } = await start([])
    expect({ code, lines: err.trim().split('\n').length }).toEqual({ code: 2, lines: 1 })
    expect(err).toContain('--identity-jwks')
    expect(err).toContain('--development-identity')
  })

  const REAL = [
    '--identity-jwks',
    'https://id.example/jwks',
    '--identity-issuer',
    'i',
    '--identity-audience',
    'a',
  ]
  const DEVELOPMENT = '--development-identity'
  const refused: [string[], Record<string, string>, string][] = [
    [[DEVELOPMENT, ...REAL], {}, 'Give one of the two'],
    [[DEVELOPMENT, '--identity-issuer', 'i'], {}, 'Give one of the two'],
    [[DEVELOPMENT], { NODE_ENV: 'production' }, 'NODE_ENV=production'],
    [[], { NODE_ENV: 'production', TOTP_FLOW_DEVELOPMENT_IDENTITY: '1' }, 'NODE_ENV=production'],
    [[DEVELOPMENT, '--trust-proxy', 'loopback'], {}, 'Behind a proxy'],
    [[DEVELOPMENT], { TOTP_FLOW_TRUST_PROXY: '10.0.0.7' }, 'Behind a proxy'],
    [[DEVELOPMENT, '--host', '::'], {}, 'On :: others'],
    [[DEVELOPMENT], { HOST: '0.0.0.0' }, 'On 0.0.0.0 others'],
  ]
  it('the development identity is refused at startup with a provider, in production, behind a proxy, or if other machines can connect', async () => {
    const answers = await Promise.all(refused.map(([args, env]) => start(args, env)))
    for (const [index, [, , words]] of refused.entries()) {
      expect(answers[index]).toEqual({ code: 2, out: '', err: expect.stringContaining(words) })
    }
  })

  it.each(['0.0.0.0', '::', '0', '192.0.2.7', '10.0.0.7', 'fe80::1', '::ffff:192.0.2.7', '128.0.0.1'])(
    'the development identity is refused at startup on %s',
    async (hostname) => {
      expect(await developmentProblem({ hostname })).toContain(`On ${hostname} others`)
    },
  )

  it.each([
    ['a name that leads elsewhere too', ['127.0.0.1', '192.0.2.7']],
    ['a name that leads elsewhere', ['192.0.2.7']],
    ['a name that leads nowhere', []],
  ])('the development identity is refused at startup on %s', async (_, addresses) => {
    const found = addresses.map((address) => ({ address, family: 4 }))
    // biome-ignore lint/suspicious/noExplicitAny: one of the overloads of lookup
    vi.mocked(lookup).mockResolvedValueOnce(found as any)
    expect(await developmentProblem({ hostname: 'localhost' })).toContain('On localhost others')
  })

  it('the development identity is rejected at startup on a host name that cannot be resolved', async () => {
    vi.mocked(lookup).mockRejectedValueOnce(new Error('ENOTFOUND'))
    expect(await developmentProblem({ hostname: 'localhost' })).toContain('On localhost others')
  })

  it.each(['localhost', '127.0.0.1', '127.9.9.9', '::1'])(
    'the development identity is allowed on %s',
    async (hostname) => {
      vi.stubEnv('NODE_ENV', 'development')
      expect(await developmentProblem({ hostname })).toBeUndefined()
    },
  )

  it.each(['production', 'Production', ' production '])(
    'the development identity is refused at startup with NODE_ENV=%s in any spelling',
    async (value) => {
      vi.stubEnv('NODE_ENV', value)
      expect(await developmentProblem({ hostname: '127.0.0.1' })).toContain('NODE_ENV=production')
    },
  )
})

it('a server without a host listens on this machine alone, whatever HOST says', async () => {
  vi.stubEnv('HOST', '0.0.0.0')
  const outside = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
  for (const hostname of [undefined, '']) {
    const listening = await listen({
      fetch: () => new Response('here'),
      port: 0,
      ...(hostname !== undefined && { hostname }),
    })
    const { port } = new URL(listening.url)
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('here')
    for (const { address } of outside) {
      await expect(fetch(`http://${address}:${port}`)).rejects.toThrow('fetch failed')
    }
    // Not by another address of this machine either, which a socket on all interfaces would answer.
    await expect(fetch(`http://127.0.0.2:${port}`)).rejects.toThrow('fetch failed')
    await listening.close()
  }
})
