import 'totp-flow/element/gate'
import { createClient } from '@supabase/supabase-js'
import { createTotpFlow } from 'totp-flow'
import { supabaseBackend } from 'totp-flow/supabase'

/** Starts the flow over the client of your project. */
export function showSecurity(url: string, publishableKey: string) {
  const supabase = createClient(url, publishableKey)
  const flow = createTotpFlow({
    backend: supabaseBackend(supabase.auth, { issuer: 'Example' }),
    restore: JSON.parse(sessionStorage.getItem('enrollment') ?? 'null'), // no secret is in it
  })
  flow.subscribe(() => {
    const isEnrolling = flow.getView().intent === 'enroll'
    sessionStorage.setItem('enrollment', JSON.stringify(isEnrolling ? flow.persist() : null))
  })
  for (const name of ['totp-gate', 'totp-flow'] as const) {
    const element = document.querySelector(name)
    if (element) element.flow = flow
  }

  async function signIn(email: string, password: string): Promise<boolean> {
    const { error } = await supabase.auth.signInWithPassword({ email, password })
    flow.refresh()
    return error === null
  }
  return { supabase, flow, signIn }
}
