import type { BetterAuthOptions as ServerOptions } from 'better-auth'
import type { TwoFactorOptions } from 'better-auth/plugins'
import { createTotpFlow, type TotpFlow } from 'totp-flow'
import { type BetterAuthOptions, betterAuthBackend } from 'totp-flow/better-auth'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { oathtool } from '../support/tools.ts'
import { ANN, browserAt, startAuthServer } from './server.ts'

type Browser = ReturnType<typeof browserAt>

async function started(plugin: TwoFactorOptions = {}, more: ServerOptions = {}) {
  const server = await startAuthServer(plugin, more)
  onTestFinished(server.close)
  return server
}

async function flowIn({ client }: Browser, options: BetterAuthOptions = {}, restore?: unknown) {
  const flow = createTotpFlow({ backend: betterAuthBackend(client, options), restore })
  onTestFinished(() => flow.stop())
  await flow.settled()
  return flow
}

async function signedUp(plugin: TwoFactorOptions = {}, more: ServerOptions = {}) {
  const server = await started(plugin, more)
  const browser = browserAt(server.origin)
  await browser.client.signUp.email(ANN)
  return { server, browser, flow: await flowIn(browser) }
}

async function typed(flow: TotpFlow, password: string) {
  await flow.waitFor(({ can }) => can.submitPassword)
  flow.submitPassword(password)
  await flow.settled()
}

async function submitted(flow: TotpFlow, code: string) {
  await flow.waitFor(({ can }) => can.submitCode)
  flow.submitCode(code)
  await flow.settled()
}

/** The secret of the registration on the screen. */
function scanned(flow: TotpFlow): string {
  const registration = flow.getView().registration?.unseal()
  if (!registration) throw new Error(`nothing to scan in ${flow.getView().state}`)
  return registration.secret
}

async function enrolled(plugin: TwoFactorOptions = {}, more: ServerOptions = {}) {
  const { server, browser, flow } = await signedUp(plugin, more)
  flow.register()
  await typed(flow, ANN.password)
  const secret = scanned(flow)
  await submitted(flow, oathtool(secret))
  const backupCodes = flow.getView().recoveryCodes?.unseal() ?? []
  return { server, browser, flow, secret, backupCodes }
}

/** Six digits that are wrong now, and in the periods around. */
function wrong(secret: string): string {
  const near = [-60, -30, 0, 30, 60].map((seconds) => oathtool(secret, seconds))
  return (
    ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? ''
  )
}

