/**
 * Which rows a request reaches, as PostgreSQL itself plans each statement: docs/scale.md claims that they are one user's, so
 * that users can be spread over many databases.
 */
import { basename, dirname } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest'
import { type ServedName, served, servedNames } from '../../../src/server/api/served.ts'
import { browserWith, passkeysOfTests } from '../../support/passkeys.ts'
import { databaseUrl } from '../../support/postgres.ts'
import { createWorld, stores, type World } from '../../support/world.ts'

/** The columns of each table, any of which leads to one user. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  totp_flow_devices: ['user_id'],
  totp_flow_passkeys: ['user_id'],
  totp_flow_session_rules: ['user_id'],
  totp_flow_mfa_tokens: ['user_id', 'hash'],
  totp_flow_recovery_codes: ['device_id'],
  totp_flow_spent_tokens: ['jti'],
  totp_flow_session_reserves: ['session_id'],
}

/** What every request reads, whoever sends it: the moment before which the sessions of all users ended. */
const OF_ALL_USERS = "totp_flow_session_rules.user_id = ''"

/** What a node does once a minute, on the way of whichever request comes then. */
const SWEEP = [
  'delete from "totp_flow_address_calls" where "window_end" <= $1',
  'delete from "totp_flow_mfa_tokens" where "expires_at" <= $1',
  'delete from "totp_flow_session_reserves" where "counts_until" <= $1',
  'delete from "totp_flow_session_rules" where "changed_at" <= $1',
  'delete from "totp_flow_spent_tokens" where "expires_at" <= $1',
]
const READ_KEYS = 'select * from "totp_flow_signing_keys" order by "generation" desc'

/** Statements that touch no table. */
const NO_ROWS = /^(?:begin|commit|rollback|select current_setting)/

const postgres = stores.find(([name]) => name === 'PostgreSQL')?.[1] ?? expect.unreachable()

interface Statement {
  text: string
  values: readonly unknown[]
}

let world: World
let planner: Client
let recorded: Statement[]

beforeEach(async () => {
  world = createWorld(postgres, {
    addressLimit: { calls: 3, windowSeconds: 60 },
    clientAddress: () => '192.0.2.1',
    passkeys: passkeysOfTests(),
  })
  recorded = []
  const query = Client.prototype.query
  vi.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...given: unknown[]) {
    const [statement] = given
    const { text, values } =
      typeof statement === 'object' ? (statement as Statement) : { text: statement, values: given[1] }
    if (typeof text === 'string' && this !== planner && !NO_ROWS.test(text))
      recorded.push({ text, values: Array.isArray(values) ? values : [] })
    return Reflect.apply(query, this, given)
  })
  await world.server.ready()
  planner = new Client({ connectionString: databaseUrl(inject('postgresUrl'), databaseOf(world)) })
  await planner.connect()
  // Tables of a few rows would be read from end to end.
  await planner.query('set enable_seqscan = off; set enable_bitmapscan = off')
  recorded = []
})
afterEach(async () => {
  vi.restoreAllMocks()
  await planner.end()
  await world.close()
})

/** As the world's store names it. */
const databaseOf = ({ path }: World) =>
  basename(dirname(path))
    .toLowerCase()
    .replaceAll('-', '_')
    .replace(/^totp_flow_/, 'world_')

interface Reach {
  table: string
  /** The keys that the statement names, as `table.column = 'value'`; none if it names no user. */
  keys: string[]
  text: string
}

/** What the recorded statements reach, by the plans of the database; forgets them. */
async function reaches(): Promise<Reach[]> {
  const statements = recorded
  recorded = []
  const found: Reach[] = []
  for (const statement of statements) found.push(...(await reachOf(statement)))
  return found
}

async function reachOf({ text, values }: Statement): Promise<Reach[]> {
  const inserted = /^insert into "(\w+)" \(([^)]*)\)/.exec(text)
  if (inserted) {
    const [, table = '', names = ''] = inserted
    const columns = names.split(', ').map((name) => name.replaceAll('"', ''))
    const rows = Array.from(
      { length: text.split('(').filter((part) => /^\$\d/.test(part)).length },
      (_, row) => row,
    )
    const keys = rows.flatMap((row) =>
      columns.flatMap((column, index) => keyOf(table, column, String(values[row * columns.length + index]))),
    )
    return [{ table, keys, text }]
  }
  const { rows } = await planner.query(`explain (format json, costs off) ${text}`, [...values])
  return scansIn(rows[0]['QUERY PLAN'][0].Plan).map(({ table, condition }) => ({
    table,
    keys: [...condition.matchAll(/\b(\w+)\)?(?:::text)? = '([^']*)'::text/g)].flatMap(
      ([, column = '', value = '']) => keyOf(table, column, value),
    ),
    text,
  }))
}

