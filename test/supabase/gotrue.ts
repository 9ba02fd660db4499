/**
 * A stand-in for Supabase Auth (GoTrue), which is in no registry: its calls for passwords, sessions and authenticator apps,
 * written from its documents and held to what its client sends. Codes are `oathtool`'s.
 */
import { generateKeyPairSync, randomBytes, randomUUID, sign as signatureOf } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { oathtool } from '../support/tools.ts'

interface Factor {
  id: string
  friendly_name: string
  factor_type: 'totp'
  status: 'verified' | 'unverified'
  created_at: string
  updated_at: string
  secret: string
}
interface User {
  id: string
  email: string
  password: string
  factors: Factor[]
}
interface Session {
  id: string
  user: User
  aal: 'aal1' | 'aal2'
  amr: { method: string; timestamp: number }[]
  refreshToken: string
}

class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

const MAX_FACTORS = 10
const SECONDS = 3600
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const newSecret = () => [...randomBytes(32)].map((byte) => ALPHABET[byte % 32]).join('')
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = () => Math.floor(Date.now() / 1000)

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? {} : JSON.parse(text)
}

export function gotrue() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'es', alg: 'ES256', use: 'sig' }]
  let issuer = ''
  const users: User[] = []
  const sessions = new Map<string, Session>()
  const challenges = new Map<string, { factorId: string; isUsed: boolean }>()
  const calls: string[] = []
  /** Answers in the place of the service, by method and path. */
  const instead = new Map<string, (response: ServerResponse) => void>()

  const shown = ({ factors, id, email }: User) => ({
    id,
    email,
    aud: 'authenticated',
    factors: factors.map(({ secret: _, ...factor }) => factor),
  })
  function sign(claims: object, header: object = {}) {
    const text = `${part({ alg: 'ES256', kid: 'es', typ: 'JWT', ...header })}.${part(claims)}`
    const signature = signatureOf('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return `${text}.${signature.toString('base64url')}`
  }
  function tokensOf(session: Session) {
    session.refreshToken = randomUUID()
    const { id, user, aal, amr } = session
    const claims = {
      iss: issuer,
      aud: 'authenticated',
      role: 'authenticated',
      is_anonymous: false,
      ...{ sub: user.id, email: user.email, phone: '' },
      ...{ session_id: id, aal, amr, iat: seconds(), exp: seconds() + SECONDS },
    }
    return {
      access_token: sign(claims),
      token_type: 'bearer',
      expires_in: SECONDS,
      expires_at: claims.exp,
      refresh_token: session.refreshToken,
      user: shown(user),
    }
  }
  function sessionOf({ headers }: IncomingMessage): Session {
    const [, claims = ''] = headers.authorization?.split('.') ?? []
    if (claims === '') throw new Refusal(401, 'no_authorization')
    const session = sessions.get(JSON.parse(Buffer.from(claims, 'base64url').toString()).session_id)
    if (!session) throw new Refusal(403, 'session_not_found')
    return session
  }
  const signedIn = (user: User, method: string) => {
    const session: Session = {
      id: randomUUID(),
      user,
      aal: 'aal1',
      amr: [{ method, timestamp: seconds() }],
      refreshToken: '',
    }
    sessions.set(session.id, session)
    return tokensOf(session)
  }
  function factorOf({ user }: Session, id: string): Factor {
    const factor = user.factors.find((one) => one.id === id)
    if (!factor) throw new Refusal(404, 'mfa_factor_not_found')
    return factor
  }

  function enroll(session: Session, { friendly_name = '', issuer = '' }: Record<string, string>) {
    const { user, aal } = session
    if (user.factors.some((one) => one.friendly_name === friendly_name))
      throw new Refusal(422, 'mfa_factor_name_conflict')
    const hasVerified = user.factors.some(({ status }) => status === 'verified')
    if (user.factors.length >= MAX_FACTORS) throw new Refusal(422, 'too_many_enrolled_mfa_factors')
    if (hasVerified && aal === 'aal1') throw new Refusal(403, 'insufficient_aal')
    const now = new Date().toISOString()
    const factor: Factor = {
      id: randomUUID(),
      friendly_name,
      factor_type: 'totp',
      status: 'unverified',
      created_at: now,
      updated_at: now,
      secret: newSecret(),
    }
    user.factors.push(factor)
    const query = `algorithm=SHA1&digits=6&issuer=${encodeURIComponent(issuer)}&period=30&secret=${factor.secret}`
    const uri = `otpauth://totp/${encodeURIComponent(issuer)}:${user.email}?${query}`
    return {
      id: factor.id,
      type: 'totp',
      friendly_name,
      totp: { qr_code: '<svg></svg>', secret: factor.secret, uri },
    }
  }
  function verify(
    session: Session,
    factor: Factor,
    { challenge_id = '', code = '' }: Record<string, string>,
  ) {
    const challenge = challenges.get(challenge_id)
    if (challenge?.factorId !== factor.id) throw new Refusal(422, 'mfa_factor_not_found')
    if (challenge.isUsed) throw new Refusal(422, 'mfa_ip_address_mismatch')
    if (![-30, 0, 30].some((shift) => oathtool(factor.secret, shift) === code))
      throw new Refusal(422, 'mfa_verification_failed')
    challenge.isUsed = true
    factor.status = 'verified'
    session.aal = 'aal2'
    session.amr = [
      ...session.amr.filter(({ method }) => method !== 'totp'),
      { method: 'totp', timestamp: seconds() },
    ]
    session.user.factors = session.user.factors.filter(({ status }) => status === 'verified')
    for (const [id, { user, aal }] of sessions)
      if (user === session.user && aal === 'aal1') sessions.delete(id)
    return tokensOf(session)
  }
  function unenroll(session: Session, factor: Factor) {
    if (factor.status === 'verified' && session.aal === 'aal1') throw new Refusal(422, 'insufficient_aal')
    const { user } = session
    user.factors = user.factors.filter((one) => one !== factor)
    if (factor.status === 'verified') {
      for (const one of sessions.values()) {
        if (one.user !== user) continue
        one.aal = 'aal1'
        one.amr = one.amr.filter(({ method }) => method !== 'totp')
      }
    }
    return { id: factor.id }
  }

  async function answer(request: IncomingMessage, url: URL): Promise<object> {
    const route = `${request.method} ${url.pathname.replace(/^\/auth\/v1/, '')}`
    const body = await bodyOf(request)
    if (route === 'GET /.well-known/jwks.json') return { keys }
    if (route === 'POST /token' && url.searchParams.get('grant_type') === 'password') {
      const user = users.find(({ email, password }) => email === body.email && password === body.password)
      if (!user) throw new Refusal(400, 'invalid_credentials')
      return signedIn(user, 'password')
    }
    if (route === 'POST /token') {
      const session = [...sessions.values()].find((one) => one.refreshToken === body.refresh_token)
      if (!session) throw new Refusal(400, 'refresh_token_not_found')
      return tokensOf(session)
    }
    const session = sessionOf(request)
    if (route === 'GET /user') return shown(session.user)
    if (route === 'POST /logout') {
      sessions.delete(session.id)
      return {}
    }
    if (route === 'POST /factors') return enroll(session, body)
    const [, id = '', act = ''] = /^\w+ \/factors\/([^/]+)(?:\/(\w+))?$/.exec(route) ?? []
    const factor = factorOf(session, id)
    if (request.method === 'DELETE') return unenroll(session, factor)
    if (act === 'verify') return verify(session, factor, body)
    const challengeId = randomUUID()
    challenges.set(challengeId, { factorId: factor.id, isUsed: false })
    return { id: challengeId, type: 'totp', expires_at: seconds() + 300 }
  }

  const listener: RequestListener = async (request, response) => {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`)
    issuer = `${url.origin}/auth/v1`
    const call = `${request.method} ${url.pathname.replace(/^\/auth\/v1/, '').replace(/[0-9a-f-]{36}/, ':id')}`
    calls.push(call)
    const standIn = instead.get(call)
    if (standIn) return standIn(response)
    const say = (status: number, body: object) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-supabase-api-version': '2024-01-01' })
        .end(JSON.stringify(body))
    try {
      say(200, await answer(request, url))
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown
      say(thrown.status, { code: thrown.code, message: thrown.code })
    }
  }
  return {
    listener,
    calls,
    instead,
    /** A token with these claims alone, signed with the service's key. */
    sign,
    addUser: (email: string, password: string) =>
      users.push({ id: randomUUID(), email, password, factors: [] }),
    endSessions: () => sessions.clear(),
  }
}
