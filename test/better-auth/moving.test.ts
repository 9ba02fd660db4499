import { expect, it } from 'vitest'
import { createTotpServer, memoryStore } from '../../src/server/index.ts'
import { authenticator } from '../../src/testing/authenticator.ts'
import { masterKeyOf } from '../support/world.ts'
import { ANN, browserAt, startAuthServer } from './server.ts'

it('docs/moving.md brings users of better-auth over, with the codes of their app and their backup codes', async () => {
  const { usersOf } = await import('example:docs/moving.md/1')
  const server = await startAuthServer()
  try {
    const { client } = browserAt(server.origin)
    await client.signUp.email(ANN)
    const { data } = await client.twoFactor.enable({ password: ANN.password })
    if (data?.method !== 'totp') throw new Error('no TOTP')
    const app = authenticator(data.totpURI)
    expect((await client.twoFactor.verifyTotp({ code: app.code() })).error).toBeNull()
    const store = memoryStore()
    const totp = createTotpServer({ store, masterKey: masterKeyOf(1), issuer: 'Acme', identity: () => null })
    const summary = await totp.importUsers(usersOf(server.auth))
    expect(summary).toMatchObject({ imported: 1, pending: 0, refused: 0, withRecoveryCodes: 1 })
    const [moved] = await store.users({ after: '', limit: 1 })
    const backend = totp.backendFor({ userId: moved?.userId ?? '', account: ANN.email })
    await backend.authenticateTotpMfaDevice({ code: app.code() })
    for (const code of data.backupCodes) await backend.authenticateMfaRecoveryCode?.({ code })
    expect(await backend.getMfaRecoveryCodes?.({})).toMatchObject({ count: 0 })
  } finally {
    server.close()
  }
})
