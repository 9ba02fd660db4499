import { exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

describe.each([
  ['Node’s own cryptography', process],
  ['Web Crypto alone, as in a page', undefined],
])('by %s', (_, ownProcess) => {
  it.each(['EdDSA', 'ES256'])('a token signed with %s verifies elsewhere', async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = { ...(await exportJWK(privateKey)), alg }
    vi.stubGlobal('process', ownProcess)
    vi.resetModules()
    const { jwtSigner } = await import('../../../src/server/tokens/sign-jwt.ts')
    const { nativeCrypto } = await import('../../../src/server/crypto/native-crypto.ts')
    vi.unstubAllGlobals()
    expect(nativeCrypto === undefined).toBe(ownProcess === undefined)
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
    vi.stubGlobal('process', ownProcess)
    vi.resetModules()
    const { createVerifiedTokens } = await import('../../../src/server/tokens/verified-tokens.ts')
    vi.unstubAllGlobals()
    const { publicKey: key } = await generateKeyPair('EdDSA')
    const { find, keep } = createVerifiedTokens()
    const token = { header: { alg: 'EdDSA' }, payload: { sub: 'ann' }, key }
    keep('a.b.c', token)
    expect(find('a.b.c')).toBe(ownProcess && token)
    expect(find('a.b.d')).toBeUndefined()
  })

  it('a sealed value opens in its own place, and nowhere else', async () => {
    vi.stubGlobal('process', ownProcess)
    vi.resetModules()
    const { createSecrets, doesNotOpen, newMasterKey } = await import('../../../src/server/crypto/secrets.ts')
    vi.unstubAllGlobals()
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
