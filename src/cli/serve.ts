import { isIP } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { acrOption, isAcr } from '../contract/challenge.ts'
import { countEvents } from '../server/audit/metrics.ts'
import { DEFAULT_ADDRESS_LIMIT } from '../server/http/address-limit.ts'
import { developmentIdentity } from '../server/identity/development-identity.ts'
import type { AuditEvent, Identity, TotpServerOptions } from '../server/index.ts'
import { DEFAULT_LIMITS } from '../server/node/connection-limits.ts'
import {
  developmentOnly,
  developmentProblem,
  isOwnMachine,
  jwksIdentity,
  listen,
} from '../server/node/index.ts'
import { isBasePath, isIssuer, isMoment, isOrigin } from '../server/options.ts'
import { placeOfPostgres } from '../server/store/postgres-url.ts'
import {
  command,
  given,
  isOn,
  listOf,
  numberOf,
  type Options,
  textOf,
  UsageError,
  type Values,
} from './command.ts'
import {
  createServer,
  type Data,
  dataOptions,
  namedDatabaseOf,
  openData,
  readyOrSay,
  say,
  serverOptions,
} from './common.ts'
import { errorLog, eventLog, logOptions } from './event-log.ts'
import { passkeyOptions, passkeySettings, passkeysOf } from './passkeys-of.ts'
import { scopesOf } from './scopes.ts'

