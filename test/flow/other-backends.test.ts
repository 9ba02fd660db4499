import {
  type AuthenticateParams,
  createTotpFlow,
  type TotpBackend,
  type TotpFlow,
  TotpFlowError,
} from 'totp-flow'
import { createElevatedFetch } from 'totp-flow/client'
import { TestClock } from 'totp-flow/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { elevate } from '../../src/flow/elevate.ts'
import { RECOVERY_CODES, RIGHT_CODE, SECRET } from './scripted-backend.ts'

const uri = `otpauth://totp/Acme:ann?secret=${SECRET}&issuer=Acme`

/** A provider that knows no ids and no dates, and gives the recovery codes with the registration. */
function bareBackend(more: Partial<TotpBackend> = {}): TotpBackend {
  let isOn = false
  return {
    getMfaDevices: async () => (isOn ? [{ id: '', type: 'totp', verified: true }] : []),
    registerTotpMfaDevice: async () => ({ id: '', uri, secret: SECRET, recoveryCodes: RECOVERY_CODES }),
    async authenticateTotpMfaDevice({ code }) {
      if (code !== RIGHT_CODE) throw new TotpFlowError('invalid_code')
      isOn = true
      return { deviceId: '', sessionExpiresAt: Date.now() + 3_600_000 }
    },
    async deleteMfaDevice() {
      isOn = false
    },
    ...more,
  }
}

async function start(backend: TotpBackend): Promise<TotpFlow> {
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  await flow.settled()
  return flow
}

async function enroll(flow: TotpFlow) {
  flow.register()
  await flow.settled()
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
}

it('the flow invents no id and no date that a provider does not report', async () => {
  const flow = await start(bareBackend())
  await enroll(flow)
  const { device } = flow.getView()
  expect(device).toMatchObject({ id: '', verified: true })
  expect(device).not.toHaveProperty('createdAt')
  flow.release()
  await flow.settled()
  expect(flow.getView().device).toEqual({ id: '', type: 'totp', verified: true })
})

it('recovery codes of a registration are shown once its first code is accepted, and not before', async () => {
  const flow = await start(bareBackend())
  flow.register()
  await flow.settled()
  expect(flow.getView().recoveryCodes).toBeNull()
  expect(JSON.stringify(flow.actor.getPersistedSnapshot())).not.toContain(RECOVERY_CODES[0])
  flow.submitCode('000000')
  await flow.settled()
  expect(flow.getView().recoveryCodes).toBeNull()
  flow.submitCode(RIGHT_CODE)
  await flow.settled()
  expect(flow.getView().recoveryCodes?.unseal()).toEqual(RECOVERY_CODES)
})

it('recovery codes of a canceled registration are forgotten', async () => {
  const registrations = [{ recoveryCodes: RECOVERY_CODES }, {}]
  const flow = await start(
    bareBackend({
      registerTotpMfaDevice: async () => ({ id: '', uri, secret: SECRET, ...registrations.shift() }),
    }),
  )
  flow.register()
  await flow.settled()
  flow.cancel()
  await flow.settled()
  await enroll(flow)
  expect(flow.getView()).toMatchObject({ state: 'elevated', recoveryCodes: null })
})