describe('better-auth’s two-factor plugin behind a flow', () => {
  it('enrolls for the password and a code of an authenticator, and shows the backup codes then', async () => {
    const { flow } = await signedUp()
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null })
    flow.register()
    await typed(flow, ANN.password)
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', recoveryCodes: null })
    expect(flow.getView().registration?.unseal().uri).toMatch(/^otpauth:\/\/totp\/Acme:ann/)
    await submitted(flow, oathtool(scanned(flow)))
    expect(flow.getView()).toMatchObject({
      state: 'elevated',
      device: { id: '', verified: true },
      error: null,
    })
    expect(flow.getView().recoveryCodes?.unseal()).toHaveLength(10)
  })

  it('asks again for a password that is wrong, and sends no registration for it', async () => {
    const { flow } = await signedUp()
    flow.register()
    await typed(flow, 'wrong')
    expect(flow.getView()).toMatchObject({ showsPasswordField: true, error: { code: 'invalid_password' } })
    await typed(flow, 'x'.repeat(200))
    expect(flow.getView().error?.code).toBe('invalid_password')
    await typed(flow, ANN.password)
    expect(flow.getView()).toMatchObject({ showsCodeField: true, error: null })
  })

  it('keeps an enrollment through a wrong code', async () => {
    const { flow } = await signedUp()
    flow.register()
    await typed(flow, ANN.password)
    const secret = scanned(flow)
    await submitted(flow, wrong(secret))
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'invalid_code' } })
    await submitted(flow, oathtool(secret))
    expect(flow.getView().state).toBe('elevated')
  })

  it('goes on with the session that better-auth puts in the place of the one before', async () => {
    const { browser, flow } = await signedUp()
    const before = [...browser.cookies.values()]
    const over = vi.fn<() => void>()
    onTestFinished(betterAuthBackend(browser.client).onSignedOut?.(over) ?? (() => {}))
    flow.register()
    await typed(flow, ANN.password)
    await submitted(flow, oathtool(scanned(flow)))
    expect([...browser.cookies.values()]).not.toEqual(before)
    flow.refresh()
    await flow.settled()
    expect(flow.getView()).toMatchObject({ device: { verified: true }, error: null })
    expect(over).not.toHaveBeenCalled()
  })

  it('takes up an enrollment after a reload, without its secret and its backup codes', async () => {
    const { browser, flow } = await signedUp()
    flow.register()
    await typed(flow, ANN.password)
    const secret = scanned(flow)
    const stored = JSON.parse(JSON.stringify(flow.persist()))
    flow.stop()
    const reloaded = await flowIn(browser, {}, stored)
    expect(reloaded.getView()).toMatchObject({ state: 'awaitingCode', registration: null })
    await submitted(reloaded, oathtool(secret))
    expect(reloaded.getView()).toMatchObject({
      state: 'elevated',
      device: { verified: true },
      recoveryCodes: null,
    })
  })

  it('starts over with another secret, and takes codes of that one alone', async () => {
    const { flow } = await signedUp()
    flow.register()
    await typed(flow, ANN.password)
    const first = scanned(flow)
    flow.cancel()
    flow.register()
    await typed(flow, ANN.password)
    await submitted(flow, oathtool(first))
    expect(flow.getView().error?.code).toBe('invalid_code')
    await submitted(flow, oathtool(scanned(flow)))
    expect(flow.getView().state).toBe('elevated')
  })

  it('refuses a second app, which another tab set up meanwhile', async () => {
    const { browser, flow } = await signedUp()
    const other = await flowIn(browser)
    other.register()
    await typed(other, ANN.password)
    await submitted(other, oathtool(scanned(other)))
    flow.register()
    await typed(flow, ANN.password)
    expect(flow.getView().error?.code).toBe('device_limit')
  })

  it('makes the session fresh with a code, and says until when', async () => {
    const { flow, secret } = await enrolled()
    flow.release()
    await flow.settled()
    flow.stepUp(['invoice:pay'])
    await submitted(flow, oathtool(secret))
    const { elevation } = flow.getView()
    expect(elevation?.scopes).toEqual(['invoice:pay'])
    expect(Math.abs((elevation?.expiresAt ?? 0) - Date.now() - 600_000)).toBeLessThan(60_000)
    flow.stepUp(['wallet:export'])
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
  })

  it('a fresh session lasts no longer than the session', async () => {
    const { flow } = await enrolled({}, { session: { expiresIn: 120 } })
    expect((flow.getView().elevation?.expiresAt ?? 0) - Date.now()).toBeLessThanOrEqual(120_000)
  })

  it('a right code counts though the session cannot be looked at after it', async () => {
    const { browser, flow, secret } = await enrolled()
    browser.way.answer = (path, pass) =>
      path === '/get-session' ? Promise.reject(new TypeError('cut')) : pass()
    flow.stepUp(['invoice:pay'], { fresh: true })
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
    expect(Math.abs((flow.getView().elevation?.expiresAt ?? 0) - Date.now() - 600_000)).toBeLessThan(60_000)
  })

  it('takes each backup code once, in the place of the app, with its letters as they were given', async () => {
    const { flow, backupCodes } = await enrolled()
    const [one = '', two = ''] = backupCodes
    const other = one.replace(/[a-z]/i, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    )
    const tried = async (code: string) => {
      flow.stepUp(['invoice:pay'], { fresh: true })
      flow.submitRecoveryCode(code)
      await flow.settled()
      return flow.getView().error?.code ?? flow.getView().state
    }
    expect(await tried(other)).toBe('invalid_code')
    expect(await tried(` ${one.replace('-', ' – ')}\n`)).toBe('elevated')
    expect(await tried(one)).toBe('invalid_code')
    expect(await tried(two)).toBe('elevated')
  })

  it('makes new backup codes for the password, which end the old ones', async () => {
    const { flow, backupCodes } = await enrolled()
    const renewing = flow.renewRecoveryCodes()
    await typed(flow, 'wrong')
    expect(flow.getView().error?.code).toBe('invalid_password')
    await typed(flow, ANN.password)
    await renewing
    const renewed = flow.getView().recoveryCodes?.unseal() ?? []
    expect(renewed).toHaveLength(10)
    const tried = async (code = '') => {
      flow.stepUp(['invoice:pay'], { fresh: true })
      flow.submitRecoveryCode(code)
      await flow.settled()
      return flow.getView().error?.code ?? flow.getView().state
    }
    expect(await tried(backupCodes[0])).toBe('invalid_code')
    expect(await tried(renewed[0])).toBe('elevated')
  })

  it('removes the app for the password, and a sign-in owes no code then', async () => {
    const { server, flow } = await enrolled()
    flow.deleteDevice()
    await typed(flow, 'wrong')
    expect(flow.getView()).toMatchObject({ showsPasswordField: true, error: { code: 'invalid_password' } })
    await typed(flow, ANN.password)
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: null })
    const { data } = await browserAt(server.origin).client.signIn.email(ANN)
    expect(data).toMatchObject({ user: { email: ANN.email } })
  })

  it('removes what another tab removed meanwhile without an error', async () => {
    const { browser, flow } = await enrolled()
    await browser.client.twoFactor.disable({ password: ANN.password })
    flow.deleteDevice()
    await typed(flow, ANN.password)
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: null })
  })

  it('finds out from a code that another tab removed the app', async () => {
    const { browser, flow, secret } = await enrolled()
    await browser.client.twoFactor.disable({ password: ANN.password })
    flow.stepUp(['invoice:pay'], { fresh: true })
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: { code: 'no_device' } })
  })

  it('waits for as long as the rate limit of better-auth says', async () => {
    const { flow, secret } = await enrolled({}, { rateLimit: { enabled: true, storage: 'database' } })
    flow.stepUp(['invoice:pay'], { fresh: true })
    for (let tries = 0; flow.getView().can.submitCode && tries < 5; tries += 1) {
      await submitted(flow, wrong(secret))
      if (flow.getView().detail === 'throttled') break
    }
    const { detail, error, retryAt } = flow.getView()
    expect({ detail, code: error?.code }).toEqual({ detail: 'throttled', code: 'rate_limited' })
    expect((retryAt ?? 0) - Date.now()).toBeGreaterThan(0)
    expect((retryAt ?? 0) - Date.now()).toBeLessThanOrEqual(10_000) // of its own 3 tries in 10 seconds
  })

  it('sends a wrong code once, whatever the app’s client does about failures', async () => {
    const { server, secret } = await enrolled()
    const browser = browserAt(server.origin, { retry: 3, throw: true })
    await browser.client.signIn.email(ANN).catch(() => {})
    const flow = await flowIn(browser, { owesCode: () => true })
    flow.stepUp([])
    await submitted(flow, wrong(secret))
    expect(flow.getView().error?.code).toBe('invalid_code')
    expect(browser.sent.filter((path) => path === '/two-factor/verify-totp')).toHaveLength(1)
  })

  it('in a running session, no wrong code counts at better-auth and a right one is taken twice', async () => {
    const { browser, secret } = await enrolled({ accountLockout: { maxFailedAttempts: 2 } })
    const backend = betterAuthBackend(browser.client)
    const wrongly = () => backend.authenticateTotpMfaDevice({ code: wrong(secret) })
    for (let tries = 0; tries < 6; tries += 1)
      await expect(wrongly()).rejects.toMatchObject({ code: 'invalid_code' })
    const code = oathtool(secret)
    await backend.authenticateTotpMfaDevice({ code })
    await expect(backend.authenticateTotpMfaDevice({ code })).resolves.toMatchObject({ deviceId: '' })
  })

  it('lets the app’s own session store see that an app was set up', async () => {
    const { browser, flow } = await signedUp()
    const seen: unknown[] = []
    onTestFinished(browser.client.useSession.subscribe(({ data }) => seen.push(data?.user.twoFactorEnabled)))
    flow.register()
    await typed(flow, ANN.password)
    await submitted(flow, oathtool(scanned(flow)))
    await vi.waitFor(() => expect(seen.at(-1)).toBe(true))
  })

  it('the app’s session store looks again where the session changed, and not after every code', async () => {
    const { browser, flow, secret } = await enrolled()
    const { $sessionSignal } = browser.client.$store.atoms
    const signals: unknown[] = []
    await vi.waitFor(() => expect(browser.client.useSession.get().data?.user.twoFactorEnabled).toBe(true))
    onTestFinished($sessionSignal?.listen((signal) => signals.push(signal)) ?? (() => {}))
    flow.stepUp(['invoice:pay'], { fresh: true })
    await submitted(flow, oathtool(secret))
    flow.deleteDevice()
    await typed(flow, ANN.password)
    await vi.waitFor(() => expect(signals).not.toEqual([]))
    expect(signals).toHaveLength(1)
  })

  it('looks for no session while a call replaces it, since better-auth would end both', async () => {
    const { browser, flow } = await enrolled()
    flow.stop()
    await vi.waitFor(() => expect(browser.client.useSession.get().data?.user.twoFactorEnabled).toBe(true))
    const backend = betterAuthBackend(browser.client)
    const calls: string[] = []
    browser.way.answer = async (path, pass) => {
      calls.push(`${path} sent`)
      const response = await pass()
      calls.push(`${path} answered`)
      return response
    }
    const removing = backend.deleteMfaDevice({ deviceId: '', password: ANN.password })
    expect(await backend.getMfaDevices()).toEqual([])
    await removing
    expect(calls.slice(0, 3)).toEqual([
      '/two-factor/disable sent',
      '/two-factor/disable answered',
      '/get-session sent',
    ])
  })
})

