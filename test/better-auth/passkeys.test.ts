/** A real better-auth with its passkey plugin, over HTTP, and a browser whose authenticator is software. */
import type { BetterAuthOptions as ServerOptions } from 'better-auth'
import {
  AuthenticatorEmulator,
  PasskeysCredentialsMemoryRepository,
  WebAuthnEmulator,
} from 'nid-webauthn-emulator'
import { createTotpFlow } from 'totp-flow'
import { type BetterAuthOptions, betterAuthBackend } from 'totp-flow/better-auth'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { oathtool } from '../support/tools.ts'
import { ANN, browserAt, startAuthServer } from './server.ts'

const BOB = { email: 'bob@example.com', password: 'another horse battery', name: 'Bob' }
type Browser = ReturnType<typeof browserAt>

/** The authenticator of this machine, which every page on it asks. */
let authenticator: WebAuthnEmulator
let origin = ''
const credentials = {
  get: vi.fn(async ({ publicKey }: { publicKey: never; signal?: AbortSignal }): Promise<unknown> => {
    const json = authenticator.getJSON(origin, publicKey)
    return { id: json.id, toJSON: () => json }
  }),
  create: vi.fn(async ({ publicKey }: { publicKey: never; signal?: AbortSignal }): Promise<unknown> => {
    const json = authenticator.createJSON(origin, publicKey)
    return { id: json.id, toJSON: () => json }
  }),
}
beforeEach(() => {
  authenticator = new WebAuthnEmulator(
    new AuthenticatorEmulator({ credentialsRepository: new PasskeysCredentialsMemoryRepository() }),
  )
  vi.stubGlobal('navigator', { credentials })
  vi.stubGlobal('PublicKeyCredential', {
    parseRequestOptionsFromJSON: (options: unknown) => options,
    parseCreationOptionsFromJSON: (options: unknown) => options,
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  credentials.get.mockClear()
  credentials.create.mockClear()
})

async function started(more: ServerOptions = {}) {
  const server = await startAuthServer({ allowPasswordless: true }, more)
  onTestFinished(server.close)
  origin = server.origin
  return server
}
const backendOf = ({ client }: Browser, options: BetterAuthOptions = {}) =>
  betterAuthBackend(client, { passkeys: true, ...options })

async function signedUp(server: { origin: string }, user = ANN) {
  const browser = browserAt(server.origin)
  await browser.client.signUp.email(user)
  return browser
}
const whoIsIn = async ({ client }: Browser) => (await client.getSession()).data?.user.email
const sessionIn = async ({ client }: Browser) => (await client.getSession()).data?.session.id

async function withPasskey(more: ServerOptions = {}) {
  const server = await started(more)
  const browser = await signedUp(server)
  const backend = backendOf(browser)
  await backend.registerPasskey?.({ alias: 'Phone' })
  return { server, browser, backend }
}

async function flowOver(backend: ReturnType<typeof betterAuthBackend>) {
  const flow = createTotpFlow({ backend })
  onTestFinished(() => flow.stop())
  await flow.settled()
  return flow
}

describe('better-auth’s passkeys behind the port', () => {
  it('a passkey is added, listed, renamed and removed', async () => {
    const { backend } = await withPasskey()
    const [added] = (await backend.getPasskeys?.()) ?? []
    expect(added).toEqual({
      id: expect.any(String),
      alias: 'Phone',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      backedUp: expect.any(Boolean),
    })
    const passkeyId = added?.id ?? ''
    await backend.renamePasskey?.({ passkeyId, alias: 'Tablet' })
    expect(await backend.getPasskeys?.()).toEqual([{ ...added, alias: 'Tablet' }])
    await backend.deletePasskey?.({ passkeyId })
    expect(await backend.getPasskeys?.()).toEqual([])
    await expect(backend.deletePasskey?.({ passkeyId })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('a passkey without a name has none made up', async () => {
    const backend = backendOf(await signedUp(await started()))
    await backend.registerPasskey?.()
    const [added] = (await backend.getPasskeys?.()) ?? []
    expect(added).not.toHaveProperty('alias')
  })

  it('an app that does not say that it has passkeys is offered none', async () => {
    const browser = await signedUp(await started())
    const backend = betterAuthBackend(browser.client)
    expect(backend).not.toHaveProperty('getPasskeys')
    expect(backend).not.toHaveProperty('authenticatePasskeyMFA')
  })

  it('a session that is too old adds no passkey until the user has signed in again', async () => {
    const browser = await signedUp(await started({ session: { freshAge: 1 } }))
    const backend = backendOf(browser)
    await expect
      .poll(
        () =>
          backend.registerPasskey?.().then(
            () => 'added',
            ({ code }) => code,
          ),
        { timeout: 5_000 },
      )
      .toBe('reauthentication_required')
  })
})

describe('a prompt that a passkey answers', () => {
  it('a passkey makes a session fresh for a user without an app, over a ceremony that was closed', async () => {
    const { browser, backend } = await withPasskey()
    const before = await sessionIn(browser)
    const flow = await flowOver(backend)
    flow.stepUp(['wallet:export'])
    expect(flow.getView()).toMatchObject({ detail: 'passkey', methods: ['passkey'] })
    credentials.get.mockRejectedValueOnce(new DOMException('no', 'NotAllowedError'))
    flow.submitPasskey()
    expect(await flow.settled()).toMatchObject({ detail: 'passkey', error: null })
    flow.submitPasskey()
    expect(await flow.settled()).toMatchObject({ state: 'elevated', error: null, device: null })
    flow.stepUp(['invoice:pay'])
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
    // What a server can see of it: another session, of the same user, that is as old as the passkey's answer.
    expect(await whoIsIn(browser)).toBe(ANN.email)
    expect(await sessionIn(browser)).not.toBe(before)
  })

  it('the session before lives on at the server, until it ends or is revoked', async () => {
    const { browser, backend } = await withPasskey()
    const cookies = new Map(browser.cookies)
    await backend.authenticatePasskeyMFA?.({})
    const other = browserAt(origin)
    for (const [name, value] of cookies) other.cookies.set(name, value)
    expect(await whoIsIn(other)).toBe(ANN.email)
    expect((await browser.client.listSessions()).data).toHaveLength(2)
  })

  it('a passkey answers in the place of a code of the app', async () => {
    const server = await started()
    const browser = await signedUp(server)
    const backend = backendOf(browser, { hasPassword: false })
    const { secret } = await backend.registerTotpMfaDevice({ password: ANN.password })
    await backend.authenticateTotpMfaDevice({ code: oathtool(secret) })
    await backend.registerPasskey?.({ alias: 'Phone' })
    const flow = await flowOver(backend)
    flow.deleteDevice()
    expect(flow.getView().methods).toEqual(['code', 'recoveryCode', 'passkey'])
    flow.submitPasskey()
    await flow.settled()
    expect(credentials.get).toHaveBeenCalledOnce()
    expect(await whoIsIn(browser)).toBe(ANN.email)
  })

  it('cancelling aborts what the browser shows', async () => {
    const { backend } = await withPasskey()
    const flow = await flowOver(backend)
    flow.stepUp(['wallet:export'])
    credentials.get.mockImplementationOnce(
      ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    )
    flow.submitPasskey()
    await expect.poll(() => credentials.get.mock.calls.length).toBe(1)
    flow.cancel()
    expect(credentials.get.mock.calls[0]?.[0].signal?.aborted).toBe(true)
    expect(await flow.settled()).toMatchObject({ state: 'idle', error: null })
  })

  it('other calls do not wait for a ceremony', async () => {
    const { backend } = await withPasskey()
    const { promise, resolve } = Promise.withResolvers<unknown>()
    credentials.get.mockReturnValueOnce(promise)
    const asked = backend.authenticatePasskeyMFA?.({}).catch((error) => error)
    await expect.poll(() => credentials.get.mock.calls.length).toBe(1)
    expect(await backend.getPasskeys?.()).toHaveLength(1)
    resolve(null)
    expect(await asked).toMatchObject({ code: 'cancelled' })
  })
})

describe('whose passkey it is', () => {
  it('better-auth itself signs in the owner of a passkey, in the session of another user', async () => {
    const { server, browser } = await withPasskey()
    const bobs = await signedUp(server, BOB)
    const answer = await bobs.client.passkey.generateAuthenticateOptions()
    const response = authenticator.getJSON(origin, answer.data as never)
    await bobs.client.passkey.verifyAuthentication({ response: response as never })
    expect(await whoIsIn(bobs)).toBe(ANN.email)
    expect(await whoIsIn(browser)).toBe(ANN.email)
  })

  it('a user without passkeys is asked for none, so that the passkey of another on this machine switches nobody', async () => {
    const { server } = await withPasskey()
    const bobs = await signedUp(server, BOB)
    await expect(backendOf(bobs).authenticatePasskeyMFA?.({})).rejects.toMatchObject({
      code: 'invalid_passkey',
    })
    expect(credentials.get).not.toHaveBeenCalled()
    expect(await whoIsIn(bobs)).toBe(BOB.email)
  })

  it('an answer with the passkey of another goes to no server', async () => {
    const { server, browser } = await withPasskey()
    const annsOptions = (await browser.client.passkey.generateAuthenticateOptions()).data
    const bobs = await signedUp(server, BOB)
    const backend = backendOf(bobs)
    await backend.registerPasskey?.()
    credentials.get.mockImplementationOnce(async ({ publicKey }) => {
      const { challenge } = publicKey as { challenge: string }
      const json = authenticator.getJSON(origin, { ...(annsOptions as never as object), challenge } as never)
      return { id: json.id, toJSON: () => json }
    })
    const before = bobs.sent.length
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code: 'invalid_passkey' })
    expect(bobs.sent.slice(before)).not.toContain('/passkey/verify-authentication')
    expect(await whoIsIn(bobs)).toBe(BOB.email)
  })

  it('a server that signs somebody else in is no proof of this user', async () => {
    const { browser, backend } = await withPasskey()
    browser.way.answer = (path, pass) =>
      path === '/passkey/verify-authentication'
        ? Promise.resolve(
            Response.json({ session: { expiresAt: new Date().toISOString() }, user: { id: 'another' } }),
          )
        : pass()
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  it('a passkey that was removed meanwhile is not accepted, and the session goes on', async () => {
    const { browser, backend } = await withPasskey()
    const [added] = (await backend.getPasskeys?.()) ?? []
    credentials.get.mockImplementationOnce(async ({ publicKey }) => {
      await backend.deletePasskey?.({ passkeyId: added?.id ?? '' })
      const json = authenticator.getJSON(origin, publicKey)
      return { id: json.id, toJSON: () => json }
    })
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code: 'invalid_passkey' })
    expect(await whoIsIn(browser)).toBe(ANN.email)
  })

  it('an answer that was sent already is not accepted again', async () => {
    const { browser, backend } = await withPasskey()
    const { data } = await browser.client.passkey.generateAuthenticateOptions()
    const json = authenticator.getJSON(origin, data as never)
    credentials.get.mockResolvedValue({ id: json.id, toJSON: () => json })
    onTestFinished(() => void credentials.get.mockReset())
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code: 'invalid_passkey' })
    expect(await whoIsIn(browser)).toBe(ANN.email)
  })

  it('without a session there is nobody to ask for a passkey', async () => {
    const { browser, backend } = await withPasskey()
    await browser.client.signOut()
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(credentials.get).not.toHaveBeenCalled()
  })
})

describe('the code that a sign-in owes', () => {
  it('no passkey is offered for it, since nobody knows yet whose would do', async () => {
    const server = await started()
    const browser = await signedUp(server)
    const backend = backendOf(browser)
    await backend.registerPasskey?.()
    const { secret } = await backend.registerTotpMfaDevice({ password: ANN.password })
    await backend.authenticateTotpMfaDevice({ code: oathtool(secret) })
    await browser.client.signOut()
    const { data } = await browser.client.signIn.email(ANN)
    expect(data).toMatchObject({ twoFactorRedirect: true })
    const flow = await flowOver(backendOf(browser, { owesCode: () => true }))
    expect(flow.getView()).toMatchObject({ gate: 'codeOwed', passkeys: [] })
    flow.stepUp([])
    expect(flow.getView().methods).not.toContain('passkey')
  })

  it('better-auth’s own sign-in by a passkey owes no code', async () => {
    const { browser, backend } = await withPasskey()
    const { secret } = await backend.registerTotpMfaDevice({ password: ANN.password })
    await backend.authenticateTotpMfaDevice({ code: oathtool(secret) })
    await browser.client.signOut()
    const { data } = await browser.client.passkey.generateAuthenticateOptions()
    const response = authenticator.getJSON(origin, data as never)
    await browser.client.passkey.verifyAuthentication({ response: response as never })
    expect(await whoIsIn(browser)).toBe(ANN.email)
  })
})

describe('a browser that cannot', () => {
  it.each([
    ['NotAllowedError', 'cancelled'],
    ['InvalidStateError', 'passkey_exists'],
    ['NotSupportedError', 'passkey_unsupported'],
    ['AbortError', 'aborted'],
  ])('its %s is %s', async (name, code) => {
    const { backend } = await withPasskey()
    credentials.get.mockRejectedValueOnce(new DOMException('no', name))
    credentials.create.mockRejectedValueOnce(new DOMException('no', name))
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code })
    await expect(backend.registerPasskey?.()).rejects.toMatchObject({ code })
  })

  it.each([undefined, {}])('a browser with PublicKeyCredential %j has no passkeys', async (given) => {
    const { backend } = await withPasskey()
    vi.stubGlobal('PublicKeyCredential', given)
    await expect(backend.authenticatePasskeyMFA?.({})).rejects.toMatchObject({ code: 'passkey_unsupported' })
    await expect(backend.registerPasskey?.()).rejects.toMatchObject({ code: 'passkey_unsupported' })
  })
})
