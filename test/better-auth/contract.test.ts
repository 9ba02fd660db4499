import { betterAuthBackend } from 'totp-flow/better-auth'
import { backendContract } from 'totp-flow/testing'
import { describe, it } from 'vitest'
import { ANN, browserAt, startAuthServer } from './server.ts'

async function make() {
  const { origin, close } = await startAuthServer()
  const { client } = browserAt(origin)
  await client.signUp.email(ANN)
  return { backend: betterAuthBackend(client), password: ANN.password, end: close }
}
const cannot = {
  replay: 'better-auth keeps no record of the codes that were used.',
  'removal twice': 'better-auth turns the factor off whether it is on or not.',
}

describe('better-auth', () => {
  for (const { title, run } of backendContract({ make, cannot })) it(title, run)
})
