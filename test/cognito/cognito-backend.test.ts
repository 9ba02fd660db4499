import { Amplify } from 'aws-amplify'
import * as amplify from 'aws-amplify/auth'
import { Hub } from 'aws-amplify/utils'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { type CognitoAuth, type CognitoSignInStep, cognitoBackend } from 'totp-flow/cognito'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { oathtool } from '../support/tools.ts'
import { PASSWORD, startCognito } from './server.ts'

let cognito: Awaited<ReturnType<typeof startCognito>>
/** A user for each test: Amplify's session is the process's. */
let username = ''
let users = 0

beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {}) // Amplify's about an endpoint that is not Amazon's
  cognito = await startCognito()
  Amplify.configure(cognito.config)
})
afterAll(() => cognito.stop())
beforeEach(async () => {
  users += 1
  username = `ann${users}@example.com`
  await cognito.addUser(username)
})
afterEach(() => amplify.signOut())

const signIn = async () =>
  (await amplify.signIn({ username, password: PASSWORD, options: { authFlowType: 'USER_PASSWORD_AUTH' } }))
    .nextStep

interface Given {
  auth?: CognitoAuth
  step?: CognitoSignInStep
  restore?: unknown
}
async function started({ auth = amplify, step, restore }: Given = {}) {
  const backend = cognitoBackend(auth, { issuer: 'Acme & Co', hub: Hub, signInStep: () => step })
  const flow = createTotpFlow({ backend, restore })
  onTestFinished(() => flow.stop())
  await flow.settled()
  return flow
}

async function submitted(flow: TotpFlow, code: string) {
  await flow.waitFor(({ can }) => can.submitCode)
  flow.submitCode(code)
  await flow.settled()
}

async function registered(flow: TotpFlow): Promise<string> {
  flow.register()
  await flow.settled()
  const registration = flow.getView().registration?.unseal()
  if (!registration) throw new Error(`nothing to scan in ${flow.getView().state}`)
  return registration.secret
}

async function enrolled() {
  await signIn()
  const flow = await started()
  const secret = await registered(flow)
  await submitted(flow, oathtool(secret))
  return { flow, secret }
}

/** Six digits that are wrong now, and in the periods around. */
function wrong(secret: string): string {
  const near = [-60, -30, 0, 30, 60].map((seconds) => oathtool(secret, seconds))
  return (
    ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? ''
  )
}

const named = (name: string) => Object.assign(new Error(name), { name })
const isOver = { state: 'idle', detail: 'unavailable', error: { code: 'unauthenticated' } }

describe('Cognito behind a flow', () => {
  it('enrolls with a code of an authenticator, which shows the app’s name and the account', async () => {
    await signIn()
    const flow = await started()
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, offersRecovery: false })
    const secret = await registered(flow)
    await submitted(flow, wrong(secret))
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'invalid_code' } })
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({
      state: 'elevated',
      device: { id: '', verified: true },
      label: `Acme & Co:${username}`,
    })
    expect(await amplify.fetchMFAPreference()).toEqual({ preferred: 'TOTP', enabled: ['TOTP'] })
  })

  it('takes up an enrollment after a reload, without its secret', async () => {
    await signIn()
    const flow = await started()
    const secret = await registered(flow)
    const restore = JSON.parse(JSON.stringify(flow.persist()))
    flow.stop()
    const reloaded = await started({ restore })
    expect(reloaded.getView()).toMatchObject({ state: 'awaitingCode', registration: null })
    await submitted(reloaded, oathtool(secret))
    expect(reloaded.getView()).toMatchObject({ state: 'elevated', device: { verified: true } })
  })

  it('ends an enrollment whose last call failed without another right code, which works once', async () => {
    await signIn()
    const failures = [named('NetworkError')]
    const flow = await started({
      auth: {
        ...amplify,
        async updateMFAPreference(input) {
          const failure = failures.pop()
          if (failure) throw failure
          await amplify.updateMFAPreference(input)
        },
      },
    })
    const secret = await registered(flow)
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'network' } })
    await submitted(flow, wrong(secret))
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
  })

  it('refuses a second app, which another tab set up meanwhile', async () => {
    await signIn()
    const [flow, other] = [await started(), await started()]
    await submitted(other, oathtool(await registered(other)))
    flow.register()
    await flow.settled()
    expect(flow.getView().error?.code).toBe('device_limit')
  })

  it('confirms nothing in a running session, and says that only a new sign-in helps', async () => {
    const { flow, secret } = await enrolled()
    flow.stepUp(['invoice:pay'])
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null }) // the code of the enrollment is fresh
    flow.stepUp(['invoice:pay'], { fresh: true })
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ error: { code: 'reauthentication_required' } })
  })

  it('removes the app for nothing, and a sign-in owes no code then', async () => {
    const { flow } = await enrolled()
    flow.release()
    await flow.settled()
    flow.deleteDevice()
    await flow.settled()
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: null })
    await amplify.signOut()
    expect((await signIn()).signInStep).toBe('DONE')
  })
})