describe('a provider whose codes make the whole session fresh', () => {
  const sessionBackend = (more: Partial<TotpBackend> = {}) => bareBackend({ assurance: 'session', ...more })
  async function startEnrolled(more: Partial<TotpBackend> = {}) {
    const flow = await start(sessionBackend(more))
    await enroll(flow)
    return flow
  }

  it('a code of a session covers every scope for as long as the session is fresh', async () => {
    const clock = new TestClock()
    const flow = createTotpFlow({ backend: sessionBackend({ freshFor: 60_000 }), clock })
    onTestFinished(() => flow.stop())
    await flow.settled()
    await enroll(flow)
    flow.stepUp(['wallet:export'])
    flow.stepUp(['invoice:pay'])
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
    clock.pass(60_001)
    await flow.settled()
    flow.stepUp(['invoice:pay'])
    expect(flow.getView().showsCodeField).toBe(true)
  })

  it('the session’s own token is handed out if the backend has one', async () => {
    const flow = await startEnrolled({ getElevatedAccessToken: () => 'the session token' })
    expect(flow.takeElevatedToken('invoice:pay')).toBe('the session token')
    expect(flow.takeElevatedToken('invoice:pay')).toBe('the session token')
  })

  it('a fresh session removes the app without another code', async () => {
    const flow = await startEnrolled()
    flow.deleteDevice()
    await flow.settled()
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: null })
  })

  it('a flow whose codes verify the session refuses an approval, and the console says why', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    const flow = await startEnrolled()
    flow.stepUp(['invoice:pay'], { authorizationDetails: [{ type: 'payment' }] })
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: { code: 'bad_request' } })
    expect(String(told.mock.calls[0])).toContain('assurance: "session"')
  })

  it('an elevated fetch prompts once, and sends again with the elevated session', async () => {
    const flow = await start(sessionBackend())
    await enroll(flow)
    flow.release()
    await flow.settled()
    const sent: (string | null)[] = []
    const ask = createElevatedFetch(flow, {
      origins: ['http://test.local'],
      fetch: async (input) => {
        sent.push(new Request(input).headers.get('authorization'))
        return sent.length > 1
          ? new Response('done')
          : new Response(null, {
              status: 401,
              headers: {
                'www-authenticate':
                  'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"',
              },
            })
      },
    })
    const answer = ask('http://test.local/', { headers: { authorization: 'Bearer of the host' } })
    await flow.waitFor(({ showsCodeField }) => showsCodeField)
    flow.submitCode(RIGHT_CODE)
    expect(await (await answer).text()).toBe('done')
    expect(sent).toEqual(['Bearer of the host', 'Bearer of the host'])
  })

  it('the elevated fetch passes on what a challenge asks for besides scopes', async () => {
    const asked: AuthenticateParams[] = []
    const backend = sessionBackend()
    const flow = await start({
      ...backend,
      authenticateTotpMfaDevice(params, o) {
        asked.push(params)
        return backend.authenticateTotpMfaDevice(params, o)
      },
    })
    await enroll(flow)
    flow.stepUp([], { acrValues: ['aal2'], maxAge: 0, fresh: true })
    flow.submitCode(RIGHT_CODE)
    await flow.settled()
    expect(asked.at(-1)).toMatchObject({ acrValues: ['aal2'], maxAge: 0 })
    expect(asked.at(-1)).not.toHaveProperty('requestedScopes')
  })
})

describe('a provider that takes a password for everything', () => {
  const PASSWORD = 'correct horse'
  function passwordBackend(given: string[] = []): TotpBackend {
    const check = ({ password = '' }: { password?: string } = {}) => {
      given.push(password)
      if (password !== PASSWORD) throw new TotpFlowError('invalid_password')
    }
    const backend = bareBackend()
    return {
      ...backend,
      assurance: 'session',
      proofs: { register: 'password', delete: 'password', renewRecoveryCodes: 'password' },
      async registerTotpMfaDevice(options) {
        check(options)
        return backend.registerTotpMfaDevice(options)
      },
      async deleteMfaDevice(params, o) {
        check(params)
        return backend.deleteMfaDevice(params, o)
      },
      async createNewMfaRecoveryCodes(params) {
        check(params)
        return { count: 1, recoveryCodes: ['new-one'] }
      },
    }
  }
  async function typed(flow: TotpFlow, password: string) {
    await flow.waitFor(({ can }) => can.submitPassword)
    flow.submitPassword(password)
    await flow.settled()
  }
  async function startEnrolled() {
    const flow = await start(passwordBackend())
    flow.register()
    await typed(flow, PASSWORD)
    flow.submitCode(RIGHT_CODE)
    await flow.settled()
    return flow
  }

  it('a registration prompts for the password first, and again if it is wrong', async () => {
    const given: string[] = []
    const flow = await start(passwordBackend(given))
    flow.register()
    expect(flow.getView()).toMatchObject({ showsPasswordField: true, showsCodeField: false })
    expect(given).toEqual([])
    await typed(flow, 'wrong')
    expect(flow.getView()).toMatchObject({ showsPasswordField: true, error: { code: 'invalid_password' } })
    await typed(flow, PASSWORD)
    expect(flow.getView()).toMatchObject({ showsPasswordField: false, showsCodeField: true, error: null })
    expect(given).toEqual(['wrong', PASSWORD])
  })

  it('a removal prompts for the password, whatever a code has won', async () => {
    const flow = await startEnrolled()
    flow.deleteDevice()
    expect(flow.getView().showsPasswordField).toBe(true)
    await typed(flow, PASSWORD)
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null })
  })

  it('a renewal of recovery codes prompts for the password, and shows them', async () => {
    const flow = await startEnrolled()
    const renewing = flow.renewRecoveryCodes()
    await typed(flow, 'wrong')
    expect(flow.getView().error?.code).toBe('invalid_password')
    await typed(flow, PASSWORD)
    await renewing
    expect(flow.getView()).toMatchObject({ state: 'elevated', showsPasswordField: false })
    expect(flow.getView().recoveryCodes?.unseal()).toEqual(['new-one'])
  })

  it('a canceled renewal of recovery codes rejects as canceled', async () => {
    const flow = await startEnrolled()
    const renewing = flow.renewRecoveryCodes()
    flow.cancel()
    await expect(renewing).rejects.toMatchObject({ code: 'cancelled' })
    expect(flow.getView().state).toBe('elevated')
  })

  it('a reload resumes no prompt for a password', async () => {
    const flow = await startEnrolled()
    flow.deleteDevice()
    expect(flow.persist().resumable).toBeNull()
  })

  it('no password is kept, sent to inspectors or logged', async () => {
    const seen: string[] = []
    const flow = createTotpFlow({
      backend: passwordBackend(),
      inspect: (event) => seen.push(JSON.stringify(event)),
    })
    onTestFinished(() => flow.stop())
    await flow.settled()
    flow.register()
    await typed(flow, PASSWORD)
    const kept = JSON.stringify([flow.persist(), flow.actor.getPersistedSnapshot(), flow.getView()])
    expect([kept, ...seen].join('\n')).not.toContain(PASSWORD)
  })
})

