/** Run by the oldest Node that the package claims: uses the server, its SQLite store, its commands and a flow to the end. */

import assert from 'node:assert/strict'
import { createTotpFlow } from 'totp-flow'
import { httpBackend } from 'totp-flow/client'
import { authenticator } from '../../src/testing/authenticator.ts'
import { cli, startServer } from './server-process.ts'

const folder = process.cwd()
const env = {
  DATABASE_URL: 'sqlite:test.db',
  NODE_OPTIONS: '--experimental-strip-types --disable-warning=ExperimentalWarning',
}
const command = async (...args: string[]) => {
  const { code, err, out } = await cli(args, env, folder)
  assert.equal(code, 0, `totp-flow ${args.join(' ')}: ${err}${out}`)
}

const first = await startServer(env, [], folder)
const token = await first.signIn('ann')
function flowOver(api: string) {
  const [baseUrl = '', environmentId = ''] = api.split('/sdk/')
  return createTotpFlow({ backend: httpBackend({ baseUrl, environmentId, getAccessToken: () => token }) })
}

const flow = flowOver(first.api)
await flow.settled()
flow.register()
const { registration } = await flow.settled()
assert(registration)
const { code, wrongCode } = authenticator(registration.unseal().uri)
flow.submitCode(wrongCode())
assert.equal((await flow.settled()).error?.code, 'invalid_code')
flow.submitCode(code())
const enrolled = await flow.settled()
assert.equal(enrolled.state, 'elevated', enrolled.error?.message)
const [recoveryCode = ''] = enrolled.recoveryCodes?.unseal() ?? []
flow.stepUp(['wallet:export'])
flow.submitCode(code(1))
await flow.settled()
assert(flow.takeElevatedToken('wallet:export'))
flow.stop()

await command('doctor')
await command('keys', 'rotate')
await command('keys', 'rotate', '--master')
assert.equal(await first.end(), 0)
await command('migrate')

const second = await startServer(env, [], folder)
const later = flowOver(second.api)
assert.equal((await later.settled()).device?.verified, true)
later.deleteDevice()
later.submitRecoveryCode(recoveryCode)
const removed = await later.waitFor(({ busy, device, error }) => !busy && (device === null || error !== null))
assert.equal(removed.error, null)
assert.equal(removed.device, null)
later.stop()
await command('doctor')
assert.equal(await second.end(), 0)
process.stdout.write(`done on ${process.version}`)