const isOver = { state: 'idle', detail: 'unavailable', error: { code: 'unauthenticated' } }

describe('a session at better-auth that is over', () => {
  it('a page where nobody is signed in says so before it asks for anything', async () => {
    const { origin } = await started()
    const flow = await flowIn(browserAt(origin))
    expect(flow.getView()).toMatchObject(isOver)
  })

  it('ends an enrollment whose session the server ended', async () => {
    const { server, flow } = await signedUp()
    flow.register()
    await typed(flow, ANN.password)
    const secret = scanned(flow)
    server.query('delete from session')
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ ...isOver, registration: null })
  })

  it('ends a prompt for a password whose session the server ended', async () => {
    const { server, flow } = await enrolled()
    server.query('delete from session')
    flow.deleteDevice()
    await typed(flow, ANN.password)
    expect(flow.getView()).toMatchObject({ ...isOver, device: undefined, recoveryCodes: null })
  })

  it('forgets everything when the app signs the user out', async () => {
    const { browser, flow } = await enrolled()
    await vi.waitFor(() => expect(browser.client.useSession.get().data?.user.email).toBe(ANN.email))
    await browser.client.signOut()
    await flow.waitFor(({ detail }) => detail === 'unavailable')
    expect(flow.getView()).toMatchObject({ ...isOver, device: undefined, recoveryCodes: null })
  })

  it('forgets everything when the app signs in another user', async () => {
    const { browser } = await enrolled()
    const over = vi.fn<() => void>()
    onTestFinished(betterAuthBackend(browser.client).onSignedOut?.(over) ?? (() => {}))
    await vi.waitFor(() => expect(browser.client.useSession.get().data?.user.email).toBe(ANN.email))
    await browser.client.signUp.email({ ...ANN, email: 'bob@example.com' })
    await vi.waitFor(() => expect(over).toHaveBeenCalledOnce())
  })

  it('a session is not over because the app’s store looked for it while a code replaced it', async () => {
    const { browser } = await signedUp()
    const backend = betterAuthBackend(browser.client)
    const over = vi.fn<() => void>()
    onTestFinished(backend.onSignedOut?.(over) ?? (() => {}))
    await vi.waitFor(() => expect(browser.client.useSession.get().data?.user.email).toBe(ANN.email))
    const { secret } = await backend.registerTotpMfaDevice({ password: ANN.password })
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const { promise: answered, resolve: tellAnswered } = Promise.withResolvers<void>()
    browser.way.answer = async (path, pass) => {
      const response = await pass()
      if (path === '/two-factor/verify-totp') {
        tellAnswered()
        await released // until then the browser sends the cookie of the session that is gone
      }
      return response
    }
    const verifying = backend.authenticateTotpMfaDevice({ code: oathtool(secret) })
    await answered
    await browser.client.useSession.get().refetch()
    expect(browser.client.useSession.get().data).toBeNull()
    release()
    await verifying
    await vi.waitFor(() => expect(browser.client.useSession.get().data?.user.email).toBe(ANN.email))
    expect(over).not.toHaveBeenCalled()
  })
})

