import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, it } from 'vitest'
import { routes } from '../../src/contract/routes.ts'
import { createTotpServer, memoryStore } from '../../src/server/index.ts'
import { openApi } from '../../src/server/openapi.ts'

it('the description is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(openApi({ basePath: '/api/v0' }))
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined })
})

it('docs/openapi.json is what the server serves (if not: npm run docs)', async () => {
  const masterKey = Buffer.alloc(32).toString('base64')
  const server = createTotpServer({ store: memoryStore(), issuer: 'Test', masterKey, identity: () => null })
  const response = await server.fetch(new Request('http://test.local/api/v0/openapi.json'))
  expect(response.status).toBe(200)
  const served = JSON.stringify(await response.json(), null, 2)
  await expect(`${served}\n`).toMatchFileSnapshot('../../docs/openapi.json')
})

it('every route of the contract is in it, once', () => {
  const { paths } = openApi({ basePath: '' }) as {
    paths: Record<string, Record<string, { operationId: string }>>
  }
  const ids = Object.values(paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  )
  expect(ids.toSorted()).toEqual(Object.keys(routes).toSorted())
})
