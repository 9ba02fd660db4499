import { Ajv2020 } from 'ajv/dist/2020.js'
import { openApi } from '../../src/server/openapi.ts'

const document = openApi({ basePath: '/api/v0' }) as {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>
}
const ajv = new Ajv2020({ strict: false, validateSchema: false })
ajv.addSchema(document, 'openapi')

const templates = Object.keys(document.paths).map((path) => ({
  path,
  pattern: new RegExp(
    `^${path.replace('/sdk/{environmentId}', '').replace('{deviceId}', '[A-Za-z0-9_-]{1,64}')}$`,
  ),
}))

/** Throws when an answer is not what the OpenAPI document says about its address. Fixed paths go before `{deviceId}`. */
export function checkAnswer(
  method: string,
  route: string,
  { status, body }: { status: number; body: unknown },
): void {
  const path = templates
    .filter(({ pattern }) => pattern.test(route))
    .map(({ path }) => path)
    .sort((a, b) => Number(a.includes('{deviceId}')) - Number(b.includes('{deviceId}')))
    .find((candidate) => document.paths[candidate]?.[method.toLowerCase()])
  const responses = path === undefined ? undefined : document.paths[path]?.[method.toLowerCase()]?.responses
  const said = responses?.[status]
  if (status < 400 && !said)
    throw new Error(`${method} ${route} answered ${status}, which openapi.json does not know`)
  const pointer =
    status >= 400
      ? 'openapi#/components/schemas/Error'
      : `openapi#/paths/${String(path).replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`
  if (status === 204) {
    if (body !== undefined) throw new Error(`${method} ${route} answered 204 with a body`)
    return
  }
  const validate = ajv.getSchema(encodeURI(pointer))
  if (!validate) throw new Error(`openapi.json has no schema at ${pointer}`)
  if (!validate(body)) throw new Error(`${method} ${route} ${status}: ${ajv.errorsText(validate.errors)}`)
}