const keyOf = (table: string, column: string, value: string) =>
  KEYS[table]?.includes(column) ? [`${table}.${column} = '${value}'`] : []

interface Plan {
  'Node Type': string
  'Relation Name'?: string
  'Index Cond'?: string
  Filter?: string
  Plans?: Plan[]
}

function scansIn(plan: Plan): { table: string; condition: string }[] {
  const below = (plan.Plans ?? []).flatMap(scansIn)
  const table = plan['Relation Name']
  if (table === undefined || !plan['Node Type'].endsWith('Scan')) return below
  // What is no condition of an index would be looked for in all rows.
  const condition = plan['Index Cond'] ? `${plan['Index Cond']} ${plan.Filter ?? ''}` : ''
  return [{ table, condition }, ...below]
}

/** Every route, every guard and the host's own calls for one user, with right and wrong codes. Answers the routes that it called. */
async function liveThrough(user: string): Promise<Set<ServedName>> {
  const called = new Set<ServedName>()
  const call = async (
    name: ServedName,
    given: {
      status?: number
      body?: unknown
      headers?: Record<string, string>
      as?: string
      deviceId?: string
    } = {},
  ) => {
    called.add(name)
    const { status = 200, deviceId = '', ...rest } = given
    const answer = await world.call(
      served[name].method,
      served[name].path.replace(':deviceId', deviceId),
      rest,
    )
    expect(answer.status, `${name} ${JSON.stringify(answer.body)}`).toBe(status)
    return answer.body
  }
  const signIn = async () => {
    const { minifiedJwt } = await call('signInWithExternalJwt', { body: { jwt: `user:${user}` } })
    return { authorization: `Bearer ${minifiedJwt}` }
  }
  const guarded = (headers: Record<string, string>) => new Request('http://test.local/act', { headers })
  const elevated = (body: { elevatedAccessToken: string }) => ({
    'x-dyn-elevated-access-token': body.elevatedAccessToken,
  })
  const wrong = (secret: string) =>
    ['000000', '111111', '222222', '333333', '444444'].find(
      (code) => ![-1, 0, 1].some((steps) => world.codeOf(secret, steps) === code),
    ) ?? expect.unreachable()

  await call('getSettings')
  await call('getNonces')
  let session = await signIn()
  await call('registerTotpMfaDevice', { headers: session })
  const { id, secret } = await call('registerTotpMfaDevice', { headers: session })
  const verify = (body: Record<string, unknown>, status = 200, headers: Record<string, string> = session) =>
    call('authenticateTotpMfaDevice', { headers, body, status })
  const enrolled = await verify({ code: world.codeOf(secret) })
  session = { authorization: `Bearer ${enrolled.minifiedJwt}` }
  for (const name of [
    'getUser',
    'getMfaDevices',
    'getMfaMethods',
    'refreshAuth',
    'getMfaRecoveryCodes',
  ] as const)
    await call(name, { headers: session })
  await call('acknowledgeRecoveryCodes', {
    headers: session,
    body: { mfaBackupCodeAcknowledgement: 'complete' },
  })
  await call('setDefaultMfaDevice', { headers: session, deviceId: id })
  await call('checkStepUpAuth', { headers: session, body: { scope: 'wallet:export' } })

  // A step-up, and the guards that it passes.
  world.tick()
  const proof = elevated(await verify({ code: world.codeOf(secret), requestedScopes: ['wallet:export'] }))
  const { server } = world
  const look = await server.checkElevation(guarded({ ...session, ...proof }), 'wallet:export', {
    consume: false,
  })
  expect(look).toMatchObject({ userId: user })
  const passed = await server.checkElevation(guarded({ ...session, ...proof }), 'wallet:export')
  expect(passed).toMatchObject({ userId: user })
  expect(await server.checkRecentMfa(guarded(session), { maxAge: 60 })).toMatchObject({ userId: user })
  expect((await server.authenticate(guarded(session))).user.userId).toBe(user)

  // The same with the host's own credential, which names no session of this server.
  world.tick()
  const host = { authorization: `Bearer user:${user}` }
  const hostProof = elevated(
    await verify({ code: world.codeOf(secret), requestedScopes: ['wallet:export'] }, 200, host),
  )
  expect(await server.checkElevation(guarded({ ...host, ...hostProof }), 'wallet:export')).toMatchObject({
    userId: user,
  })

  // Wrong codes, until others' would be refused; the session in which a code was right has some left.
  world.tick()
  const elsewhere = await signIn()
  for (let count = 0; count < 5; count++) await verify({ code: wrong(secret) }, 400, elsewhere)
  await verify({ code: wrong(secret) }, 429, elsewhere)
  await verify({ code: wrong(secret) }, 400)
  await verify({ code: world.codeOf(secret) })
  await verify({ code: world.codeOf(secret) }, 400)
  world.tick()
  await verify({ code: wrong(secret) }, 400)
  await verify({ code: world.codeOf(secret) })

  // Recovery codes.
  const recover = (code: string, status = 200) =>
    call('authenticateMfaRecoveryCode', { headers: session, body: { code }, status })
  await recover('abcde-fghjk-mnpqr', 400)
  await recover(enrolled.recoveryCodes[0])
  world.tick()
  const renewal = elevated(
    await verify({ code: world.codeOf(secret), requestedScopes: ['credential:update'] }),
  )
  await call('createNewMfaRecoveryCodes', { headers: { ...session, ...renewal } })

  // An MFA token, and what it removes.
  world.tick()
  const { mfaToken } = await verify({ code: world.codeOf(secret), createMfaToken: { singleUse: true } })
  await call('deleteMfaDevice', {
    headers: { ...session, 'x-mfa-auth-token': mfaToken },
    deviceId: id,
    status: 204,
  })

  // A passkey, from its first use to its removal.
  const browser = browserWith()
  const options = async (name: 'getPasskeyRegistrationOptions' | 'getPasskeyAuthenticationOptions') =>
    call(name, { headers: session })
  const made = browser.create(await options('getPasskeyRegistrationOptions'))
  const { deviceId: passkeyId } = await call('registerPasskey', { headers: session, body: made })
  const used = browser.get(await options('getPasskeyAuthenticationOptions'))
  const unlink = await call('authenticateMfaPasskeyDevice', {
    headers: session,
    body: { ...used, requestedScopes: ['credential:unlink'], createMfaToken: {} },
  })
  await call('authenticateMfaPasskeyDevice', { headers: session, body: used, status: 403 })
  await call('getUserPasskeys', { headers: session })
  await call('getMfaMethods', { headers: session })
  await call('updatePasskey', { headers: session, body: { id: passkeyId, alias: 'Phone' } })
  await call('deletePasskey', {
    headers: { ...session, ...elevated(unlink) },
    body: { passkeyId },
    status: 204,
  })
  await call('revokeSession', { headers: session, status: 204 })

  // What the host does for a user.
  await server.mintElevation({ userId: user, account: user }, ['wallet:export'], {
    proofId: `proof of ${user}`,
  })
  await server.unlockUser(user)
  await server.endSessions(user)
  await server.resetUser(user)
  return called
}

