/** What a page on another origin hears, and what caches between it and the server may keep. */
import { expect, it } from 'vitest'
import { corsHeaders, isAllowedPreflight } from '../../../src/server/http/cors.ts'

const PAGE = 'https://app.example'
const ask = (method: string, headers: Record<string, string> = {}) =>
  new Request('https://id.example/', { method, headers })
const preflight = { origin: PAGE, 'access-control-request-method': 'POST' }

it('an answer that depends on the origin says so to caches, for any origin', () => {
  const none: Record<string, string> = {}
  for (const headers of [none, { origin: PAGE }, { origin: 'https://evil.example' }]) {
    expect(corsHeaders(ask('GET', headers), [PAGE])).toMatchObject({ vary: 'origin' })
  }
  expect(corsHeaders(ask('GET', { origin: PAGE }), [])).toEqual({})
})

it.each([
  'https://evil.example',
  'https://app.example.evil.example',
  'http://app.example',
  'https://app.example:8443',
  'https://APP.example',
  'null',
])('a page of %s, which is not listed, may read nothing', (origin) => {
  const headers = corsHeaders(ask('OPTIONS', { ...preflight, origin }), [PAGE])
  expect(headers).toEqual({ vary: 'origin' })
  expect(isAllowedPreflight(ask('OPTIONS', { ...preflight, origin }), [PAGE])).toBe(false)
})

it('a listed page may read the challenge and the wait, and its cookies stay out of it', () => {
  expect(corsHeaders(ask('GET', { origin: PAGE }), ['https://other.example', PAGE])).toEqual({
    vary: 'origin',
    'access-control-allow-origin': PAGE,
    'access-control-expose-headers': 'retry-after, www-authenticate',
  })
})

it('a preflight of a listed page allows the API’s headers and the SDK’s, and no other that is named', () => {
  const headers = corsHeaders(
    ask('OPTIONS', {
      ...preflight,
      'access-control-request-headers': 'X-Dyn-Version, x-evil, cookie,x-dyn-a_b',
    }),
    [PAGE],
  )
  expect(headers).toMatchObject({
    'access-control-allow-methods': 'GET, POST, PUT, DELETE',
    'access-control-allow-headers':
      'authorization, content-type, x-dyn-elevated-access-token, x-mfa-auth-token, x-dyn-version',
    'access-control-max-age': '600',
  })
})

it('only OPTIONS that requests a method is a preflight', () => {
  expect(isAllowedPreflight(ask('OPTIONS', preflight), [PAGE])).toBe(true)
  expect(isAllowedPreflight(ask('POST', preflight), [PAGE])).toBe(false)
  expect(isAllowedPreflight(ask('OPTIONS', { origin: PAGE }), [PAGE])).toBe(false)
  expect(isAllowedPreflight(ask('OPTIONS', { 'access-control-request-method': 'POST' }), [PAGE])).toBe(false)
})
