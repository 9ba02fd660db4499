import { Amplify } from 'aws-amplify'
import * as amplify from 'aws-amplify/auth'
import { cognitoBackend } from 'totp-flow/cognito'
import { backendContract } from 'totp-flow/testing'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { PASSWORD, startCognito } from './server.ts'

let cognito: Awaited<ReturnType<typeof startCognito>>
let users = 0
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {}) // Amplify's about an endpoint that is not Amazon's
  cognito = await startCognito()
  Amplify.configure(cognito.config)
})
afterAll(() => cognito.stop())

async function make() {
  users += 1
  const username = `ann${users}@example.com`
  await cognito.addUser(username)
  await amplify.signIn({ username, password: PASSWORD, options: { authFlowType: 'USER_PASSWORD_AUTH' } })
  return { backend: cognitoBackend(amplify, { issuer: 'Acme' }), end: () => amplify.signOut() }
}

const atSignIn = 'Cognito accepts a code only during a sign-in.'
const cannot = {
  replay: atSignIn,
  'step-up': atSignIn,
  'removal twice': 'Cognito turns the factor off whether it is on or not.',
  'whole flow': atSignIn,
}

describe('Cognito', () => {
  for (const { title, run } of backendContract({ make, cannot })) it(title, run)
})
