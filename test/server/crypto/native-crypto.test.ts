import crypto from 'node:crypto'
import { exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'

afterEach(() => {
  vi.resetModules()
})

/** The modules as a runtime loads them whose `process` is this one. */
async function loadedWith(ownProcess: unknown) {
  vi.stubGlobal('process', ownProcess)
  const { nativeCrypto } = await import('../../../src/server/crypto/native-crypto.ts')
  const native = nativeCrypto()
  vi.unstubAllGlobals()
  return native
}

const lacking = (...names: (keyof typeof crypto)[]) => ({
  getBuiltinModule: () => ({ ...crypto, ...Object.fromEntries(names.map((name) => [name, undefined])) }),
})
const decryptsByBytesAlone = {
  getBuiltinModule: () => ({
    ...crypto,
    createDecipheriv(...given: Parameters<typeof crypto.createDecipheriv>) {
      if (given[1] instanceof crypto.KeyObject) throw new TypeError('Invalid key')
      return crypto.createDecipheriv(...given)
    },
  }),
}
const signsInDer = {
  getBuiltinModule: () => ({
    ...crypto,
    sign: (algorithm: string | null, data: Buffer, key: unknown) =>
      crypto.sign(algorithm, data, key instanceof crypto.KeyObject ? key : Object(key).key),
  }),
}

it.each([
  ['there is no process', undefined],
  ['the process gives out no modules', {}],
  ['decryption takes no KeyObject, as in Deno before 2.7', decryptsByBytesAlone],
  ['signatures come in another encoding', signsInDer],
  ['there is no hash of one call', lacking('hash')],
  ['there are no keys', lacking('createPrivateKey', 'createSecretKey')],
])('Node’s cryptography is not used where %s', async (_, ownProcess) => {
  expect(await loadedWith(ownProcess)).toBeUndefined()
})

describe.each([
  ['Node’s own cryptography', process],
  ['Web Crypto alone, as in a page', undefined],
  ['Web Crypto where Node’s works in part', decryptsByBytesAlone],
])('by %s', (_, ownProcess) => {
  const isNative = ownProcess === process
  it.each(['EdDSA', 'ES256'])('a token signed with %s verifies elsewhere', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = { ...(await exportJWK(privateKey)), alg }
    expect((await loadedWith(ownProcess)) !== undefined).toBe(isNative)
    const { jwtSigner } = await import('../../../src/server/tokens/sign-jwt.ts')
    const sign = await jwtSigner(jwk)
    const claims = { sub: 'ünï', exp: Math.floor(Date.now() / 1000) + 60 }
    const { payload, protectedHeader } = await jwtVerify(
      await sign({ typ: 'session+jwt', kid: 'k' }, claims),
      publicKey,
    )
    expect(payload).toEqual(claims)
    expect(protectedHeader).toEqual({ alg, typ: 'session+jwt', kid: 'k' })
  })

  it('a verified token is recognized by its digest, where digests are available', async () => {
    await loadedWith(ownProcess)
    const { createVerifiedTokens } = await import('../../../src/server/tokens/verified-tokens.ts')
    const { publicKey: key } = await generateKeyPair('EdDSA')
    const { find, keep } = createVerifiedTokens()
    const token = { header: { alg: 'EdDSA' }, payload: { sub: 'ann' }, key }
    keep('a.b.c', token)
    expect(find('a.b.c')).toBe(isNative ? token : undefined)
    expect(find('a.b.d')).toBeUndefined()
  })

  it('a sealed value opens in its own place, and nowhere else', async () => {
    await loadedWith(ownProcess)
    const { createSecrets, doesNotOpen, newMasterKey } = await import('../../../src/server/crypto/secrets.ts')
    const secrets = createSecrets(newMasterKey())
    const sealed = await secrets.seal('JBSWY3DP', 'ann')
    expect(await secrets.open(sealed, 'ann')).toBe('JBSWY3DP')
    const [keyId, iv, text = ''] = sealed.split('.')
    const changed = [keyId, iv, (text.startsWith('A') ? 'B' : 'A') + text.slice(1)].join('.')
    for (const [value, bound] of [
      [sealed, 'bob'],
      [changed, 'ann'],
      [sealed.slice(0, -8), 'ann'],
      [sealed.slice(0, 30), 'ann'],
    ] as const) {
      const error = await secrets.open(value, bound).catch((thrown: unknown) => thrown)
      expect([value, doesNotOpen(error)]).toEqual([value, true])
    }
  })
})
