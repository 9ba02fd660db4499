import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import { served } from '../../../src/server/api/served.ts'
import { newMasterKey } from '../../../src/server/crypto/secrets.ts'
import { openApi } from '../../../src/server/http/openapi.ts'
import { createTotpServer, memoryStore } from '../../../src/server/index.ts'
import { checkExchange } from '../../support/openapi.ts'

it('the description is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(openApi({ basePath: '/api/v0' }))
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
})

it('docs/openapi.json is what the server serves (if not: npm run docs)', async () => {
  const masterKey = newMasterKey()
  const server = createTotpServer({ store: memoryStore(), issuer: 'Test', masterKey, identity: () => null })
  const response = await server.fetch(new Request('http://test.local/api/v0/openapi.json'))
  expect(response.status).toBe(200)
  const served = JSON.stringify(await response.json(), null, 2)
  await expect(`${served}\n`).toMatchFileSnapshot('../../../docs/openapi.json')
})

it('the description has every route of the contract, once', () => {
  const { paths } = openApi({ basePath: '' }) as {
    paths: Record<string, Record<string, { operationId: string }>>
  }
  const ids = Object.values(paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  )
  const published = ['getJwks', 'getHealth', 'getReadiness']
  expect(ids.toSorted()).toEqual([...Object.keys(served), ...published].toSorted())
})

it('the description offers the MFA token only where it is accepted, and says what the server checks and sends', () => {
  // biome-ignore lint/suspicious/noExplicitAny: read field by field
  const { paths, components } = openApi({ basePath: '' }) as any
  const offers = (Object.values(paths) as object[]).flatMap((path) =>
    Object.values(path)
      .filter(({ parameters = [] }) => parameters.some(({ name }: { name: string }) => /mfa-auth/.test(name)))
      .map(({ operationId }) => operationId),
  )
  expect(offers.toSorted()).toEqual(['createNewMfaRecoveryCodes', 'deleteMfaDevice', 'deletePasskey'])
  const verify = paths['/sdk/{environmentId}/users/mfa/auth/totp'].post.requestBody.content
  expect(verify['application/json'].schema.properties.requestedScopes.uniqueItems).toBe(true)
  expect(Object.keys(components.responses.Error.headers)).toEqual([
    'Allow',
    'Retry-After',
    'WWW-Authenticate',
  ])
})

it('the public routes answer as the description says', async () => {
  const masterKey = newMasterKey()
  const server = createTotpServer({ store: memoryStore(), issuer: 'Test', masterKey, identity: () => null })
  for (const route of ['/.well-known/jwks.json', '/healthz', '/readyz']) {
    const response = await server.fetch(new Request(`http://test.local${route}`))
    const body = await response.json()
    checkExchange({ method: 'GET', route, sent: undefined, status: response.status, body })
  }
})
