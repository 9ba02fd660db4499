import { GoTrueClient } from '@supabase/auth-js'
import { supabaseBackend } from 'totp-flow/supabase'
import { backendContract } from 'totp-flow/testing'
import { describe, it } from 'vitest'
import { serveOnLocalhost } from '../support/example-page.ts'
import { gotrue } from './gotrue.ts'

const ANN = { email: 'ann@example.com', password: 'correct horse battery' }

async function make() {
  const service = gotrue()
  service.addUser(ANN.email, ANN.password)
  const { origin, close } = await serveOnLocalhost(service.listener)
  const auth = new GoTrueClient({ url: `${origin}/auth/v1`, storageKey: crypto.randomUUID() })
  await auth.signInWithPassword(ANN)
  return { backend: supabaseBackend(auth, { issuer: 'Acme' }), end: close }
}

describe('Supabase', () => {
  const cannot = { replay: 'Supabase keeps no record of the codes that were used.' }
  for (const { title, run } of backendContract({ make, cannot })) it(title, run)
})
