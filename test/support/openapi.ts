import { Ajv2020 } from 'ajv/dist/2020.js'
import { openApi } from '../../src/server/http/openapi.ts'

const document = openApi({ basePath: '/api/v0' }) as {
  paths: Record<string, Record<string, { requestBody?: unknown; responses: Record<string, unknown> }>>
}
const ajv = new Ajv2020({ strict: false, validateSchema: false })
ajv.addSchema(document, 'openapi')

const templates = Object.keys(document.paths).map((path) => ({
  path,
  pattern: new RegExp(
    `^${path.replace('/sdk/{environmentId}', '').replace('{deviceId}', '[A-Za-z0-9_-]{1,64}')}$`,
  ),
}))

interface Exchange {
  method: string
  route: string
  sent: unknown
  status: number
  body: unknown
}

/**
 * Throws when an answer is not what the OpenAPI document says about its address, or when it accepted a request that the
 * document does not allow.
 */
export function checkExchange({ method, route, sent, status, body }: Exchange): void {
  const where = `${method} ${route} ${status}`
  if (status >= 400) {
    check(where, 'openapi#/components/schemas/Error', body)
    return
  }
  const path = pathOf(method, route.split('?')[0] ?? '') ?? ''
  const operation = document.paths[path]?.[method.toLowerCase()]
  if (!operation?.responses[status]) throw new Error(`${where} is not in openapi.json`)
  const pointer = `openapi#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}`
  if (operation.requestBody) check(where, `${pointer}/requestBody/content/application~1json/schema`, sent)
  if (status === 204 && body !== undefined) throw new Error(`${where} has a body`)
  if (status !== 204) check(where, `${pointer}/responses/${status}/content/application~1json/schema`, body)
}

/** Fixed paths go before those with an id in them. */
const pathOf = (method: string, route: string): string | undefined =>
  templates
    .filter(({ pattern }) => pattern.test(route))
    .map(({ path }) => path)
    .sort((a, b) => Number(a.includes('{deviceId}')) - Number(b.includes('{deviceId}')))
    .find((path) => document.paths[path]?.[method.toLowerCase()])

function check(where: string, pointer: string, value: unknown): void {
  const validate = ajv.getSchema(encodeURI(pointer))
  if (!validate) throw new Error(`openapi.json has no schema at ${pointer}`)
  if (!validate(value)) throw new Error(`${where}: ${ajv.errorsText(validate.errors)}`)
}
