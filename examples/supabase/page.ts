import 'totp-flow/element'
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
  const element = document.createElement('totp-flow')
  element.flow = flow
  document.body.append(element)

  /** After a sign-in, and when the page loads: asks for the code that the session owes; `true` once it owes none. */
  async function enter(): Promise<boolean> {
    await flow.settled()
    const { gate } = flow.getView()
    if (gate !== 'codeOwed') return gate === 'open'
    flow.stepUp([])
    return (await flow.waitFor(({ state }) => state === 'elevated' || state === 'idle')).gate === 'open'
  }
  async function signIn(email: string, password: string): Promise<boolean> {
    await supabase.auth.signInWithPassword({ email, password })
    flow.refresh()
    return enter()
  }
  return { supabase, flow, enter, signIn }
}