const options = {
  port: { type: 'string', env: 'PORT', value: 'number', about: '4380 by default; 0 picks a free port' },
  host: { type: 'string', env: 'HOST', value: 'address', about: 'where to listen; 127.0.0.1 by default' },
  ...dataOptions,
  'base-path': {
    type: 'string',
    env: 'TOTP_FLOW_BASE_PATH',
    value: 'path',
    about: 'the path before /sdk/{environment}; /api/v0 by default, and "" for none',
  },
  'token-issuer': {
    type: 'string',
    env: 'TOTP_FLOW_TOKEN_ISSUER',
    value: 'iss',
    about:
      'the iss of tokens; the issuer by default. Keep it when you rename the product, or every session ends',
  },
  'identity-jwks': {
    type: 'string',
    env: 'TOTP_FLOW_IDENTITY_JWKS',
    value: 'url',
    about: "your identity provider's keys; its JWTs sign users in",
  },
  'identity-issuer': {
    type: 'string',
    env: 'TOTP_FLOW_IDENTITY_ISSUER',
    value: 'iss',
    about: 'the iss of those JWTs',
  },
  'identity-audience': {
    type: 'string',
    env: 'TOTP_FLOW_IDENTITY_AUDIENCE',
    value: 'aud',
    about: 'the aud of those JWTs',
  },
  'development-identity': {
    type: 'boolean',
    env: 'TOTP_FLOW_DEVELOPMENT_IDENTITY',
    about: 'instead of an identity provider: anyone on this machine signs in under any name',
  },
  'cors-origin': {
    type: 'string',
    multiple: true,
    env: 'TOTP_FLOW_CORS_ORIGINS',
    value: 'origin',
    about: 'an origin whose pages may call the server; can be repeated; none by default',
  },
  'mfa-required': {
    type: 'boolean',
    env: 'TOTP_FLOW_MFA_REQUIRED',
    about: 'every session owes a second factor until it has verified one',
  },
  'mfa-if-enrolled': {
    type: 'boolean',
    env: 'TOTP_FLOW_MFA_IF_ENROLLED',
    about: 'the same, but only for users who have an app or a passkey; nobody has to set one up',
  },
  'mfa-grace-until': {
    type: 'string',
    env: 'TOTP_FLOW_MFA_GRACE_UNTIL',
    value: 'time',
    about:
      'with --mfa-required: until this time, such as 2027-01-31T00:00:00Z, users without an app owe none',
  },
  'mfa-max-age': {
    type: 'string',
    env: 'TOTP_FLOW_MFA_MAX_AGE',
    value: 'seconds',
    about: 'how long a verification counts in its session; 86400 (a day) by default',
  },
  'mfa-idle-timeout': {
    type: 'string',
    env: 'TOTP_FLOW_MFA_IDLE_TIMEOUT',
    value: 'seconds',
    about:
      'how long a session may go without a new token before it owes a factor again; 43200 (12 hours) by default',
  },
  acr: {
    type: 'string',
    env: 'TOTP_FLOW_ACR',
    value: 'name',
    about:
      'the acr claim of tokens once a factor was verified, such as https://refeds.org/profile/mfa; none by default',
  },
  'end-sessions-on-removal': {
    type: 'boolean',
    env: 'TOTP_FLOW_END_SESSIONS_ON_REMOVAL',
    about: 'removing an authenticator ends all other sessions of the user',
  },
  'recent-sign-in': {
    type: 'boolean',
    env: 'TOTP_FLOW_RECENT_SIGN_IN',
    about: 'registering requires a sign-in in the last five minutes',
  },
  'elevation-only': {
    type: 'boolean',
    env: 'TOTP_FLOW_ELEVATION_ONLY',
    about: 'removal requires an elevation; a deprecated MFA token is rejected',
  },
  'link-required': {
    type: 'boolean',
    env: 'TOTP_FLOW_LINK_REQUIRED',
    about: 'registering requires an elevation for credential:link, which your code mints with mintElevation',
  },
  scope: {
    type: 'string',
    multiple: true,
    env: 'TOTP_FLOW_SCOPES',
    value: 'name=rule',
    about:
      'adds a scope to those of Dynamic, or changes the rule of one: once, often or off, and its seconds, as in wallet:sign=often/120',
  },
  ...passkeyOptions,
  'trust-proxy': {
    type: 'string',
    multiple: true,
    env: 'TOTP_FLOW_TRUST_PROXY',
    value: 'address',
    about: 'a proxy whose X-Forwarded-For is trusted; loopback for any on this machine',
  },
  'address-limit': {
    type: 'string',
    env: 'TOTP_FLOW_ADDRESS_LIMIT',
    value: 'number',
    about:
      'how many rejected calls (forged sign-ins, bad credentials) one address may make in a minute; 120 by default',
  },
  'max-connections': {
    type: 'string',
    env: 'TOTP_FLOW_MAX_CONNECTIONS',
    value: 'number',
    about: 'how many connections may be open; further ones are closed at once; 2000 by default',
  },
  'keep-alive-seconds': {
    type: 'string',
    env: 'TOTP_FLOW_KEEP_ALIVE_SECONDS',
    value: 'number',
    about:
      'how long an open connection waits for the next request; 75 by default. Use more than the proxy in front does',
  },
  'drain-seconds': {
    type: 'string',
    env: 'TOTP_FLOW_DRAIN_SECONDS',
    value: 'number',
    about:
      'how long to keep answering after SIGTERM, with /readyz at 503, until the load balancer stops sending; 0 by default',
  },
  'database-connections': {
    type: 'string',
    env: 'TOTP_FLOW_DATABASE_CONNECTIONS',
    value: 'number',
    about: 'how many connections to PostgreSQL this node keeps at most; 10 by default',
  },
  'statement-timeout': {
    type: 'string',
    env: 'TOTP_FLOW_STATEMENT_TIMEOUT',
    value: 'milliseconds',
    about: 'how long PostgreSQL may take for one statement, at most half of it for a lock; 5000 by default',
  },
  'connect-timeout': {
    type: 'string',
    env: 'TOTP_FLOW_CONNECT_TIMEOUT',
    value: 'milliseconds',
    about: 'how long a call waits for a connection to PostgreSQL; 5000 by default',
  },
  'shutdown-seconds': {
    type: 'string',
    env: 'TOTP_FLOW_SHUTDOWN_SECONDS',
    value: 'number',
    about: 'how long requests in progress may take after the drain; 10 by default',
  },
  ...logOptions,
} as const satisfies Options

type Fetch = (request: Request) => Promise<Response>

const DAY = 86_400
const MONTH = 30 * DAY

