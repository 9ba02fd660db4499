import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as sdk from '@dynamic-labs-sdk/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { authenticator } from '../../src/testing/authenticator.ts'
import { dynamicClient } from '../support/dynamic-client.ts'
import { type ServerProcess, startServer } from '../support/server-process.ts'
import { oathtool } from '../support/tools.ts'

let folder: string
let server: ServerProcess
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'totp-flow-stand-in-'))
  server = await startServer({}, ['--environment', '2762a57b-faa4-41ce-9f16-abff9300e2c9'], folder)
})
afterAll(async () => {
  await server.end()
  rmSync(folder, { recursive: true })
})

it('totp-flow serve stands in for Dynamic’s service: an app’s SDK signs in, enrolls, steps up and removes', async () => {
  const client = await dynamicClient(server.origin, '2762a57b-faa4-41ce-9f16-abff9300e2c9')
  const { body } = await server.call('POST', '/development/sign-in', { body: { account: 'ann@example.com' } })
  await sdk.signInWithExternalJwt({ externalJwt: body.jwt }, client)
  const { id, secret } = await sdk.registerTotpMfaDevice(client)
  const code = authenticator(secret).wrongCode()
  await expect(sdk.authenticateTotpMfaDevice({ code }, client)).rejects.toMatchObject({
    name: 'MfaInvalidOtpError',
  })
  await sdk.authenticateTotpMfaDevice({ code: oathtool(secret), deviceId: id }, client)
  await sdk.authenticateTotpMfaDevice(
    // The next step's, since this one's is spent: the server takes a code one step ahead.
    { code: oathtool(secret, 30), requestedScopes: [sdk.TokenScope.Credentialunlink] },
    client,
  )
  await sdk.deleteMfaDevice({ deviceId: id }, client)
  expect(await sdk.getMfaDevices(client)).toEqual([])
  await expect(sdk.getPasskeys(client)).rejects.toMatchObject({ code: 'not_covered' })
})
