import { randomUUID } from 'node:crypto'
import express, { type RequestHandler } from 'express'
import { createTotpServer, memoryStore } from 'totp-flow/server'
import { expressRequest, requireElevation } from 'totp-flow/server/express'
import { toNodeHandler } from 'totp-flow/server/node'

interface Session {
  id: string
  userId: string
  signedInAt: number
  /** A code was verified, or the user has no authenticator app yet. */
  isComplete: boolean
}
declare global {
  namespace Express {
    interface Request {
      session?: Session | undefined
    }
  }
}

/** Yours: express-session, Passport or any other middleware that finds the session by its cookie. */
const sessions = new Map<string, Session>()
export const app = express()
app.use(express.json())
app.use((request, _response, next) => {
  const id = /(?:^|; )sid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
  request.session = sessions.get(id)
  next()
})

const totp = createTotpServer({
  store: memoryStore(), // use sqliteStore or postgresStore in production
  issuer: 'Example',
  masterKey: process.env.TOTP_FLOW_MASTER_KEY ?? '', // from `openssl rand -base64 32`
  cookieIdentity(request) {
    const session = expressRequest(request)?.session
    if (!session) return null
    const { id, userId, signedInAt } = session
    return { userId, account: userId, sessionId: id, authenticatedAt: signedInAt }
  },
  scopes: { 'session:complete': { singleUse: true }, 'invoice:pay': { singleUse: true } },
})
app.use('/api/v0', toNodeHandler(totp.fetch))

/** Your sign-in, with your own password check. */
app.post('/sign-in', async (request, response) => {
  const userId = request.body?.email
  if (typeof userId !== 'string') return response.status(400).json({ error: 'Send an email as JSON.' })
  const devices = await totp.backendFor({ userId, account: userId }).getMfaDevices()
  const isComplete = !devices.some(({ verified }) => verified)
  const session = { id: randomUUID(), userId, signedInAt: Date.now(), isComplete }
  sessions.set(session.id, session)
  const secure = process.env.NODE_ENV === 'production'
  response.cookie('sid', session.id, { httpOnly: true, sameSite: 'lax', secure }).json({ isComplete })
})

/** The second factor at sign-in: a code completes the session. */
app.post('/sign-in/code', requireElevation(totp, 'session:complete'), (request, response) => {
  if (request.session) request.session.isComplete = true
  response.json({ isComplete: true })
})

app.post('/sign-out', (request, response) => {
  if (!request.session) return response.end() // a form on another site sends no cookie, so it signs nobody out
  sessions.delete(request.session.id)
  response.clearCookie('sid').end()
})

/** Guards your other routes. */
const signedIn: RequestHandler = (request, response, next) =>
  request.session?.isComplete ? next() : response.status(401).json({ error: 'Sign in first.' })

app.post('/pay', signedIn, requireElevation(totp, 'invoice:pay'), (request, response) => {
  response.json({ paidBy: request.totpUser?.userId })
})