export const serve = command({
  name: 'serve',
  summary: 'run the server over HTTP',
  options,
  more: 'It needs --identity-jwks, --identity-issuer and --identity-audience, or --development-identity. The rest has defaults: the server\nstarts on http://127.0.0.1:4380 with a SQLite file in ./data, and prints what it chose.\nOn SIGTERM or SIGINT it finishes the requests in progress; a second signal ends it at once.',
  run,
})

async function run(values: Values): Promise<number> {
  const port = numberOf(options, values, 'port', 4380, 65_535)
  const hostname = textOf(options, values, 'host') || '127.0.0.1'
  const seconds = numberOf(options, values, 'shutdown-seconds', 10, 3600)
  const calls = numberOf(options, values, 'address-limit', DEFAULT_ADDRESS_LIMIT.calls, 1_000_000, 1)
  const drainSeconds = numberOf(options, values, 'drain-seconds', 0, 3600)
  const idleSeconds = numberOf(options, values, 'keep-alive-seconds', DEFAULT_LIMITS.idleMs / 1000, 3600, 1)
  const basePath = basePathOf(values)
  const tokenIssuer = tokenIssuerOf(values)
  const mfaRequired = mfaRequirementOf(values)
  const mfaMaxAge = numberOf(options, values, 'mfa-max-age', DAY, MONTH, 1)
  const mfaIdleTimeout = numberOf(options, values, 'mfa-idle-timeout', DAY / 2, MONTH, 1)
  const acr = acrOf(values)
  const connections = numberOf(options, values, 'max-connections', DEFAULT_LIMITS.connections, 1_000_000, 1)
  const corsOrigins = listOf(options, values, 'cors-origin').map(originOf)
  const trustProxy = proxiesOf(listOf(options, values, 'trust-proxy'))
  const scopes = scopesOf(listOf(options, values, 'scope'))
  const log = eventLog(values)
  const { environmentId, issuer } = serverOptions(values)
  const passkeySite = passkeySettings(values, issuer)
  const { identity, signIn } = await identityOf(values, { hostname, trustProxy })

  const isShared = !(await isOwnMachine(hostname))
  // On another machine or in another folder the default would be a new database, in which all users could enroll again.
  if ((isShared || trustProxy) && namedDatabaseOf(values) === undefined) {
    throw new UsageError(
      `${isShared ? `On ${hostname}` : 'Behind a proxy,'} other machines can reach this server, so name its database: --database (DATABASE_URL, DATABASE_URL_FILE), such as sqlite:/var/lib/totp-flow/totp-flow.db or postgres://user:password@host/database.`,
    )
  }
  if ((isShared || trustProxy) && textOf(dataOptions, values, 'issuer') === undefined) {
    say(
      'Authenticator apps will show the issuer totp-flow. Set --issuer (TOTP_FLOW_ISSUER) to your own name: an app may overwrite an entry that has the same issuer and account.',
    )
  }

  const postgres = {
    maxConnections: numberOf(options, values, 'database-connections', 10, 10_000, 1),
    statementTimeout: numberOf(options, values, 'statement-timeout', 5000, 3_600_000, 1),
    connectTimeout: numberOf(options, values, 'connect-timeout', 5000, 3_600_000, 1),
  }
  const count = await counter()
  const passkeys = passkeySite && (await passkeysOf(passkeySite))
  const data = await openData(values, say, {
    make: true,
    isShared: isShared || trustProxy !== undefined,
    postgres,
  })
  const server = createServer(values, data, {
    identity,
    basePath,
    ...(tokenIssuer !== undefined && { tokenIssuer }),
    corsOrigins,
    mfaRequired,
    mfaMaxAge,
    mfaIdleTimeout,
    ...(acr !== undefined && { acr }),
    ...(passkeys && { passkeys }),
    endSessionsOnRemoval: isOn(options, values, 'end-sessions-on-removal'),
    scopes,
    stepUp: {
      register: registerOf(values),
      delete: isOn(options, values, 'elevation-only') ? 'elevation' : 'elevation-or-mfa-token',
    },
    addressLimit: { ...DEFAULT_ADDRESS_LIMIT, calls },
    onEvent(event) {
      log(event)
      count(event)
    },
    onError: errorLog(values),
  })
  const fetch = signIn ? developmentOnly(withSignIn(signIn, server.fetch)) : server.fetch
  try {
    await readyOrSay(server)
    const { alone } = passkeySite ? { alone: 0 } : await data.store.countPasskeys()
    if (alone > 0) say(`${NOT_TAKEN} Users without an authenticator app: ${alone}.`)
    const listening = await listen({
      fetch,
      port,
      hostname,
      limits: { connections, idleMs: idleSeconds * 1000 },
      ...(trustProxy && { trustProxy }),
    })
    const stopped = stopSignal() // a supervisor may stop the server as soon as it reads the announcement
    say(`totp-flow: ${listening.url}${basePath}/sdk/${environmentId}`)
    say(`  data in ${placeOf(data.database)}, master key ${keyPlaceOf(data)}`)
    if (passkeySite) say(`  passkeys for ${passkeySite.rpId}, on pages of ${passkeySite.origins.join(', ')}`)
    say(
      signIn
        ? `  DEVELOPMENT identity: anyone on this machine signs in under any name (POST ${listening.url}/development/sign-in). Give --identity-jwks for real users.`
        : `  users sign in with JWTs of ${textOf(options, values, 'identity-issuer')}`,
    )
    await stopped
    if (drainSeconds > 0) {
      say(`totp-flow: /readyz answers 503; stopping in ${drainSeconds} s`)
      server.drain()
      listening.drain()
      await pause(drainSeconds * 1000)
    }
    say(`totp-flow: finishing requests in progress (${seconds} s at most)`)
    const isFinished = await within(seconds, listening.close())
    if (!isFinished) {
      say(`totp-flow: some requests did not finish within ${seconds} s`)
      listening.cut()
      await within(CUT_SECONDS, server.close())
      process.exit(1) // a hanging request or database call must not keep the process alive
    }
    return 0
  } finally {
    await server.close()
  }
}