describe('a sign-in at Cognito that owes a code', () => {
  async function challenged() {
    const { flow: before, secret } = await enrolled()
    before.stop()
    await amplify.signOut()
    const step = await signIn()
    expect(step.signInStep).toBe('CONFIRM_SIGN_IN_WITH_TOTP_CODE')
    return { secret, step, flow: await started({ step }) }
  }
  const userId = async () => (await amplify.fetchAuthSession()).userSub

  it('a sign-in that owes a code has no session until the code is right', async () => {
    const { flow, secret } = await challenged()
    expect(await userId()).toBeUndefined()
    expect(flow.getView()).toMatchObject({ gate: 'codeOwed', device: { verified: true }, error: null })
    flow.stepUp([])
    await submitted(flow, wrong(secret))
    expect(flow.getView()).toMatchObject({ showsCodeField: true, error: { code: 'invalid_code' } })
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
    expect(await userId()).toBeDefined()
    flow.stepUp(['invoice:pay'])
    expect(flow.getView().state).toBe('elevated')
    flow.refresh()
    await flow.settled()
    expect(flow.getView()).toMatchObject({ gate: 'open', device: { verified: true }, error: null })
  })

  it('a sign-in that Amplify has forgotten is over', async () => {
    const { step, secret, flow } = await challenged()
    await amplify.confirmSignIn({ challengeResponse: oathtool(secret) })
    await amplify.signOut()
    await flow.waitFor(({ detail }) => detail === 'unavailable')
    const later = await started({ step })
    later.stepUp([])
    await submitted(later, oathtool(secret))
    expect(later.getView()).toMatchObject(isOver)
  })

  it.each([
    ['that is not about an app', 'CONFIRM_SIGN_UP'],
    ['whose secret was lost in a reload', 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP'],
  ])('a step of a sign-in %s is nobody’s session', async (_claim, signInStep) => {
    const flow = await started({ step: { signInStep } })
    expect(flow.getView()).toMatchObject(isOver)
  })
})

describe('a session at Cognito that is over', () => {
  it('a page where nobody is signed in says so before it asks for anything', async () => {
    expect((await started()).getView()).toMatchObject(isOver)
  })

  it('an enrollment ends with the user who was removed', async () => {
    await signIn()
    const flow = await started()
    const secret = await registered(flow)
    await cognito.removeUser(username)
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ ...isOver, registration: null })
  })

  it('the flow forgets everything when the app signs the user out', async () => {
    const { flow } = await enrolled()
    await amplify.signOut()
    await flow.waitFor(({ detail }) => detail === 'unavailable')
    expect(flow.getView()).toMatchObject({ ...isOver, device: undefined })
  })
})

