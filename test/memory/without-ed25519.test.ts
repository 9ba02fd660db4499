import { createTotpFlow } from 'totp-flow'
import { memoryBackend } from 'totp-flow/memory'
import { createTotpServer, memoryStore } from 'totp-flow/server'
import { authenticator } from 'totp-flow/testing'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { newMasterKey } from '../../src/server/crypto/secrets.ts'

/** As in Chrome before 137, Firefox before 129 and Safari before 17. */
beforeEach(() => {
  const subtle = new Proxy(crypto.subtle, {
    get: (target, name) => {
      const method = Reflect.get(target, name)
      return (...given: unknown[]) => {
        if (JSON.stringify(given).includes('Ed25519'))
          throw new DOMException('Unrecognized name.', 'NotSupportedError')
        return method.apply(target, given)
      }
    },
  })
  vi.stubGlobal('crypto', {
    subtle,
    randomUUID: crypto.randomUUID.bind(crypto),
    getRandomValues: crypto.getRandomValues.bind(crypto),
  })
  return () => vi.unstubAllGlobals()
})

it('the service in the page enrolls, steps up and removes where Web Crypto has no Ed25519', async () => {
  const flow = createTotpFlow({ backend: memoryBackend() })
  onTestFinished(() => flow.stop())
  const ready = await flow.waitFor(({ busy }) => !busy)
  expect(ready.error).toBeNull()
  flow.register()
  const { registration } = await flow.waitFor(({ state }) => state === 'awaitingCode')
  const app = authenticator(registration?.unseal().uri ?? '')
  flow.submitCode(app.code())
  await flow.waitFor(({ state }) => state === 'elevated')
  flow.stepUp(['wallet:export'])
  await flow.waitFor(({ state }) => state === 'awaitingCode')
  flow.submitCode(app.code(1))
  const { error } = await flow.waitFor(({ state, error }) => state === 'elevated' || error !== null)
  expect(error).toBeNull()
  expect(flow.takeElevatedToken('wallet:export')?.split('.')).toHaveLength(3)
})

it('a server that cannot make its keys says which other algorithm to choose', async () => {
  const given = { store: memoryStore(), issuer: 'Test', masterKey: newMasterKey(), identity: () => null }
  await expect(createTotpServer(given).ready()).rejects.toThrow(
    "This runtime cannot make keys for EdDSA. Set `algorithm` to 'ES256'.",
  )
  await expect(createTotpServer({ ...given, algorithm: 'ES256' }).ready()).resolves.toBeUndefined()
})
