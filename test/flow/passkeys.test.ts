import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Authentication } from '../../src/contract/answers.ts'
import type { RegisterOptions, RequestedGrant, TotpBackend } from '../../src/contract/backend.ts'
import { type TotpErrorCode, TotpFlowError } from '../../src/contract/errors.ts'
import type { Passkey } from '../../src/contract/passkeys.ts'
import type { Scope } from '../../src/contract/scopes.ts'
import { createTotpFlow } from '../../src/flow/create-totp-flow.ts'
import { elevate } from '../../src/flow/elevate.ts'
import type { TotpFlow, TotpFlowOptions } from '../../src/flow/totp-flow.ts'
import { MFA_TOKEN, RECOVERY_CODES, RIGHT_CODE, scriptedBackend, TOKEN } from './scripted-backend.ts'

const PHONE: Passkey = { id: 'p1', alias: 'Phone' }
const KEY: Passkey = { id: 'p2', alias: 'Security key' }
const SCOPE = 'wallet:export' satisfies Scope
const TEN_MINUTES = 600_000

/** A ceremony in the browser: the test is the person who answers it, or does not. */
interface Ceremony {
  params: RequestedGrant
  signal: AbortSignal | undefined
  confirm(more?: Partial<Authentication>): Promise<void>
  fail(error: unknown): Promise<void>
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const flows: TotpFlow[] = []

type Setup = Omit<Partial<TotpFlowOptions>, 'backend'> & {
  verified?: boolean
  passkeys?: Passkey[]
  backend?: Partial<TotpBackend>
}

async function start({ verified = true, passkeys = [PHONE], backend: more, ...options }: Setup = {}) {
  const scripted = scriptedBackend({ verified })
  const held = { passkeys }
  const ceremonies: Ceremony[] = []
  const authenticatePasskeyMFA: TotpBackend['authenticatePasskeyMFA'] = (params, o) => {
    const { promise, resolve, reject } = Promise.withResolvers<Authentication>()
    ceremonies.push({
      params,
      signal: o?.signal,
      confirm(given) {
        const scopes = params.requestedScopes ?? []
        resolve({
          deviceId: 'p1',
          sessionExpiresAt: Date.now() + 3_600_000,
          ...(scopes.length > 0 && {
            elevation: { scopes, expiresAt: Date.now() + 300_000, singleUse: true, token: TOKEN },
          }),
          ...(params.createMfaTokenOptions && { mfaToken: MFA_TOKEN }),
          ...given,
        })
        return settle().then(() => {})
      },
      fail(error) {
        reject(error)
        return settle().then(() => {})
      },
    })
    return promise
  }
  const backend: TotpBackend = {
    ...scripted,
    getPasskeys: async () => held.passkeys,
    authenticatePasskeyMFA,
    ...more,
  }
  const flow = createTotpFlow({ backend, ...options })
  flows.push(flow)
  await settle()
  const ceremony = () => {
    const last = ceremonies.at(-1)
    if (!last) throw new Error('The browser asks for no passkey')
    return last
  }
  return { flow, backend: scripted, held, ceremonies, ceremony }
}

/** In the ceremony, for a step-up. */
async function startAsking(options: Setup = {}) {
  const started = await start(options)
  started.flow.stepUp([SCOPE])
  started.flow.submitPasskey()
  await settle()
  expect(started.ceremonies).toHaveLength(1)
  return started
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-01-01T00:00:00Z') })
})
afterEach(() => {
  for (const flow of flows.splice(0)) flow.stop()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('which prompts a passkey answers', () => {
  it('a registration that takes a password prompts for it in place of the passkey that was asked for', async () => {
    const { flow } = await start({ verified: false, backend: { proofs: { register: 'password' } } })
    flow.stepUp([SCOPE])
    expect(flow.getView()).toMatchObject({ detail: 'passkey', methods: ['passkey'] })
    flow.register()
    expect(flow.getView()).toMatchObject({ detail: 'password', showsPasswordField: true, methods: [] })
  })

  it('a passkey answers a step-up in place of a code, and wins what the code would have won', async () => {
    const { flow, ceremony } = await start()
    const elevated = vi.fn()
    flow.on('elevated', elevated)
    expect(flow.getView()).toMatchObject({ passkeys: [PHONE], offersPasskeys: true, methods: [] })
    flow.stepUp([SCOPE])
    expect(flow.getView()).toMatchObject({
      detail: 'ready',
      showsCodeField: true,
      methods: ['code', 'passkey'],
      can: { submitCode: true, submitPasskey: true },
    })
    flow.submitPasskey()
    expect(flow.getView()).toMatchObject({
      state: 'verifying',
      busy: true,
      methods: ['code', 'passkey'],
      can: { submitPasskey: false, cancel: true },
    })
    await settle()
    expect(ceremony().params).toEqual({ requestedScopes: [SCOPE] })
    await ceremony().confirm()
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null, methods: [] })
    expect(elevated).toHaveBeenCalledOnce()
    expect(flow.takeElevatedToken(SCOPE)).toBe(TOKEN)
  })

  it('a passkey proves a removal, which then continues automatically', async () => {
    const { flow, backend, ceremony } = await start()
    flow.deleteDevice()
    expect(flow.getView().methods).toEqual(['code', 'passkey'])
    flow.submitPasskey()
    await settle()
    expect(ceremony().params).toEqual({ requestedScopes: ['credential:unlink'] })
    await ceremony().confirm()
    expect(backend.calls.at(-2)).toMatchObject({
      name: 'deleteMfaDevice',
      params: { elevatedAccessToken: TOKEN },
    })
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, passkeys: [PHONE], error: null })
  })

  it('a prompt offers recovery codes and passkeys if the backend accepts both', async () => {
    const authenticateMfaRecoveryCode = vi.fn<NonNullable<TotpBackend['authenticateMfaRecoveryCode']>>()
    const { flow } = await start({ backend: { authenticateMfaRecoveryCode } })
    flow.stepUp([SCOPE])
    expect(flow.getView().methods).toEqual(['code', 'recoveryCode', 'passkey'])
  })

  it('an enrollment accepts a code of the app, and no passkey', async () => {
    const { flow, ceremonies } = await start({ verified: false })
    flow.register()
    await settle()
    expect(flow.getView()).toMatchObject({ methods: ['code'], can: { submitPasskey: false } })
    flow.submitPasskey()
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'not_ready' } })
    expect(flow.getView().registration).not.toBeNull()
    expect(ceremonies).toHaveLength(0)
  })

  it('a passkey answers no prompt for a password, and no prompt for a confirmation', async () => {
    const withPassword = await start({ backend: { proofs: { delete: 'password' } } })
    withPassword.flow.deleteDevice()
    const withYes = await start({ backend: { proofs: { delete: 'none' } } })
    withYes.flow.deleteDevice({ confirm: true })
    expect(withPassword.flow.getView().detail).toBe('password')
    expect(withYes.flow.getView().detail).toBe('confirming')
    for (const { flow, ceremonies } of [withPassword, withYes]) {
      expect(flow.getView()).toMatchObject({ methods: [], can: { submitPasskey: false } })
      flow.submitPasskey()
      await settle()
      expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'not_ready' } })
      expect(ceremonies).toHaveLength(0)
    }
  })

  it('a passkey is not asked for without a prompt, nor before the backend has answered', async () => {
    const { flow, ceremonies } = await start()
    flow.submitPasskey()
    expect(flow.getView()).toMatchObject({ state: 'idle', error: { code: 'not_ready' } })
    flow.refresh()
    flow.submitPasskey()
    await settle()
    expect(ceremonies).toHaveLength(0)
  })

  it.each([
    ['the user has none', { passkeys: [] }],
    ['the backend lists them and takes none', { backend: { authenticatePasskeyMFA: undefined as never } }],
    ['the backend lists none', { backend: { getPasskeys: undefined as never } }],
  ] satisfies [string, Setup][])('a prompt offers no passkey where %s', async (_, options) => {
    const { flow } = await start(options)
    flow.stepUp([SCOPE])
    expect(flow.getView()).toMatchObject({ methods: ['code'], can: { submitPasskey: false } })
    flow.submitPasskey()
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'not_ready' } })
  })

  it('the passkeys of a backend that takes none as a proof are still listed', async () => {
    const { flow } = await start({ backend: { authenticatePasskeyMFA: undefined as never } })
    expect(flow.getView()).toMatchObject({ passkeys: [PHONE], offersPasskeys: false })
  })

  it.each([[[{ alias: 'Phone' }]], [[{ id: 'p1', alias: 5 }]], ['p1']])(
    'a backend that lists %j as passkeys is an error, and none of it is shown',
    async (listed) => {
      const getPasskeys = async () => listed as never
      const { flow } = await start({ backend: { getPasskeys } })
      expect(flow.getView()).toMatchObject({
        detail: 'unavailable',
        passkeys: [],
        error: { code: 'malformed_response' },
      })
    },
  )

  it('a backend that cannot list the passkeys is unavailable, not without passkeys', async () => {
    const getPasskeys = () => Promise.reject(new TotpFlowError('network'))
    const { flow } = await start({ backend: { getPasskeys } })
    expect(flow.getView()).toMatchObject({ detail: 'unavailable', error: { code: 'network' } })
  })
})