async function identityOf(
  values: Values,
  reach: { hostname: string; trustProxy: 'loopback' | string[] | undefined },
): Promise<{ identity: Identity; signIn?: Fetch }> {
  const jwksUrl = textOf(options, values, 'identity-jwks')
  const issuer = textOf(options, values, 'identity-issuer')
  const audience = textOf(options, values, 'identity-audience')
  const isForDevelopment = isOn(options, values, 'development-identity')
  if (isForDevelopment && (jwksUrl || issuer || audience)) {
    throw new UsageError(
      '--development-identity lets anyone sign in, whatever --identity-jwks says. Give one of the two.',
    )
  }
  if (jwksUrl && issuer && audience && URL.canParse(jwksUrl)) {
    return { identity: jwksIdentity({ jwksUrl, issuer, audience }) }
  }
  if (jwksUrl || issuer || audience) {
    throw new UsageError(
      '--identity-jwks (a URL), --identity-issuer and --identity-audience belong together. Give all three.',
    )
  }
  if (!isForDevelopment) {
    throw new UsageError(
      'The server needs an identity provider: give --identity-jwks, --identity-issuer and --identity-audience; or, to try it on this machine, --development-identity.',
    )
  }
  const problem = await developmentProblem(reach)
  if (problem) throw new UsageError(`--development-identity: ${problem}`)
  return developmentIdentity()
}

const withSignIn =
  (signIn: Fetch, fetch: Fetch): Fetch =>
  (request) => {
    const isSignIn = request.method === 'POST' && new URL(request.url).pathname === '/development/sign-in'
    return isSignIn ? signIn(request) : fetch(request)
  }

function registerOf(values: Values): 'none' | 'recent-sign-in' | 'required' {
  const takesLink = isOn(options, values, 'link-required')
  const takesSignIn = isOn(options, values, 'recent-sign-in')
  if (takesLink && takesSignIn) {
    throw new UsageError('--link-required and --recent-sign-in do not go together. Give one of them.')
  }
  if (takesLink) return 'required'
  return takesSignIn ? 'recent-sign-in' : 'none'
}