describe('a sign-in at better-auth that owes a code', () => {
  async function challenged(plugin: TwoFactorOptions = {}, more: ServerOptions = {}) {
    const before = await enrolled(plugin, more)
    const browser = browserAt(before.server.origin)
    const signIn = async () => {
      const { data } = await browser.client.signIn.email(ANN)
      return data !== null && 'twoFactorRedirect' in data
    }
    expect(await signIn()).toBe(true)
    const flow = await flowIn(browser, { owesCode: () => true })
    return { ...before, browser, flow, signIn }
  }

  it('a sign-in that owes a code has no session until the code is right', async () => {
    const { browser, flow, secret } = await challenged()
    expect((await browser.client.getSession()).data).toBeNull()
    expect(flow.getView()).toMatchObject({ gate: 'codeOwed', device: { verified: true }, error: null })
    flow.stepUp([])
    await submitted(flow, wrong(secret))
    expect(flow.getView()).toMatchObject({ showsCodeField: true, error: { code: 'invalid_code' } })
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'elevated', gate: 'open', error: null })
    flow.refresh()
    await flow.settled()
    expect(flow.getView()).toMatchObject({ gate: 'open', device: { verified: true } })
    expect((await browser.client.getSession()).data?.user.email).toBe(ANN.email)
  })

  it('takes a backup code in the place of the app', async () => {
    const { browser, flow, backupCodes } = await challenged()
    flow.stepUp([])
    flow.submitRecoveryCode(backupCodes[0] ?? '')
    await flow.settled()
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
    expect((await browser.client.getSession()).data?.user.email).toBe(ANN.email)
  })

  it('a sign-in is over after five wrong codes, and has to begin again', async () => {
    const { flow, secret, signIn } = await challenged()
    flow.stepUp([])
    for (let tries = 0; tries < 5; tries += 1) await submitted(flow, wrong(secret))
    expect(flow.getView().error?.code).toBe('invalid_code')
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject(isOver)
    expect(await signIn()).toBe(true)
    flow.refresh()
    await flow.settled()
    flow.stepUp([])
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
  })

  it('a sign-in is over once the time for its code has run out', async () => {
    const { server, flow, secret } = await challenged()
    server.query('delete from verification')
    flow.stepUp([])
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject(isOver)
  })

  it('waits where the account is locked, which no code opens', async () => {
    const { flow, secret, backupCodes } = await challenged({ accountLockout: { maxFailedAttempts: 2 } })
    flow.stepUp([])
    await submitted(flow, wrong(secret))
    await submitted(flow, wrong(secret))
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ detail: 'throttled', error: { code: 'rate_limited' } })
    flow.submitRecoveryCode(backupCodes[0] ?? '')
    await flow.settled()
    expect(flow.getView()).toMatchObject({ detail: 'throttled', error: { code: 'rate_limited' } })
  })

  it('no code is owed where a session is there, whatever the app says', async () => {
    const { browser } = await signedUp()
    const flow = await flowIn(browser, { owesCode: () => true })
    expect(flow.getView()).toMatchObject({ gate: 'open', device: null })
  })
})

