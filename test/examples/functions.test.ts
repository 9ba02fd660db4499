import { afterEach, beforeEach, expect, it } from 'vitest'
import { headerFor, recover, remove, removeByMfaToken, setUp } from '../../examples/functions/calls.ts'
import { createTotpClient, getMfaDevices } from '../../src/client/index.ts'
import { type Authenticator, authenticator } from '../../src/testing/authenticator.ts'
import { startTestServer, type TestServer } from '../../src/testing/test-server.ts'

let server: TestServer
let phone: Authenticator
let recoveryCodes: readonly string[]
beforeEach(async () => {
  server = await startTestServer()
  const token = await server.signIn('ann@example.com')
  const { apiBaseUrl: baseUrl, environmentId } = server
  createTotpClient({ baseUrl, environmentId, getAccessToken: () => token })
  await setUp({
    show(uri) {
      phone = authenticator(uri, server)
    },
    askForCode: () => phone.nextUnused(),
    async showRecoveryCodes(codes) {
      recoveryCodes = codes
    },
  })
})
afterEach(() => server.close())

it('sets an authenticator up', async () => {
  expect(await getMfaDevices()).toMatchObject([{ verified: true }])
  expect(recoveryCodes).toHaveLength(10)
})

it('asks for a code for a protected call, each time the token is for one use', async () => {
  let asked = 0
  const askForCode = () => {
    asked += 1
    return phone.nextUnused()
  }
  for (let time = 0; time < 2; time += 1) {
    const token = (await headerFor('wallet:export', askForCode)).get('x-dyn-elevated-access-token')
    expect(token).toMatch(/^eyJ/)
  }
  expect(asked).toBe(2)
})

it.each([
  ['an elevation', remove],
  ['an MFA token', removeByMfaToken],
])('removes by %s', async (_proof, how) => {
  await how(await phone.nextUnused())
  expect(await getMfaDevices()).toEqual([])
})

it('makes new recovery codes when few are left', async () => {
  for (const code of recoveryCodes.slice(0, 4)) expect(await recover(code)).toEqual([])
  const made = await recover(recoveryCodes[4] ?? '')
  expect(made).toHaveLength(10)
  await expect(recover(recoveryCodes[5] ?? '')).rejects.toMatchObject({ code: 'invalid_code' })
})