describe('a user with passkeys and no app', () => {
  it('a step-up asks for a passkey alone, and shows no code field', async () => {
    const { flow, ceremony } = await start({ verified: false })
    expect(flow.getView()).toMatchObject({ device: null, can: { stepUp: true, deleteDevice: false } })
    flow.stepUp([SCOPE])
    expect(flow.getView()).toMatchObject({
      state: 'awaitingCode',
      detail: 'passkey',
      showsCodeField: false,
      methods: ['passkey'],
      can: { submitPasskey: true, submitCode: false, submitRecoveryCode: false, cancel: true },
    })
    flow.submitCode(RIGHT_CODE)
    expect(flow.getView()).toMatchObject({ detail: 'passkey', error: { code: 'not_ready' } })
    flow.submitPasskey()
    expect(flow.getView()).toMatchObject({ state: 'verifying', methods: ['passkey'], error: null })
    await settle()
    await ceremony().confirm()
    expect(flow.getView()).toMatchObject({ state: 'elevated', device: null })
    expect(flow.takeElevatedToken(SCOPE)).toBe(TOKEN)
  })

  it('an app whose setup was never finished does not hide the passkeys', async () => {
    const getMfaDevices = async () => [{ id: 'd1', type: 'totp' as const, verified: false }]
    const { flow, ceremony } = await start({ verified: false, backend: { getMfaDevices } })
    flow.stepUp([SCOPE])
    expect(flow.getView().detail).toBe('passkey')
    flow.submitPasskey()
    await settle()
    await ceremony().confirm()
    expect(flow.getView()).toMatchObject({ state: 'elevated', device: { id: 'd1', verified: false } })
  })

  it('a removal is refused by name, since there is no app to remove', async () => {
    const { flow } = await start({ verified: false })
    flow.deleteDevice()
    expect(flow.getView()).toMatchObject({ state: 'idle', error: { code: 'no_device' } })
  })

  it('an elevation that a passkey won removes no app if there is none', async () => {
    const { flow, backend, ceremony } = await start({ verified: false })
    flow.stepUp(['credential:unlink'])
    flow.submitPasskey()
    await settle()
    await ceremony().confirm()
    flow.deleteDevice()
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: { code: 'no_device' } })
    expect(backend.calls.some(({ name }) => name === 'deleteMfaDevice')).toBe(false)
  })

  it('an app is set up with the elevation that a passkey won for it, and consumes it', async () => {
    const given: RegisterOptions[] = []
    const { flow, ceremony } = await start({
      verified: false,
      backend: {
        async registerTotpMfaDevice(o) {
          given.push(o ?? {})
          return { id: 'd1', uri: 'otpauth://totp/a?secret=JBSWY3DPEHPK3PXP', secret: 'JBSWY3DPEHPK3PXP' }
        },
      },
    })
    flow.stepUp(['credential:link'])
    flow.submitPasskey()
    await settle()
    await ceremony().confirm()
    expect(flow.getView()).toMatchObject({ state: 'elevated', can: { register: true } })
    flow.register()
    await settle()
    expect(given).toEqual([{ elevatedAccessToken: TOKEN, signal: expect.any(AbortSignal) }])
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', intent: 'enroll', methods: ['code'] })
    expect(flow.takeElevatedToken('credential:link')).toBeNull()
  })

  it('an elevation for other scopes is not sent with a registration, and remains', async () => {
    const given: RegisterOptions[] = []
    const { flow, backend, ceremony } = await startAsking({
      verified: false,
      backend: {
        async registerTotpMfaDevice(o) {
          given.push(o ?? {})
          return backend.registerTotpMfaDevice(o)
        },
      },
    })
    await ceremony().confirm()
    flow.register()
    await settle()
    expect(given).toEqual([{ signal: expect.any(AbortSignal) }])
    flow.cancel()
    expect(flow.getView().state).toBe('elevated')
    expect(flow.takeElevatedToken(SCOPE)).toBe(TOKEN)
  })

  it('a fresh session sets up an app, and stays fresh', async () => {
    const { flow, ceremony } = await startAsking({ verified: false, backend: { assurance: 'session' } })
    await ceremony().confirm({ elevation: undefined as never })
    flow.register()
    await settle()
    flow.cancel()
    expect(flow.getView().state).toBe('elevated')
  })

  it('the last passkey may be removed while it is asked for: the prompt ends, and says why', async () => {
    const { flow, held, ceremony } = await start({ verified: false })
    const change = (passkeys: Passkey[]) => {
      held.passkeys = passkeys
      flow.actor.send({ type: 'passkeys.changed', passkeys })
    }
    flow.stepUp([SCOPE])
    change([KEY])
    expect(flow.getView()).toMatchObject({ detail: 'passkey', passkeys: [KEY] })
    change([])
    await settle()
    expect(flow.getView()).toMatchObject({ state: 'idle', methods: [], error: { code: 'no_device' } })

    change([PHONE])
    flow.stepUp([SCOPE])
    flow.submitPasskey()
    await settle()
    change([])
    expect(flow.getView()).toMatchObject({ state: 'verifying', methods: ['passkey'] }) // the server has the last word
    await ceremony().fail(new TotpFlowError('invalid_passkey'))
    expect(flow.getView()).toMatchObject({ state: 'idle', error: { code: 'no_device' } })
  })

  it('new recovery codes that come with a passkey’s answer are not shown of an app that is not there', async () => {
    const { flow, ceremony } = await startAsking({ verified: false })
    await ceremony().confirm({ recoveryCodes: [...RECOVERY_CODES] })
    expect(flow.getView()).toMatchObject({ state: 'elevated', recoveryCodes: null })
  })
})

