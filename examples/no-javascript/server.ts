import { randomUUID } from 'node:crypto'
import express, { type Response } from 'express'
import { TotpFlowError } from 'totp-flow'
import { qrPath } from 'totp-flow/qr'
import { createTotpServer, memoryStore } from 'totp-flow/server'

const totp = createTotpServer({
  store: memoryStore(), // use sqliteStore or postgresStore in production
  issuer: 'Example',
  masterKey: process.env.TOTP_FLOW_MASTER_KEY ?? '', // from `openssl rand -base64 32`
  identity: () => null, // no page calls the API
})

/** Yours: the session behind the cookie. This demo signs every visitor in as a new user. */
const sessions = new Map<string, { userId: string; sessionId: string; csrf: string }>()
export const app = express()
app.use(express.urlencoded())
app.use((request, response, next) => {
  const id = /(?:^|; )sid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
  const sessionId = sessions.has(id) ? id : randomUUID()
  const session = sessions.get(id) ?? { userId: randomUUID(), sessionId, csrf: randomUUID() }
  sessions.set(sessionId, session)
  response.cookie('sid', sessionId, { httpOnly: true, sameSite: 'lax' })
  response.locals = { session, backend: totp.backendFor({ ...session, account: 'ann@example.com' }) }
  // SameSite keeps the cookie out of other sites' forms; the token keeps out those of other subdomains.
  if (request.method === 'GET' || request.body?.csrf === session.csrf) return next()
  response.status(403).send('This form is not ours. Go back, reload the page and try again.')
})

const form = ({ locals }: Response, action: string, fields: string, button: string) => `
  <form method="post" action="/security/${action}">
    <input type="hidden" name="csrf" value="${locals.session.csrf}">${fields}<button>${button}</button>
  </form>`
const CODE = `<label>6-digit code <input name="code" inputmode="numeric" autocomplete="one-time-code" required></label>`
const RECOVERY_CODE = `<label>Recovery code <input name="recoveryCode" autocomplete="off" required></label>`
/** A form for a code, and one for a recovery code in its place. */
const proofForms = (response: Response, action: string, button: string) => `
  ${form(response, action, CODE, button)}
  <details><summary>Use a recovery code instead</summary>${form(response, action, RECOVERY_CODE, button)}</details>`
const page = (response: Response, body: string, error = '') =>
  response.set('cache-control', 'no-store').send(`<!doctype html>
    <html lang="en"><title>Security</title><h1>Security</h1><p role="alert">${error}</p>${body}</html>`)

async function showDevice(response: Response, error?: string) {
  const [device] = await response.locals.backend.getMfaDevices()
  if (!device?.verified)
    return page(response, form(response, 'set-up', '', 'Set up authenticator app'), error)
  const forms = `
    <h2>New recovery codes</h2>${proofForms(response, 'codes', 'Replace my codes')}
    <h2>Remove the app</h2>${proofForms(response, 'remove', 'Remove')}`
  page(response, `<p>Authenticator app enabled</p>${forms}`, error)
}
function showCodes(response: Response, recoveryCodes: readonly string[]) {
  const list = recoveryCodes.map((code) => `<li><code>${code}</code></li>`).join('')
  page(response, `<p>Keep these recovery codes:</p><ol>${list}</ol><a href="/security">I saved them</a>`)
}
/** Every error has a sentence for people; after a mistyped code, the user can try again. */
const sentenceOf = (error: unknown) => TotpFlowError.from(error).message

/** Checks a code, or a recovery code in its place. The code of an app that is still being set up confirms nothing. */
async function confirm(response: Response, body: Record<string, string>, requestedScopes?: string[]) {
  const { backend } = response.locals
  const [device] = await backend.getMfaDevices()
  if (!device?.verified) throw new TotpFlowError('no_device')
  if (body.recoveryCode)
    return backend.authenticateMfaRecoveryCode({ code: body.recoveryCode, requestedScopes })
  return backend.authenticateTotpMfaDevice({ code: body.code, deviceId: device.id, requestedScopes })
}

app.get('/security', (_request, response) => showDevice(response))

app.post('/security/set-up', async (_request, response) => {
  try {
    const { uri, secret } = await response.locals.backend.registerTotpMfaDevice()
    const { path, size } = qrPath(uri)
    const picture = `<svg role="img" aria-label="QR code" width="240" viewBox="0 0 ${size} ${size}"><path d="${path}"/></svg>`
    page(
      response,
      `${picture}<p>Setup key: <code>${secret}</code></p>${form(response, 'verify', CODE, 'Verify')}`,
    )
  } catch (error) {
    await showDevice(response, sentenceOf(error))
  }
})

app.post('/security/verify', async ({ body }, response) => {
  const { backend } = response.locals
  try {
    const { recoveryCodes = [] } = await backend.authenticateTotpMfaDevice({ code: body.code })
    showCodes(response, recoveryCodes)
  } catch (error) {
    const [device] = await backend.getMfaDevices()
    if (!device || device.verified) return showDevice(response, sentenceOf(error))
    page(response, form(response, 'verify', CODE, 'Verify'), sentenceOf(error))
  }
})

app.post('/security/codes', async ({ body }, response) => {
  try {
    const { elevation } = await confirm(response, body, ['credential:update'])
    const { recoveryCodes } = await response.locals.backend.createNewMfaRecoveryCodes({
      elevatedAccessToken: elevation.token,
    })
    showCodes(response, recoveryCodes)
  } catch (error) {
    await showDevice(response, sentenceOf(error))
  }
})

app.post('/security/remove', async ({ body }, response) => {
  try {
    const { deviceId, elevation } = await confirm(response, body, ['credential:unlink'])
    await response.locals.backend.deleteMfaDevice({ deviceId, elevatedAccessToken: elevation.token })
    response.redirect(303, '/security')
  } catch (error) {
    await showDevice(response, sentenceOf(error))
  }
})