const tablesOf = (found: readonly Reach[]) => [...new Set(found.map(({ table }) => table))].sort()

it('every statement of a user’s request finds its rows by a key of that user alone', async () => {
  const seen = new Map<string, Reach[]>()
  for (const user of ['ann', 'bob']) {
    expect([...(await liveThrough(user))].sort()).toEqual([...servedNames].sort())
    seen.set(user, await reaches())
  }
  const keysOf = (user: string) => new Set(seen.get(user)?.flatMap(({ keys }) => keys))
  for (const found of seen.values()) {
    const ofNoUser = found.filter(
      ({ keys, text }) => keys.length === 0 && ![...SWEEP, READ_KEYS].includes(text),
    )
    expect(ofNoUser).toEqual([])
    expect(tablesOf(found.filter(({ keys }) => keys.length > 0))).toEqual(Object.keys(KEYS).sort())
  }
  const ofBob = keysOf('bob')
  expect([...keysOf('ann')].filter((key) => ofBob.has(key))).toEqual([OF_ALL_USERS])
})

it('only statements for rejected calls, keys, sweeps and settings for all users name no user', async () => {
  const { server } = world
  const textsOfNobody = async (work: () => Promise<unknown>) => {
    recorded = []
    await work()
    const found = await reaches()
    return found
      .filter(({ keys }) => keys.length === 0 || keys.includes(OF_ALL_USERS))
      .map(({ text }) => text)
      .sort()
  }
  const refused = await textsOfNobody(async () => {
    await world.call('GET', '/users', { as: 'NOBODY' })
    await expect.poll(() => recorded.length).toBe(1)
  })
  expect(refused).toEqual([expect.stringMatching(/^insert into "totp_flow_address_calls" /)])

  world.now += 61_000
  const swept = await textsOfNobody(async () => {
    await server.ready()
    await expect.poll(() => recorded.length).toBe(SWEEP.length)
  })
  expect(swept).toEqual(SWEEP)

  const rotated = await textsOfNobody(() => server.rotateSigningKey())
  expect(rotated).toContain(READ_KEYS)
  expect(rotated.filter((text) => !text.includes('"totp_flow_signing_keys"'))).toEqual([])

  const ended = await textsOfNobody(() => server.endAllSessions({ before: world.now }))
  expect(ended).toEqual([
    'delete from "totp_flow_mfa_tokens"',
    expect.stringMatching(/^insert into "totp_flow_session_rules" /),
  ])
})