/** What Amazon's own service says and cognito-local does not: as the documents have it. */
describe('what cognito-local does not say', () => {
  const session = { accessToken: { payload: { exp: 4_000_000_000 } } }
  /** Amplify's functions, of a page that has a session or none, and an app or none. */
  function standIn({
    tokens,
    enabled = [] as string[],
    ...more
  }: Partial<CognitoAuth> & {
    tokens?: object
    enabled?: string[]
  }): CognitoAuth {
    return {
      fetchAuthSession: async () => ({ tokens }),
      fetchMFAPreference: async () => ({ enabled }),
      setUpTOTP: async () => ({ sharedSecret: 'JBSWY3DPEHPK3PXP' }),
      verifyTOTPSetup: async () => {},
      updateMFAPreference: async () => {},
      confirmSignIn: async () => ({ isSignedIn: true }),
      ...more,
    }
  }

  it('a sign-in that owes an app sets it up before there is a session', async () => {
    let tokens: object | undefined
    const codes: string[] = []
    const auth: CognitoAuth = {
      ...standIn({}),
      fetchAuthSession: async () => ({ tokens }),
      async confirmSignIn({ challengeResponse }) {
        codes.push(challengeResponse)
        tokens = session
        return { isSignedIn: true, nextStep: { signInStep: 'DONE' } }
      },
    }
    const step = {
      signInStep: 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP',
      totpSetupDetails: { sharedSecret: 'JBSWY3DPEHPK3PXQ', getSetupUri: () => new URL('otpauth://totp/x') },
    }
    const flow = await started({ auth, step })
    expect(flow.getView()).toMatchObject({ state: 'idle', gate: 'enrollmentOwed', device: null })
    expect(await registered(flow)).toBe('JBSWY3DPEHPK3PXQ')
    await submitted(flow, '123456')
    expect(codes).toEqual(['123456'])
    expect(flow.getView()).toMatchObject({
      state: 'elevated',
      gate: 'open',
      device: { verified: true },
      label: 'Acme & Co',
    })
  })

  it('a sign-in that wants more than the code is said to be none of this flow’s', async () => {
    const auth = standIn({ confirmSignIn: async () => ({ isSignedIn: false }) })
    const flow = await started({ auth, step: { signInStep: 'CONFIRM_SIGN_IN_WITH_TOTP_CODE' } })
    flow.stepUp([])
    await submitted(flow, '123456')
    expect(flow.getView().error?.code).toBe('not_covered')
  })

  it.each([
    ['CodeMismatchException', 'invalid_code'],
    ['EnableSoftwareTokenMFAException', 'invalid_code'],
    ['ExpiredCodeException', 'code_reused'],
    ['LimitExceededException', 'rate_limited'],
    ['TooManyRequestsException', 'rate_limited'],
    ['NotAuthorizedException', 'unauthenticated'],
    ['SoftwareTokenMFANotFoundException', 'no_device'],
    ['NetworkError', 'network'],
    ['InternalErrorException', 'server'],
    ['toString', 'server'],
  ])('%s of Cognito is %s in the words of a flow', async (name, code) => {
    const verifyTOTPSetup = async () => Promise.reject(named(name))
    const backend = cognitoBackend(standIn({ tokens: session, verifyTOTPSetup }), { issuer: 'Acme' })
    await expect(backend.authenticateTotpMfaDevice({ code: '123456' })).rejects.toMatchObject({ code })
  })

  it.each<[string, Partial<CognitoAuth>]>([
    ['a session', { fetchAuthSession: async () => 'a page of a proxy' }],
    ['what is set up', { fetchMFAPreference: async () => null }],
  ])('an answer without the shape of %s is malformed', async (_claim, more) => {
    const backend = cognitoBackend(standIn({ tokens: session, ...more }), { issuer: 'Acme' })
    await expect(backend.getMfaDevices()).rejects.toMatchObject({ code: 'malformed_response' })
  })

  it('an aborted call rejects as aborted, and one that was aborted before is not made', async () => {
    const fetchAuthSession = vi.fn<() => Promise<unknown>>(() => new Promise(() => {}))
    const backend = cognitoBackend({ ...standIn({}), fetchAuthSession }, { issuer: 'Acme' })
    const ending = new AbortController()
    const call = backend.getMfaDevices({ signal: ending.signal })
    ending.abort()
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
    await expect(backend.getMfaDevices({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    })
    expect(fetchAuthSession).toHaveBeenCalledOnce()
  })
})
