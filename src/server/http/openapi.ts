import { errorCodes } from '../../contract/errors.ts'
import { nothing } from '../../contract/shape.ts'
import { wireCodes } from '../../contract/wire/error-body.ts'
import { ELEVATED_TOKEN_HEADER, MFA_TOKEN_HEADER, type Route } from '../../contract/wire/routes.ts'
import { bodies, takesBody } from '../api/bodies.ts'
import { type ServedName, served, servedNames } from '../api/served.ts'
import * as z from '../vendored/zod.ts'

interface Documented {
  summary: string
  /** The token header that it reads, in addition to the one for its `proof`. */
  reads?: string
  /** Its query parameter: names separated by spaces. */
  query?: string
}

/**
 * What only the document says about a route. Kept out of `routes`, since that table is in every page's bundle. The type
 * ensures that no route is left out.
 */
const documented: Record<ServedName, Documented> = {
  getSettings: { summary: 'The project settings that Dynamic’s SDK starts with' },
  getNonces: { summary: 'Random values for Dynamic’s SDK' },
  signInWithExternalJwt: { summary: 'Exchange the host’s own credential for a session' },
  refreshAuth: { summary: 'A new token for the session' },
  revokeSession: { summary: 'End the session, and every session token of it' },
  getUser: { summary: 'Who is signed in' },
  acknowledgeRecoveryCodes: { summary: 'Confirm that the recovery codes are saved' },
  getMfaDevices: { summary: 'The user’s authenticator, pending or verified' },
  getMfaMethods: { summary: 'What the user can verify with' },
  registerTotpMfaDevice: { summary: 'Start an enrollment; replaces a pending one' },
  authenticateTotpMfaDevice: {
    summary: 'Verify a code; completes a pending enrollment, and grants the requested scopes',
  },
  authenticateMfaRecoveryCode: { summary: 'Verify a recovery code and consume it' },
  getMfaRecoveryCodes: { summary: 'The number of recovery codes left' },
  createNewMfaRecoveryCodes: {
    summary: 'Create ten new recovery codes and invalidate the old ones; requires a fresh proof',
    reads: MFA_TOKEN_HEADER,
  },
  setDefaultMfaDevice: { summary: 'Make a device the default; the only one already is' },
  deleteMfaDevice: { summary: 'Remove the authenticator; requires a fresh proof', reads: MFA_TOKEN_HEADER },
  checkStepUpAuth: { summary: 'Whether a scope still requires a step-up', reads: ELEVATED_TOKEN_HEADER },
  getUserPasskeys: { summary: 'The user’s passkeys' },
  updatePasskey: { summary: 'Rename a passkey' },
  deletePasskey: { summary: 'Remove a passkey; requires a fresh proof', reads: MFA_TOKEN_HEADER },
  getPasskeyRegistrationOptions: { summary: 'The options with which a browser creates a passkey' },
  registerPasskey: {
    summary: 'Add the passkey that a browser created; with another factor, requires a fresh proof',
  },
  getPasskeyAuthenticationOptions: {
    summary: 'The options with which a browser uses a passkey',
    query: 'requestedScopes',
  },
  authenticateMfaPasskeyDevice: { summary: 'Verify a passkey, and grant the requested scopes' },
}

type Json = { [key: string]: unknown }

/** OpenAPI 3.1 of the API, made from the schemas that the server parses with. */
export function openApi({ basePath }: { basePath: string }): Json {
  const paths: Record<string, Json> = {}
  for (const name of servedNames) {
    const { method, path } = served[name]
    const at = `/sdk/{environmentId}${path.replace(':deviceId', '{deviceId}')}`
    paths[at] = { ...paths[at], [method.toLowerCase()]: operation(name) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'totp-flow', version: '0', license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: basePath }],
    paths: { ...paths, ...publications },
    components: {
      securitySchemes: { session: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: { Error: errorSchema },
      responses: {
        Error: {
          description: 'What went wrong',
          headers: {
            Allow: responseHeader('The methods of the path, with every 405 (RFC 9110)', { type: 'string' }),
            'Retry-After': responseHeader(
              'Seconds to wait: with a 429 that ends by itself, the wrong code that starts a wait, a 401 from a throttled address, and a 503 while the store is unavailable',
              {
                type: 'integer',
                minimum: 1,
              },
            ),
            'WWW-Authenticate': responseHeader('With every 401 and challenge (RFC 6750, RFC 9470)', {
              type: 'string',
            }),
          },
          content: jsonOf({ $ref: '#/components/schemas/Error' }),
        },
      },
    },
  }
}