describe('the ceremony', () => {
  it.each([
    ['with an app', { verified: true }, 'ready'],
    ['without an app', { verified: false }, 'passkey'],
  ] as const)(
    'closing the ceremony %s returns to the same prompt, without an error',
    async (_, options, detail) => {
      const { flow, ceremony, ceremonies } = await start(options)
      const failed = vi.fn()
      flow.on('failed', failed)
      flow.stepUp([SCOPE], { reason: 'To export it' })
      flow.submitPasskey()
      await settle()
      await ceremony().fail(new TotpFlowError('cancelled'))
      expect(flow.getView()).toMatchObject({
        state: 'awaitingCode',
        detail,
        error: null,
        intent: 'stepUp',
        requestedScopes: [SCOPE],
        reason: 'To export it',
        can: { submitPasskey: true },
      })
      expect(failed).not.toHaveBeenCalled()
      flow.submitPasskey()
      await settle()
      expect(ceremonies).toHaveLength(2)
      await ceremony().confirm()
      expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
    },
  )

  it('closing the ceremony of a removal leaves its prompt open for a code', async () => {
    const { flow, ceremony } = await start()
    flow.deleteDevice()
    flow.submitPasskey()
    await settle()
    await ceremony().fail(new TotpFlowError('cancelled'))
    expect(flow.getView()).toMatchObject({ detail: 'ready', intent: 'delete', error: null })
    flow.submitCode(RIGHT_CODE)
    await settle()
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null })
  })

  it('a double press asks for one passkey', async () => {
    const { flow, ceremonies } = await startAsking()
    flow.submitPasskey()
    flow.submitCode(RIGHT_CODE)
    await settle()
    expect(ceremonies).toHaveLength(1)
    expect(flow.getView()).toMatchObject({ state: 'verifying', error: null })
  })

  it('cancelling aborts the ceremony, whose late answer wins nothing', async () => {
    const { flow, ceremony } = await startAsking()
    expect(ceremony().signal?.aborted).toBe(false)
    flow.cancel()
    expect(ceremony().signal?.aborted).toBe(true)
    await settle()
    const before = flow.getView()
    await ceremony().confirm()
    expect(flow.getView()).toBe(before)
    expect(before).toMatchObject({ state: 'idle', elevation: null })
    expect(flow.takeElevatedToken(SCOPE)).toBeNull()
  })

  it('cancelling returns to an elevation that has not expired', async () => {
    const { flow, ceremony } = await startAsking()
    await ceremony().confirm()
    flow.stepUp(['wallet:sign'])
    flow.submitPasskey()
    flow.cancel()
    expect(flow.getView()).toMatchObject({ state: 'elevated', elevation: { scopes: [SCOPE] } })
  })

  it('stopping the flow aborts the ceremony, and shows no prompt any more', async () => {
    const { flow, ceremony } = await startAsking({ verified: false })
    flow.stop()
    expect(ceremony().signal?.aborted).toBe(true)
    expect(flow.getView()).toMatchObject({ methods: [] })
  })

  it('a ceremony has ten minutes more than a call, and then the prompt says that it took too long', async () => {
    const { flow, ceremony } = await startAsking({ callTimeout: 5_000 })
    await vi.advanceTimersByTimeAsync(TEN_MINUTES + 4_999)
    expect(flow.getView()).toMatchObject({ state: 'verifying', error: null })
    expect(ceremony().signal?.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(flow.getView()).toMatchObject({
      state: 'awaitingCode',
      detail: 'ready',
      error: { code: 'timeout' },
    })
    expect(ceremony().signal?.aborted).toBe(true)
    const before = flow.getView()
    await ceremony().confirm()
    expect(flow.getView()).toBe(before)
  })

  it('a code has no more time than any call, also after a ceremony', async () => {
    const { flow, backend, ceremony } = await startAsking({ callTimeout: 5_000 })
    await ceremony().fail(new TotpFlowError('cancelled'))
    backend.hangs('authenticateTotpMfaDevice')
    flow.submitCode(RIGHT_CODE)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(flow.getView()).toMatchObject({ detail: 'ready', error: { code: 'timeout' } })
  })

  it.each([2 ** 31 - 1, Number.POSITIVE_INFINITY])(
    'a ceremony is waited for even if a call may take %d ms',
    async (callTimeout) => {
      const { flow, ceremony } = await startAsking({ callTimeout })
      await vi.advanceTimersByTimeAsync(2 * TEN_MINUTES)
      expect(flow.getView().state).toBe('verifying')
      await ceremony().confirm()
      expect(flow.getView().state).toBe('elevated')
    },
  )

  const outcomes: [TotpErrorCode, string | null, string | null][] = [
    ['invalid_passkey', 'ready', 'passkey'],
    ['passkey_unsupported', 'ready', 'passkey'],
    ['device_locked', 'ready', 'passkey'],
    ['network', 'ready', 'passkey'],
    ['rate_limited', 'throttled', 'passkey'],
    ['scope_not_allowed', 'loading', 'loading'],
    ['unauthenticated', 'unavailable', 'unavailable'],
  ]
  it.each(outcomes)(
    'the failure %s of a ceremony leads to %s with an app, and to %s without',
    async (code, beside, alone) => {
      for (const [verified, detail] of [
        [true, beside],
        [false, alone],
      ] as const) {
        const { flow, ceremony, backend } = await startAsking({ verified })
        backend.hangs('getMfaDevices')
        await ceremony().fail(new TotpFlowError(code))
        expect(flow.getView()).toMatchObject({ detail, error: { code } })
      }
    },
  )

  it('anything else that the browser throws becomes a typed error', async () => {
    const { flow, ceremony } = await startAsking()
    await ceremony().fail(new DOMException('no', 'SecurityError'))
    expect(flow.getView()).toMatchObject({ state: 'awaitingCode', error: { code: 'server' } })
  })

  it('a renewal by password accepts no other proof, whatever the backend says', async () => {
    const { flow } = await start({
      backend: {
        proofs: { renewRecoveryCodes: 'password' },
        createNewMfaRecoveryCodes: () => Promise.reject(new TotpFlowError('passkey_unsupported')),
      },
    })
    const renewal = flow.renewRecoveryCodes().catch((error) => error)
    flow.submitPassword('a password')
    await settle()
    expect(flow.getView().state).toBe('idle')
    expect(await renewal).toMatchObject({ code: 'passkey_unsupported' })
  })

  it('a renewal by a password that the backend cancels says so, and can be tried again', async () => {
    const { flow } = await start({
      backend: {
        proofs: { renewRecoveryCodes: 'password' },
        createNewMfaRecoveryCodes: () => Promise.reject(new TotpFlowError('cancelled')),
      },
    })
    const renewal = flow.renewRecoveryCodes().catch((error) => error)
    flow.submitPassword('a password')
    await settle()
    expect(flow.getView()).toMatchObject({ detail: 'password', error: { code: 'cancelled' } })
    flow.cancel()
    await renewal
  })
})

