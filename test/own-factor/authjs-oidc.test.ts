/** The recipe of docs/providers/own-factor.md with Auth.js, whose users sign in at a real OpenID provider. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { Adapter, AdapterAccount, AdapterSession, AdapterUser } from '@auth/core/adapters'
import { toNodeHandler } from 'totp-flow/server/node'
import { afterAll, expect, it, vi } from 'vitest'
import { createAuthjsApp } from '../../examples/own-factor/authjs.ts'
import { button } from '../e2e/demo-page.ts'
import { PASSWORD, startProvider } from '../oidc/provider.ts'
import { exampleInBrowser, withPage } from '../support/example-page.ts'
import { ask, DEVICES, NOBODY, pageOf } from './app.ts'

/** A database of Auth.js's, as far as it is asked here. */
function memoryAdapter() {
  const users = new Map<string, AdapterUser>()
  const accounts: AdapterAccount[] = []
  const sessions = new Map<string, AdapterSession>()
  const adapter: Adapter = {
    createUser(user) {
      const created = { ...user, id: randomUUID() }
      users.set(created.id, created)
      return created
    },
    getUser: (id) => users.get(id) ?? null,
    getUserByEmail: (email) => [...users.values()].find((user) => user.email === email) ?? null,
    getUserByAccount({ provider, providerAccountId }) {
      const found = accounts.find(
        (one) => one.provider === provider && one.providerAccountId === providerAccountId,
      )
      return users.get(found?.userId ?? '') ?? null
    },
    updateUser: (user) => ({ ...users.get(user.id), ...user }) as AdapterUser,
    linkAccount(account) {
      accounts.push(account)
    },
    createSession(session) {
      sessions.set(session.sessionToken, session)
      return session
    },
    getSessionAndUser(token) {
      const session = sessions.get(token)
      const user = users.get(session?.userId ?? '')
      return session && user ? { session, user } : null
    },
    updateSession: ({ sessionToken }) => sessions.get(sessionToken),
    deleteSession(token) {
      sessions.delete(token)
    },
  }
  return { adapter, users, sessions }
}

const database = memoryAdapter()
/** Where the sessions of Auth.js are. */
let place: 'database' | 'token' = 'database'
let provider: Awaited<ReturnType<typeof startProvider>>
const here = exampleInBrowser(async () => {
  vi.stubEnv('TOTP_FLOW_MASTER_KEY', randomBytes(32).toString('base64'))
  vi.stubEnv('AUTH_SECRET', 'a secret of this test alone, and of no one else')
  provider = await startProvider(() => `${here.origin}/auth/callback/acme`)
  const acme = {
    id: 'acme',
    name: 'Acme',
    type: 'oidc' as const,
    issuer: provider.issuer,
    clientId: provider.clientId,
    client: { token_endpoint_auth_method: 'none' },
    authorization: { params: { scope: 'openid' } },
    checks: ['pkce' as const, 'state' as const],
  }
  const apps = {
    database: toNodeHandler(createAuthjsApp({ providers: [acme], adapter: database.adapter }).app.fetch),
    token: toNodeHandler(createAuthjsApp({ providers: [acme] }).app.fetch),
  }
  return withPage('own-factor', (request, response) => apps[place](request, response))
})
afterAll(() => provider.close())
const { session, setUp, pay, enterRecoveryCode } = pageOf(here)

/** In a browser that knows neither the provider nor the app. */
async function signIn() {
  const { context, page, origin } = here
  provider.open()
  await context.clearCookies()
  await page.goto(`${origin}/auth/signin?callbackUrl=${encodeURIComponent('/?authjs')}`)
  await button(page, 'Sign in with Acme').click()
  await page.getByLabel('Name').fill('ann')
  await page.getByLabel('Password').fill(PASSWORD)
  await button(page, 'Continue').click()
  await page.waitForURL(`${origin}/?authjs`)
}

it('a user whose session Auth.js keeps in a database is let in once an app is set up, and pays behind a code', async () => {
  await signIn()
  await setUp()
  await pay([...database.users.keys()][0]) // this provider tells no email
})

it('the next session in the database of Auth.js owes a code, and no session outlives its row', async () => {
  const signedOut = await session()
  const out = button(here.page, 'Sign out')
  await out.click()
  await out.waitFor({ state: 'hidden' })
  for (const call of ['GET /account', DEVICES] as const)
    expect(await ask(here.origin, call, signedOut)).toBe(NOBODY)
  await signIn()
  await enterRecoveryCode()
  for (const one of database.sessions.values()) one.expires = new Date(0)
  expect(await ask(here.origin, 'GET /account', await session())).toBe(NOBODY)
})

it('a user whom Auth.js knows by tokens alone is the same at each sign-in at the OpenID provider', async () => {
  place = 'token'
  await signIn()
  await setUp()
  await pay('ann')
  await signIn()
  await enterRecoveryCode()
  expect(here.broken).toEqual([])
})
