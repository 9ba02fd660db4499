import { describe, expect } from 'vitest'
import { httpBackend } from '../../src/client/http-backend.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { test } from '../../src/testing/vitest.ts'

const accounts: string[] = []

test('gives a server, a user and a clock that belong together', async ({ server, user, clock }) => {
  accounts.push(user.account)
  const token = await user.signIn()
  const phone = await user.enroll()
  const flow = createTotpFlow({
    backend: httpBackend({
      baseUrl: server.apiBaseUrl,
      environmentId: server.environmentId,
      getAccessToken: () => token,
    }),
    clock,
  })
  await flow.settled()
  flow.stepUp(['wallet:sign'])
  flow.submitCode(await phone.nextUnused())
  expect((await flow.settled()).state).toBe('elevated')
  clock.pass(10 * 60_000)
  expect((await flow.settled()).state).toBe('idle')
  flow.stop()
})

test('gives every test a user of its own', ({ user }) => {
  expect(accounts).not.toContain(user.account)
})

describe('with options', () => {
  test.override('serverOptions', { mfaRequired: true, environmentId: 'other' })

  test('serverOptions configure the server', async ({ server, user }) => {
    const response = await fetch(`${server.apiBaseUrl}/sdk/other/users`, {
      headers: { authorization: `Bearer ${await user.signIn()}` },
    })
    expect(await response.json()).toMatchObject({ email: user.account, scope: 'requiresAdditionalAuth' })
  })
})