describe('a provider that takes nothing beside the session', () => {
  it('a removal and a renewal prompt for nothing if the backend requires no proof', async () => {
    const flow = await start(
      bareBackend({
        proofs: { delete: 'none', renewRecoveryCodes: 'none' },
        createNewMfaRecoveryCodes: async () => ({ count: 1, recoveryCodes: ['new-one'] }),
      }),
    )
    await enroll(flow)
    flow.release()
    await flow.settled()
    await flow.renewRecoveryCodes()
    expect(flow.getView().recoveryCodes?.unseal()).toEqual(['new-one'])
    flow.deleteDevice()
    await flow.settled()
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: null })
  })
})

it.each(['', 0, false, 'open', {}, []])('a gate that is %j opens nothing', async (gate) => {
  const flow = await start(bareBackend({ getGate: () => gate as never }))
  expect(flow.getView()).toMatchObject({ detail: 'unavailable', error: { code: 'malformed_response' } })
})

it('requesting a confirmation twice, as a double click does, removes nothing', async () => {
  const flow = await start(bareBackend({ proofs: { delete: 'none' } }))
  await enroll(flow)
  flow.deleteDevice({ confirm: true })
  flow.deleteDevice({ confirm: true })
  await flow.settled()
  expect(flow.getView()).toMatchObject({ detail: 'confirming', error: null })
  flow.deleteDevice()
  await flow.settled()
  expect(flow.getView()).toMatchObject({ state: 'idle', device: null })
})

it('an elevation that a backend does not grant is reported as missing, to the person and the developer', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  const flow = await start(bareBackend())
  await enroll(flow)
  const acting = elevate(flow, ['invoice:pay'])
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode(RIGHT_CODE)
  await expect(acting).rejects.toMatchObject({ code: 'elevation_missing' })
  expect(String(told.mock.calls[0])).toContain('assurance: "session"')
})

const inSeconds = (milliseconds: number) => Math.floor(milliseconds / 1000)
it.each<[string, (end: number) => Partial<TotpBackend>]>([
  [
    'whose elevation ends in epoch seconds',
    (end) => ({
      authenticateTotpMfaDevice: async ({ requestedScopes = [] }) => ({
        deviceId: '',
        sessionExpiresAt: end,
        elevation: { scopes: requestedScopes, expiresAt: inSeconds(end), singleUse: true, token: 'won' },
      }),
    }),
  ],
  [
    'whose session ends in epoch seconds',
    (end) => ({
      assurance: 'session',
      authenticateTotpMfaDevice: async () => ({ deviceId: '', sessionExpiresAt: inSeconds(end) }),
    }),
  ],
])('a right code of a backend %s is said to have won nothing, and not to be cancelled', async (_, more) => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => told.mockRestore())
  const isOn = async () => [{ id: '', type: 'totp' as const, verified: true }]
  const flow = await start(bareBackend({ getMfaDevices: isOn, ...more(Date.now() + 3_600_000) }))
  const acting = elevate(flow, ['invoice:pay'])
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode(RIGHT_CODE)
  await expect(acting).rejects.toMatchObject({ code: 'elevation_missing' })
  expect((await flow.settled()).error?.code).toBe('elevation_missing')
  expect(String(told.mock.calls[0])).toContain('expiresAt and sessionExpiresAt are epoch milliseconds')
})
