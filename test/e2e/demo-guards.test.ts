/** The demo signs anyone in, so it stays on this machine. */
import { expect, it } from 'vitest'
import { rawRequest, statusOf } from '../support/raw-request.ts'
import { runDemo, startDemo } from './demo-process.ts'

it.each<[string, Record<string, string>, string]>([
  ['on all interfaces', { HOST: '0.0.0.0' }, 'On 0.0.0.0 others can reach this server'],
  ['in production', { NODE_ENV: 'production' }, 'With NODE_ENV=production'],
  ['on the default database where none is named', { DATABASE_URL: '' }, 'DATABASE_URL is empty.'],
  ['with an empty HOST', { HOST: '' }, 'HOST is empty.'],
])('the demo does not start %s', async (_, env, words) => {
  const { code, output } = await runDemo({ PORT: '0', DATABASE_URL: 'sqlite::memory:', ...env })
  expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining(words) })
  expect(output.trim().split('\n')).toHaveLength(1)
})

it('the demo signs nobody in through a proxy or by another name, and serves them no page', async () => {
  const demo = await startDemo()
  const body = '{"email":"eve@example.com"}'
  const signIn = async (...headers: string[]) => {
    const head = [
      'POST /demo/signin HTTP/1.1',
      ...headers,
      'connection: close',
      `content-length: ${body.length}`,
    ]
    return statusOf(await rawRequest(demo.url, `${head.join('\r\n')}\r\n\r\n${body}`))
  }
  expect(await signIn('host: localhost')).toBe(200)
  expect(await signIn('host: evil.example')).toBe(403)
  expect(await signIn('host: localhost', 'x-forwarded-for: 127.0.0.1')).toBe(403)
  expect(await signIn('host: localhost', 'host: localhost')).toBe(400)
  expect((await fetch(demo.url, { headers: { via: '1.1 proxy' } })).status).toBe(403)
  await demo.stop()
})