describe('a user of better-auth without a password', () => {
  async function signedInByMail(plugin: TwoFactorOptions) {
    const server = await started(plugin)
    const browser = browserAt(server.origin)
    await browser.client.signIn.magicLink({ email: ANN.email })
    await browser.send(server.mailed[0] ?? '')
    return { browser, flow: await flowIn(browser, { hasPassword: false }) }
  }

  it('enrolls for nothing but a code, and removes the app and renews the backup codes for one', async () => {
    const { flow } = await signedInByMail({ allowPasswordless: true })
    flow.register()
    await flow.settled()
    const secret = scanned(flow)
    await submitted(flow, oathtool(secret))
    const before = flow.getView().recoveryCodes?.unseal()
    flow.release()
    await flow.settled()
    const renewing = flow.renewRecoveryCodes()
    await submitted(flow, oathtool(secret))
    await renewing
    expect(flow.getView().recoveryCodes?.unseal()).not.toEqual(before)
    flow.release()
    await flow.settled()
    flow.deleteDevice()
    await submitted(flow, oathtool(secret))
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: null })
  })

  it('cannot enroll where the server asks everybody for a password', async () => {
    const { flow } = await signedInByMail({})
    flow.register()
    await flow.settled()
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: { code: 'invalid_password' } })
  })
})