describe('a wait after too many tries', () => {
  const retryAt = new Date('2026-01-01T00:01:00Z').getTime()
  const tooMany = () => new TotpFlowError('rate_limited', { retryAt })

  it('a passkey is accepted while codes are throttled, and ends the wait', async () => {
    const { flow, backend, ceremony } = await start()
    flow.stepUp([SCOPE])
    backend.fails('authenticateTotpMfaDevice', tooMany())
    flow.submitCode(RIGHT_CODE)
    await settle()
    expect(flow.getView()).toMatchObject({
      detail: 'throttled',
      methods: ['code', 'passkey'],
      can: { submitPasskey: true, submitCode: false },
    })
    flow.submitPasskey()
    await settle()
    await ceremony().confirm()
    expect(flow.getView()).toMatchObject({ state: 'elevated', retryAt: null })
  })

  it('closing the ceremony during a wait continues the wait, without an error', async () => {
    const { flow, backend, ceremony } = await start()
    flow.stepUp([SCOPE])
    backend.fails('authenticateTotpMfaDevice', tooMany())
    flow.submitCode(RIGHT_CODE)
    await settle()
    flow.submitPasskey()
    await settle()
    await ceremony().fail(new TotpFlowError('cancelled'))
    expect(flow.getView()).toMatchObject({ detail: 'throttled', retryAt, error: null })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(flow.getView()).toMatchObject({ detail: 'ready', retryAt: null })
  })

  it('too many passkeys close the code field too, until the backend’s time has come', async () => {
    const { flow, ceremony } = await startAsking()
    await ceremony().fail(tooMany())
    expect(flow.getView()).toMatchObject({ detail: 'throttled', retryAt, error: { code: 'rate_limited' } })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(flow.getView()).toMatchObject({ detail: 'ready', retryAt: null, error: null })
  })

  it('without a code field, too many passkeys are an error, and another may be tried', async () => {
    const { flow, ceremony } = await startAsking({ verified: false })
    await ceremony().fail(tooMany())
    expect(flow.getView()).toMatchObject({
      detail: 'passkey',
      retryAt: null,
      error: { code: 'rate_limited', retryAt },
      can: { submitPasskey: true },
    })
  })
})