function operation(name: ServedName): Json {
  const { path, auth, reply, proof }: Route = served[name]
  const { summary, reads, query } = documented[name]
  const answered =
    reply === nothing
      ? { 204: { description: 'Done' } }
      : { 200: { description: 'Done', content: jsonOf(reply.schema) } }
  return {
    operationId: name,
    summary,
    security: auth === 'session' ? [{ session: [] }] : [],
    parameters: [
      inPath('environmentId'),
      ...(path.includes(':deviceId') ? [inPath('deviceId')] : []),
      ...(proof ? [header(ELEVATED_TOKEN_HEADER)] : []),
      ...(reads ? [header(reads)] : []),
      ...(query ? [inQuery(query)] : []),
    ],
    ...(takesBody(name) && {
      requestBody: { required: true, content: jsonOf(schemaOf(bodies[name])) },
    }),
    responses: { ...answered, default: { $ref: '#/components/responses/Error' } },
  }
}

const jsonOf = (schema: unknown) => ({ 'application/json': { schema } })
const responseHeader = (description: string, schema: Json) => ({ description, required: false, schema })
const inPath = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } })
const inQuery = (name: string) => ({ name, in: 'query', required: false, schema: { type: 'string' } })
const header = (name: string) => ({ name, in: 'header', required: false, schema: { type: 'string' } })

function schemaOf(shape: z.ZodMiniType): Json {
  const { $schema, ...schema } = z.toJSONSchema(shape, {
    io: 'input',
    override: ({ jsonSchema, path }) => {
      if (path.at(-1) === 'requestedScopes') jsonSchema.uniqueItems = true // a refinement, which zod does not export
    },
  })
  return schema
}

/** A public route, below the origin and not below the API's server URL. */
const publication = (operationId: string, summary: string, schema: Json): Json => ({
  get: {
    servers: [{ url: '/' }],
    operationId,
    summary,
    security: [],
    responses: {
      200: { description: 'Done', content: jsonOf(schema) },
      default: { $ref: '#/components/responses/Error' },
    },
  },
})
const statusSchema = (status: string): Json => ({
  type: 'object',
  required: ['status'],
  properties: { status: { const: status } },
  additionalProperties: false,
})
const publications: Record<string, Json> = {
  '/.well-known/jwks.json': publication('getJwks', 'The public keys that tokens verify with (RFC 7517)', {
    type: 'object',
    required: ['keys'],
    properties: {
      keys: {
        type: 'array',
        items: {
          type: 'object',
          required: ['kty', 'kid', 'alg', 'use'],
          properties: { d: false },
        },
      },
    },
  }),
  '/healthz': publication('getHealth', 'Whether the process answers', statusSchema('ok')),
  '/readyz': publication(
    'getReadiness',
    'Whether the store accepts writes and the keys are loaded',
    statusSchema('ready'),
  ),
}

const errorSchema = {
  type: 'object',
  required: ['error', 'code'],
  properties: {
    error: { type: 'string', description: 'A sentence for people' },
    code: { enum: [...new Set([...errorCodes, ...Object.values(wireCodes)])] },
    reason: { enum: errorCodes, description: 'More specific than `code` if that is one of Dynamic’s codes' },
    scope: { type: 'string', description: 'The scope that requires a fresh proof' },
    max_age: {
      type: 'integer',
      description: 'The maximum age of the last verification, in seconds, if one is required',
    },
    payload: {
      type: 'object',
      description: '`reason`, and `Retry-After` in seconds, in the field that Dynamic’s SDK passes on',
      properties: { reason: { enum: errorCodes }, retryAfter: { type: 'integer', minimum: 1 } },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
}