describe('an answer on the way from better-auth', () => {
  it.each<[string, () => Promise<Response>, string]>([
    ['that never came', async () => Promise.reject(new TypeError('Failed to fetch')), 'network'],
    ['of a captive portal', async () => new Response('<p>Log in</p>'), 'malformed_response'],
    ['of a server that broke', async () => new Response('oops', { status: 500 }), 'server'],
    ['of a proxy without an upstream', async () => new Response('<p>Bad', { status: 502 }), 'server'],
    ['of a server without the plugin', async () => new Response(null, { status: 404 }), 'not_found'],
    ['of two codes at the same moment', async () => Response.json({}, { status: 409 }), 'server'],
    [
      'to a page of a foreign origin',
      async () => Response.json({ code: 'INVALID_ORIGIN' }, { status: 403 }),
      'csrf_rejected',
    ],
    [
      'with a code that nobody knows',
      async () => Response.json({ code: 'toString' }, { status: 400 }),
      'bad_request',
    ],
    [
      'with a wait that is none',
      async () => Response.json({}, { status: 429, headers: { 'x-retry-after': 'soon' } }),
      'rate_limited',
    ],
  ])('one %s is said in the words of a flow', async (_claim, answer, code) => {
    const { browser, flow } = await signedUp()
    vi.spyOn(console, 'error').mockImplementation(() => {})
    browser.way.answer = (path, pass) => (path === '/two-factor/enable' ? answer() : pass())
    flow.register()
    await typed(flow, ANN.password)
    expect(flow.getView().error?.code).toBe(code)
  })

  it('a page of another origin is refused by better-auth itself', async () => {
    const { server, browser, flow } = await signedUp()
    browser.origin = 'https://evil.example'
    flow.register()
    await typed(flow, ANN.password)
    expect(flow.getView().error?.code).toBe('csrf_rejected')
    expect(server.mailed).toEqual([])
  })

  it('an aborted call rejects as aborted', async () => {
    const { browser } = await signedUp()
    const call = betterAuthBackend(browser.client).getMfaDevices({ signal: AbortSignal.abort() })
    await expect(call).rejects.toMatchObject({ code: 'aborted' })
  })
})
