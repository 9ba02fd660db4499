import { expect, it, vi } from 'vitest'
import { TotpFlowError } from '../../src/contract/errors.ts'
import { LINK_SCOPE, type Scope, UNLINK_SCOPE } from '../../src/contract/scopes.ts'
import { type MemoryBackendOptions, memoryBackend } from '../../src/memory/index.ts'
import { authenticator } from '../../src/testing/index.ts'

/** All that a backend with passkeys has. */
const withPasskeys = (options: MemoryBackendOptions = {}) =>
  memoryBackend({ passkeys: {}, ...options }) as Required<ReturnType<typeof memoryBackend>>

async function proof(backend: ReturnType<typeof withPasskeys>, scope: Scope) {
  const { elevation } = await backend.authenticatePasskeyMFA({ requestedScopes: [scope] })
  return { elevatedAccessToken: elevation?.token ?? '' }
}

it('takes no passkeys unless the option says so', () => {
  expect(memoryBackend().authenticatePasskeyMFA).toBeUndefined()
})

it('adds, names, uses and removes a passkey', async () => {
  const backend = withPasskeys({ clock: () => Date.parse('2026-01-01T00:00:00.000Z') })
  await backend.registerPasskey({ alias: 'My laptop' })
  const [passkey] = await backend.getPasskeys()
  const createdAt = '2026-01-01T00:00:00.000Z'
  expect(passkey).toEqual({ id: 'passkey-1', alias: 'My laptop', createdAt, backedUp: true })

  await backend.renamePasskey({ passkeyId: 'passkey-1', alias: 'Phone' })
  expect(await backend.getPasskeys()).toMatchObject([{ alias: 'Phone' }])
  await backend.authenticatePasskeyMFA({})
  expect(await backend.getPasskeys()).toMatchObject([{ lastUsedAt: createdAt }])

  await backend.deletePasskey({ passkeyId: 'passkey-1', ...(await proof(backend, UNLINK_SCOPE)) })
  expect(await backend.getPasskeys()).toEqual([])
})

it('takes a second passkey with an elevation alone, which it consumes', async () => {
  const backend = withPasskeys()
  await backend.registerPasskey()
  await expect(backend.registerPasskey()).rejects.toMatchObject({ code: 'elevation_required' })
  const linked = await proof(backend, LINK_SCOPE)
  await backend.registerPasskey(linked)
  await expect(backend.registerPasskey(linked)).rejects.toMatchObject({ code: 'elevation_required' })
  expect(await backend.getPasskeys()).toHaveLength(2)
})

it('adds a passkey of a user with an app by an elevation alone', async () => {
  const backend = withPasskeys()
  const { secret } = await backend.registerTotpMfaDevice()
  await backend.authenticateTotpMfaDevice({ code: authenticator(secret).code() })
  await expect(backend.registerPasskey()).rejects.toMatchObject({ code: 'elevation_required' })
})

it('removes a passkey with an elevation alone', async () => {
  const backend = withPasskeys()
  await backend.registerPasskey()
  await expect(backend.deletePasskey({ passkeyId: 'passkey-1' })).rejects.toMatchObject({
    code: 'elevation_required',
  })
  expect(await backend.getPasskeys()).toHaveLength(1)
})

it('what a passkey won removes the app', async () => {
  const backend = withPasskeys()
  await backend.registerPasskey()
  const { secret } = await backend.registerTotpMfaDevice()
  await backend.authenticateTotpMfaDevice({ code: authenticator(secret).code() })
  const [device] = await backend.getMfaDevices()
  await backend.deleteMfaDevice({ deviceId: device?.id ?? '', ...(await proof(backend, UNLINK_SCOPE)) })
  expect(await backend.getMfaDevices()).toEqual([])
})

it('a passkey beyond the limit is refused', async () => {
  const backend = withPasskeys({ passkeys: { limit: 1 } })
  await backend.registerPasskey()
  const linked = await proof(backend, LINK_SCOPE)
  await expect(backend.registerPasskey(linked)).rejects.toMatchObject({ code: 'passkey_limit' })
})

it('refuses a scope that the service does not allow', async () => {
  const backend = withPasskeys()
  await backend.registerPasskey()
  await expect(backend.authenticatePasskeyMFA({ requestedScopes: ['no:such'] })).rejects.toMatchObject({
    code: 'scope_not_allowed',
  })
})

it.each(['cancelled', 'invalid_passkey', 'passkey_unsupported'] as const)(
  'a ceremony that ends with %s changes nothing',
  async (code) => {
    const ceremony = vi.fn(async () => {})
    const backend = withPasskeys({ passkeys: { ceremony } })
    await backend.registerPasskey()
    ceremony.mockRejectedValue(new TotpFlowError(code))
    await expect(backend.authenticatePasskeyMFA({})).rejects.toMatchObject({ code })
    await expect(backend.registerPasskey()).rejects.toMatchObject({ code })
    expect(await backend.getPasskeys()).toEqual([
      expect.not.objectContaining({ lastUsedAt: expect.anything() }),
    ])
  },
)

it('an aborted call ends a ceremony that is open', async () => {
  const backend = withPasskeys({ passkeys: { ceremony: () => new Promise(() => {}) } })
  const caller = new AbortController()
  const adding = backend.registerPasskey({}, { signal: caller.signal })
  caller.abort()
  await expect(adding).rejects.toMatchObject({ code: 'aborted' })
  expect(await backend.getPasskeys()).toEqual([])
})

it('names no passkey that is not there', async () => {
  const backend = withPasskeys()
  await expect(backend.authenticatePasskeyMFA({})).rejects.toMatchObject({ code: 'invalid_passkey' })
  await expect(backend.renamePasskey({ passkeyId: 'gone', alias: 'One' })).rejects.toMatchObject({
    code: 'not_found',
  })
})
