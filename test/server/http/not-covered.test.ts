import * as sdk from '@dynamic-labs-sdk/client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../../src/testing/test-server.ts'
import { dynamicClient } from '../../support/dynamic-client.ts'

let server: TestServer
let client: sdk.DynamicClient
beforeEach(async () => {
  server = await startTestServer()
  client = await dynamicClient(server.origin, server.environmentId)
  await sdk.signInWithExternalJwt({ externalJwt: await server.externalJwt('ann@example.com') }, client)
})
afterEach(() => server.close())

const uncovered: [string, string, () => Promise<unknown>][] = [
  [
    'e-mail codes',
    'POST /emailVerifications/create',
    () => sdk.sendEmailOTP({ email: 'ann@example.com' }, client),
  ],
  ['passkeys', 'GET /users/passkeys', () => sdk.getPasskeys(client)],
  ['device registration', 'GET /deviceRegistrations', () => sdk.getRegisteredDevices(client)],
  ['the removal of a user', 'DELETE /users', () => sdk.deleteUser(client)],
  ['changes to a user', 'PUT /users', () => sdk.updateUser({ userFields: { firstName: 'Ann' } }, client)],
  [
    'elevations on an assertion',
    'POST /externalAuth/verify',
    () => sdk.requestExternalAuthElevatedToken({ externalJwt: 'x' }, client),
  ],
]
it.each(uncovered)(
  'calls of the SDK for %s are answered with a typed error that names %s',
  async (_what, call, run) => {
    await expect(run()).rejects.toMatchObject({
      name: 'APIError',
      status: 404,
      code: 'not_covered',
      message: expect.stringContaining(`Not covered here: ${call}.`),
    })
  },
)

it('an error repeats no part of a path that may be a secret or an id', async () => {
  const ask = async (path: string) => {
    const response = await fetch(`${server.apiBaseUrl}/sdk/${server.environmentId}${path}`, {
      method: 'POST',
    })
    return [response.status, await response.text()]
  }
  const [status, text] = await ask('/waas/018f3a6e-9d0c-7b6e-8c7d-1a2b3c4d5e6f/sign?secret=JBSWY3DP')
  expect(status).toBe(404)
  expect(text).toContain('POST /waas/:id/sign.')
  expect(String((await ask(`/${'a'.repeat(5000)}/${'b/'.repeat(500)}`))[1]).length).toBeLessThan(400)
})

it('a call that is not covered does not count as a failure of the server', async () => {
  await server.close()
  const events: string[] = []
  server = await startTestServer({ onEvent: ({ type }) => events.push(type) })
  await fetch(`${server.apiBaseUrl}/sdk/${server.environmentId}/waas/create`, { method: 'POST' })
  expect(events).toEqual([])
})