function originOf(text: string): string {
  if (isOrigin(text)) return text
  throw new UsageError(`--cors-origin must look like https://app.example.com. Correct ${given(text)}.`)
}

function proxiesOf(addresses: string[]): 'loopback' | string[] | undefined {
  const [first] = addresses
  if (first === undefined) return undefined
  if (first === 'loopback' && addresses.length === 1) return 'loopback'
  for (const address of addresses) {
    if (address === 'loopback') {
      throw new UsageError(
        '--trust-proxy takes loopback only on its own. With other proxies, give the addresses 127.0.0.1 and ::1.',
      )
    }
    if (isIP(address) === 0) {
      throw new UsageError(`--trust-proxy takes loopback or IP addresses. Correct ${given(address)}.`)
    }
  }
  return addresses
}

/** Counts events in OpenTelemetry if its API is installed; without an SDK that the host has set up, the counts go nowhere. */
async function counter(): Promise<(event: AuditEvent) => void> {
  const api = await import('@opentelemetry/api').catch(() => null)
  return api ? countEvents(api.metrics.getMeter('totp-flow')) : () => {}
}

const NOT_TAKEN =
  'The database holds passkeys, but without --passkey-rp-id none is accepted: users who have nothing else need only the first factor, and may register an app.'

const placeOf = (database: string) => (database.startsWith('sqlite:') ? database : placeOfPostgres(database))

const keyPlaceOf = ({ masterKey: { file } }: Data) => {
  if (file) return `from ${file}`
  return process.env.TOTP_FLOW_MASTER_KEY ? 'from TOTP_FLOW_MASTER_KEY' : 'as long as the process'
}

/** How long closing may take after the connections are cut. */
const CUT_SECONDS = 1

/** Resolves at the first signal; a second one, of either kind, then ends the process by default. */
const stopSignal = () =>
  new Promise<void>((resolve) => {
    const signals = ['SIGINT', 'SIGTERM'] as const
    const stop = () => {
      for (const signal of signals) process.off(signal, stop)
      resolve()
    }
    for (const signal of signals) process.on(signal, stop)
  })

/** Resolves to whether `work` finished in time. */
async function within(seconds: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), seconds * 1000)
  })
  return Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer))
}

function basePathOf(values: Values): string {
  const path = textOf(options, values, 'base-path', '/api/v0')
  if (isBasePath(path)) return path
  throw new UsageError('--base-path takes a path such as /api/v0, with no slash at the end. Correct it.')
}

function tokenIssuerOf(values: Values): string | undefined {
  const name = textOf(options, values, 'token-issuer')
  if (name === undefined || isIssuer(name)) return name
  throw new UsageError('--token-issuer takes a name or a URL, without control characters. Correct it.')
}

function acrOf(values: Values): string | undefined {
  const acr = textOf(options, values, 'acr')
  if (acr === undefined || isAcr(acr)) return acr
  throw new UsageError(`--acr takes ${acrOption.takes}. Correct ${given(acr)}.`)
}

function mfaRequirementOf(values: Values): TotpServerOptions['mfaRequired'] {
  const isRequired = isOn(options, values, 'mfa-required')
  const ifEnrolled = isOn(options, values, 'mfa-if-enrolled')
  if (isRequired && ifEnrolled) throw new UsageError('Give --mfa-required or --mfa-if-enrolled, not both.')
  const graceUntil = textOf(options, values, 'mfa-grace-until')
  if (graceUntil === undefined) return ifEnrolled ? 'enrolled' : isRequired
  if (!isRequired) throw new UsageError('--mfa-grace-until needs --mfa-required. Give both.')
  if (isMoment(graceUntil)) return { graceUntil }
  throw new UsageError(
    '--mfa-grace-until takes a date, a time, and Z or an offset, such as 2027-01-31T00:00:00Z. Correct it.',
  )
}
