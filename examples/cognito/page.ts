import 'totp-flow/element/gate'
import { Amplify } from 'aws-amplify'
import * as auth from 'aws-amplify/auth'
import { Hub } from 'aws-amplify/utils'
import { createTotpFlow } from 'totp-flow'
import { type CognitoSignInStep, cognitoBackend } from 'totp-flow/cognito'

/** Starts the flow with what Amplify has to know of your user pool. */
export function showSecurity(config: Parameters<typeof Amplify.configure>[0]) {
  Amplify.configure(config)

  /** The step of a sign-in in progress. Amplify keeps it across a reload, except for a setup, which holds a secret. */
  let step: CognitoSignInStep = { signInStep: sessionStorage.getItem('step') ?? 'DONE' }
  const flow = createTotpFlow({
    backend: cognitoBackend(auth, { issuer: 'Example', hub: Hub, signInStep: () => step }),
    restore: JSON.parse(sessionStorage.getItem('enrollment') ?? 'null'), // no secret is in it
  })
  flow.subscribe(() => {
    const isEnrolling = flow.getView().intent === 'enroll'
    sessionStorage.setItem('enrollment', JSON.stringify(isEnrolling ? flow.persist() : null))
  })
  flow.on('failed', ({ code }) => {
    if (code !== 'unauthenticated') return
    step = { signInStep: 'DONE' } // the sign-in took too long, or the session is over
    sessionStorage.removeItem('step')
  })
  for (const name of ['totp-gate', 'totp-flow'] as const) {
    const element = document.querySelector(name)
    if (element) element.flow = flow
  }

  async function signIn(input: auth.SignInInput): Promise<void> {
    const { nextStep } = await auth.signIn(input)
    step = nextStep
    sessionStorage.setItem('step', step.signInStep)
    flow.refresh()
  }
  return { flow, signIn }
}