describe('what else happens during a ceremony', () => {
  it('signing out, here or in another tab, aborts the ceremony and forgets the passkeys', async () => {
    const { flow, ceremony } = await startAsking()
    flow.signOut()
    expect(ceremony().signal?.aborted).toBe(true)
    await ceremony().confirm()
    expect(flow.getView()).toMatchObject({
      state: 'idle',
      detail: 'unavailable',
      passkeys: [],
      methods: [],
      elevation: null,
      error: { code: 'unauthenticated' },
      can: { stepUp: false },
    })
  })

  it('a removal in another tab ends the ceremony, and what is left is asked for', async () => {
    const { flow, ceremony } = await startAsking()
    flow.actor.send({ type: 'devices.changed' })
    expect(ceremony().signal?.aborted).toBe(true)
    await settle()
    await ceremony().confirm()
    expect(flow.getView()).toMatchObject({
      state: 'idle',
      detail: 'ready',
      elevation: null,
      passkeys: [PHONE],
    })
  })

  it('an app that was removed under the ceremony leaves the passkeys', async () => {
    const { flow, ceremony } = await startAsking({
      backend: {
        getMfaDevices: vi
          .fn()
          .mockResolvedValueOnce([{ id: 'd1', type: 'totp', verified: true }])
          .mockResolvedValue([]),
      },
    })
    await ceremony().fail(new TotpFlowError('no_device'))
    expect(flow.getView()).toMatchObject({ state: 'idle', device: null, error: { code: 'no_device' } })
    flow.stepUp([SCOPE])
    expect(flow.getView().detail).toBe('passkey')
  })

  it('passkeys that come late are not taken for those of the next user', async () => {
    const { flow } = await start()
    flow.signOut()
    flow.actor.send({ type: 'passkeys.changed', passkeys: [KEY] })
    expect(flow.getView().passkeys).toEqual([])
  })

  it('malformed passkeys in an event are ignored', async () => {
    const { flow } = await start()
    for (const passkeys of [[{ alias: 'Phone' }], 'p1', undefined] as never[])
      flow.actor.send({ type: 'passkeys.changed', passkeys })
    expect(flow.getView()).toMatchObject({ passkeys: [PHONE], error: null })
  })

  it('a passkey that was added on the page may answer the prompt that is open', async () => {
    const { flow } = await start({ passkeys: [] })
    flow.stepUp([SCOPE])
    flow.actor.send({ type: 'passkeys.changed', passkeys: [KEY] })
    expect(flow.getView()).toMatchObject({ methods: ['code', 'passkey'], can: { submitPasskey: true } })
  })
})

