import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createElevatedFetch } from '../../src/client/elevated-fetch.ts'
import type { TotpBackend } from '../../src/contract/backend.ts'
import type { Scope } from '../../src/contract/scopes.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import type { TotpFlow } from '../../src/flow/totp-flow.ts'
import { TestClock } from '../../src/testing/test-clock.ts'

/** A backend that keeps its tokens itself, as Dynamic's SDK does. */
let kept: Map<string, string>
let signOut: () => void
let flow: TotpFlow
const clock = new TestClock(0)

const backend: TotpBackend = {
  onSignedOut(listener) {
    signOut = listener
    return () => {
      signOut = () => {}
    }
  },
  getElevatedAccessToken({ scopes: [scope = ''], consume = true }) {
    const token = kept.get(scope)
    if (consume) kept.delete(scope)
    return token
  },
  getMfaDevices: async () => [{ id: 'd', type: 'totp', verified: true, createdAt: '2026-01-01T00:00:00Z' }],
  registerTotpMfaDevice: () => Promise.reject(new Error('not here')),
  async authenticateTotpMfaDevice({ requestedScopes = [] }) {
    for (const scope of requestedScopes) kept.set(scope, `token for ${scope}`)
    const elevation = { scopes: requestedScopes, expiresAt: 300_000, singleUse: true }
    return { deviceId: 'd', sessionExpiresAt: 3_600_000, elevation }
  },
  deleteMfaDevice: () => Promise.reject(new Error('not here')),
}

beforeEach(async () => {
  kept = new Map()
  flow = createTotpFlow({ backend, clock })
  await flow.settled()
})
afterEach(() => {
  flow.stop()
  vi.restoreAllMocks()
})

async function stepUp(scope: Scope): Promise<void> {
  flow.stepUp([scope])
  flow.submitCode('123456')
  await flow.settled()
}

it('a single-use token that the backend keeps is handed out once', async () => {
  await stepUp('wallet:export')
  expect(flow.getView().elevation?.scopes).toEqual(['wallet:export'])
  expect(flow.takeElevatedToken('wallet:export')).toBe('token for wallet:export')
  expect(flow.takeElevatedToken('wallet:export')).toBeNull()
  expect(flow.getView().state).toBe('idle')
})

it('the flow prompts again if the backend consumed the token without it', async () => {
  await stepUp('wallet:export')
  kept.clear()
  flow.stepUp(['wallet:export'])
  expect(flow.getView().state).toBe('awaitingCode')
})

it('a removal prompts again if the backend consumed its token without the flow', async () => {
  await stepUp('credential:unlink')
  kept.clear()
  flow.deleteDevice()
  expect(flow.getView().state).toBe('awaitingCode')
})

it('an elevation whose token the backend consumed disappears when another token is taken', async () => {
  await stepUp('wallet:export')
  kept.clear()
  flow.takeElevatedToken('wallet:sign')
  expect(flow.getView()).toMatchObject({ state: 'idle', elevation: null })
})

it('an elevation stays if the flow holds its token, or if it is not single-use', async () => {
  const elevations = [
    { scopes: ['wallet:export', 'wallet:sign'], expiresAt: 300_000, singleUse: true, token: 'in hand' },
    { scopes: ['wallet:export'], expiresAt: 300_000, singleUse: false },
  ]
  const once = vi.spyOn(backend, 'authenticateTotpMfaDevice')
  for (const elevation of elevations) {
    once.mockResolvedValueOnce({ deviceId: 'd', sessionExpiresAt: 3_600_000, elevation })
    flow.stepUp(['wallet:export'], { fresh: true })
    flow.submitCode('123456')
    await flow.settled()
  }
  flow.takeElevatedToken('wallet:move')
  expect(flow.actor.getSnapshot().context.elevations.map(({ scopes }) => scopes.length)).toEqual([2, 1])
  expect(flow.takeElevatedToken('wallet:export', 'wallet:sign')).toBe('in hand')
})

it('an elevated fetch uses a token that the backend keeps', async () => {
  const sent: (string | null)[] = []
  const elevatedFetch = createElevatedFetch(flow, {
    origins: ['http://test.local'],
    async fetch(input, init) {
      const token = new Request(input, init).headers.get('x-dyn-elevated-access-token')
      sent.push(token)
      if (token) return new Response('served')
      const challenge = 'Bearer error="insufficient_user_authentication", scope="wallet:export"'
      return new Response(null, { status: 401, headers: { 'www-authenticate': challenge } })
    },
  })
  const answer = elevatedFetch('http://test.local/export')
  await flow.waitFor(({ showsCodeField }) => showsCodeField)
  flow.submitCode('123456')
  expect(await (await answer).text()).toBe('served')
  expect(sent).toEqual([null, 'token for wallet:export'])
})

it('the flow forgets the user when the backend notices a sign-out, until the flow stops', async () => {
  await stepUp('wallet:export')
  signOut()
  expect(flow.getView()).toMatchObject({ state: 'idle', device: undefined, elevation: null })
  expect(flow.getView().error?.code).toBe('unauthenticated')
  const last = signOut
  flow.stop()
  expect(signOut).not.toBe(last)
})

it('no verb throws what a backend throws when it is asked for its token: it counts as holding none', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  await stepUp('wallet:export')
  vi.spyOn(backend, 'getElevatedAccessToken').mockImplementation(() => {
    throw new Error('token for wallet:export')
  })
  expect(flow.takeElevatedToken('wallet:export')).toBeNull()
  expect(flow.getView().state).toBe('idle')
  await stepUp('wallet:export')
  flow.stepUp(['wallet:export'])
  expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: null })
  flow.cancel()
  await flow.settled()
  await stepUp('credential:unlink')
  flow.deleteDevice()
  expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: null })
  expect(said).toHaveBeenCalledWith(
    'totp-flow: getElevatedAccessToken() of the backend threw. It counts as holding no token.',
  )
  expect(JSON.stringify(said.mock.calls)).not.toContain('token for')
})