describe('what a passkey wins', () => {
  it('elevate() waits for a passkey as for a code, over a closed ceremony', async () => {
    for (const verified of [true, false]) {
      const { flow, ceremony } = await start({ verified })
      const won = elevate(flow, [SCOPE])
      await settle()
      flow.submitPasskey()
      await settle()
      await ceremony().fail(new TotpFlowError('cancelled'))
      flow.submitPasskey()
      await settle()
      await ceremony().confirm()
      expect(await won).toMatchObject({ token: TOKEN, isFresh: true })
    }
  })

  it('elevate() over a passkey ends with the prompt: cancelled by the person, or left by the caller', async () => {
    const { flow, ceremony } = await start({ verified: false })
    const cancelled = elevate(flow, [SCOPE]).catch((error) => error)
    await settle()
    flow.submitPasskey()
    await settle()
    flow.cancel()
    expect(await cancelled).toMatchObject({ code: 'cancelled' })
    await settle()

    const leaving = new AbortController()
    const left = elevate(flow, [SCOPE], { signal: leaving.signal }).catch((error) => error)
    await settle()
    flow.submitPasskey()
    await settle()
    leaving.abort()
    expect(await left).toMatchObject({ code: 'aborted' })
    expect(ceremony().signal?.aborted).toBe(true)
    expect(flow.getView().methods).toEqual([])
  })

  it('elevate() waits for another caller’s passkey prompt to end', async () => {
    const { flow, ceremony } = await start({ verified: false })
    flow.stepUp(['invoice:pay'])
    const won = elevate(flow, [SCOPE])
    await settle()
    expect(flow.getView().requestedScopes).toEqual(['invoice:pay'])
    flow.cancel()
    await settle()
    expect(flow.getView().requestedScopes).toEqual([SCOPE])
    flow.submitPasskey()
    await settle()
    await ceremony().confirm()
    expect(await won).toMatchObject({ token: TOKEN })
  })

  it('an approval of a payment is bound to it, whatever the backend forgets', async () => {
    const { flow, ceremony } = await start()
    const authorizationDetails = [{ type: 'payment', amount: '100.00' }]
    flow.stepUp([SCOPE], { authorizationDetails })
    flow.submitPasskey()
    await settle()
    expect(ceremony().params).toEqual({ requestedScopes: [SCOPE], authorizationDetails })
    await ceremony().confirm()
    expect(flow.takeElevatedToken(SCOPE)).toBeNull()
    expect(flow.takeElevatedToken({ scopes: [SCOPE], authorizationDetails })).toBe(TOKEN)
  })

  it('the challenge of a server is passed to the ceremony', async () => {
    const { flow, ceremony } = await start()
    flow.stepUp([SCOPE], { acrValues: ['phr'], maxAge: 0 })
    flow.submitPasskey()
    await settle()
    expect(ceremony().params).toEqual({ requestedScopes: [SCOPE], acrValues: ['phr'], maxAge: 0 })
  })

  it('a passkey wins the deprecated MFA token, unless the host turned that off', async () => {
    const { flow, ceremony } = await start({ verified: false })
    flow.stepUp([], { createMfaTokenOptions: { singleUse: true } })
    flow.submitPasskey()
    await settle()
    expect(ceremony().params).toEqual({ createMfaTokenOptions: { singleUse: true } })
    await ceremony().confirm()
    expect(flow.consumeMfaToken()).toBe(MFA_TOKEN)

    const closed = await start({ verified: false, allowMfaToken: false })
    closed.flow.stepUp([], { createMfaTokenOptions: { singleUse: true } })
    expect(closed.flow.getView().error?.code).toBe('mfa_token_disabled')
  })

  it('a passkey that wins no elevation for the request is an error, not a loop', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const { flow, ceremony } = await startAsking()
    await ceremony().confirm({ elevation: undefined as never })
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: { code: 'elevation_missing' } })
  })

  it('a passkey makes a session fresh if codes do', async () => {
    const { flow, ceremony } = await startAsking({ backend: { assurance: 'session', freshFor: 60_000 } })
    await ceremony().confirm({ elevation: undefined as never })
    flow.stepUp(['invoice:pay'])
    expect(flow.getView()).toMatchObject({ state: 'elevated', error: null })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(flow.getView().state).toBe('idle')
  })

  it('a passkey’s answer leaves the app as it is', async () => {
    const { flow, ceremony } = await startAsking()
    const { device } = flow.getView()
    await ceremony().confirm({ deviceId: 'p1' })
    expect(flow.getView().device).toBe(device)
  })

  it('a passkey opens the gate of a session that owes a second factor', async () => {
    const { flow, ceremony } = await startAsking({ backend: { getGate: () => ({ state: 'codeOwed' }) } })
    expect(flow.getView().gate).toBe('codeOwed')
    await ceremony().confirm()
    expect(flow.getView().gate).toBe('open')
  })
})
