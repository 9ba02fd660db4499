/** What goes over the wire for each verb of the port, and what is made of the answers. */
import { describe, expect, it, vi } from 'vitest'
import { TotpFlowError } from '../../../src/contract/errors.ts'
import { authenticationFrom, elevationFrom } from '../../../src/contract/wire/authentication.ts'
import { fromErrorBody, toErrorBody } from '../../../src/contract/wire/error-body.ts'
import { readText } from '../../../src/contract/wire/read-text.ts'
import { routes } from '../../../src/contract/wire/routes.ts'
import { backendOver, parseReply, proofHeaders, type Wire } from '../../../src/contract/wire/wire.ts'

const jwtOf = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`
const user = { id: 'ann', projectEnvironmentId: 'e', verifiedCredentials: [], missingFields: [] }
const verified = { user, jwt: 'a.b.c', minifiedJwt: jwtOf({ iat: 1000 }), expiresAt: 2000 }
const answers: Record<string, unknown> = {
  getMfaDevices: { count: 0, devices: [] },
  registerTotpMfaDevice: { id: 'd', type: 'totp', secret: 'JBSWY3DPEHPK3PXP', uri: 'otpauth://totp/x' },
  authenticateTotpMfaDevice: verified,
  authenticateMfaRecoveryCode: verified,
  deleteMfaDevice: null,
  getMfaRecoveryCodes: { count: 1, recoveryCodes: [] },
  createNewMfaRecoveryCodes: { count: 1, recoveryCodes: ['x'] },
  acknowledgeRecoveryCodes: { ...verified, nextView: 'done' },
  checkStepUpAuth: { isRequired: true, credentials: [] },
}

function recording() {
  const sent: [string, unknown][] = []
  const call: Wire = async (name, given) => {
    sent.push([name, given])
    return parseReply(name, answers[name])
  }
  const onVerified = vi.fn()
  return { sent, onVerified, port: backendOver(call, onVerified) }
}

it('every verb of the port sends what it was given, and the signal with it', async () => {
  const { sent, port } = recording()
  const o = { signal: new AbortController().signal }
  const grant = { requestedScopes: ['a:b'] as const, createMfaTokenOptions: { singleUse: true } }
  const proof = { elevatedAccessToken: 'e', mfaAuthToken: 'm' }
  await port.getMfaDevices(o)
  await port.registerTotpMfaDevice(o)
  await port.authenticateTotpMfaDevice(
    { code: '123456', deviceId: 'd', ...grant, requestedScopes: ['a:b'] },
    o,
  )
  await port.deleteMfaDevice({ deviceId: 'd', ...proof }, o)
  await port.getMfaRecoveryCodes?.(o)
  await port.createNewMfaRecoveryCodes?.(proof, o)
  await port.authenticateMfaRecoveryCode?.({ code: 'r', ...grant, requestedScopes: ['a:b'] }, o)
  await port.acknowledgeRecoveryCodes?.(o)
  await port.checkStepUpAuth?.({ scope: 'a:b', ...proof }, o)
  const asked = { requestedScopes: ['a:b'], createMfaToken: { singleUse: true } }
  expect(sent).toEqual([
    ['getMfaDevices', o],
    ['registerTotpMfaDevice', o],
    ['authenticateTotpMfaDevice', { ...o, body: { code: '123456', id: 'd', ...asked } }],
    ['deleteMfaDevice', { ...o, deviceId: 'd', proof }],
    ['getMfaRecoveryCodes', o],
    ['createNewMfaRecoveryCodes', { ...o, proof }],
    ['authenticateMfaRecoveryCode', { ...o, body: { code: 'r', ...asked } }],
    ['acknowledgeRecoveryCodes', { ...o, body: { mfaBackupCodeAcknowledgement: 'complete' } }],
    ['checkStepUpAuth', { ...o, body: { scope: 'a:b' }, proof }],
  ])
})

it('both proofs travel, each in its header, and none that is missing', () => {
  expect(proofHeaders({ elevatedAccessToken: 'e', mfaAuthToken: 'm' })).toEqual({
    'x-dyn-elevated-access-token': 'e',
    'x-mfa-auth-token': 'm',
  })
  expect(proofHeaders({ mfaAuthToken: 'm' })).toEqual({ 'x-mfa-auth-token': 'm' })
  expect(proofHeaders({})).toEqual({})
})

it('the routes that take a proof name the scope it must be good for', () => {
  const proofs = Object.entries(routes).flatMap(([name, route]) =>
    'proof' in route ? [[name, route.proof]] : [],
  )
  expect(Object.fromEntries(proofs)).toEqual({
    registerTotpMfaDevice: 'credential:link',
    createNewMfaRecoveryCodes: 'credential:update',
    deleteMfaDevice: 'credential:unlink',
  })
})

it('onVerified is called once for a valid answer, and never for a malformed one', async () => {
  const { port, onVerified } = recording()
  const { elevatedAccessToken: _, ...plain } = { ...verified, elevatedAccessToken: 'no token' }
  await port.authenticateTotpMfaDevice({ code: '123456' })
  expect(onVerified).toHaveBeenCalledTimes(1)
  const bad: Wire = async (name) => parseReply(name, { ...plain, elevatedAccessToken: 'no token' })
  const told = vi.fn()
  await expect(backendOver(bad, told).authenticateTotpMfaDevice({ code: '123456' })).rejects.toMatchObject({
    code: 'malformed_response',
  })
  expect(told).not.toHaveBeenCalled()
})

it('an answer to a verification is read in milliseconds, for the device that it names or else the requested one', () => {
  expect(authenticationFrom(parseReply('authenticateTotpMfaDevice', verified), 'asked')).toEqual({
    deviceId: 'asked',
    sessionExpiresAt: 2_000_000,
    issuedAt: 1_000_000,
  })
  const named = parseReply('authenticateTotpMfaDevice', { ...verified, deviceId: 'named' })
  expect(authenticationFrom(named, 'asked').deviceId).toBe('named')
  const opaque = parseReply('authenticateTotpMfaDevice', { ...verified, minifiedJwt: 'opaque' })
  expect(authenticationFrom(opaque)).not.toHaveProperty('issuedAt')
})

it('an elevation is read from the claims of its token in any script, and is single-use only if they say so', () => {
  const claims = { scope: 'a:b c:d', exp: 2000, iat: 1000 }
  const token = jwtOf({ ...claims, sub: '>>>???ÿÿ漢' })
  expect(token).toMatch(/[-_]/)
  const read = { scopes: ['a:b', 'c:d'], expiresAt: 2_000_000, issuedAt: 1_000_000, token }
  expect(elevationFrom(token)).toEqual({ ...read, singleUse: false })
  const once = jwtOf({ ...claims, singleUse: true })
  expect(elevationFrom(once)).toEqual({ ...read, singleUse: true, token: once })
})

it.each([
  [400, 'bad_request'],
  [401, 'unauthenticated'],
  [403, 'proof_required'],
  [404, 'not_found'],
  [408, 'timeout'],
  [409, 'bad_request'],
  [429, 'rate_limited'],
  [499, 'bad_request'],
  [500, 'server'],
  [503, 'server'],
])('an error of status %i with no body that we know is read as %s', (status, code) => {
  expect(fromErrorBody(status, {}).code).toBe(code)
  expect(fromErrorBody(status, { code: 'of-a-proxy', reason: 'unknown' }).code).toBe(code)
})

it('an error is read by its reason, and without one by its code', () => {
  expect(fromErrorBody(400, { code: 'bad_request', reason: 'code_reused' }).code).toBe('code_reused')
  expect(fromErrorBody(400, { code: 'no_device' }).code).toBe('no_device')
  expect(fromErrorBody(429, { code: 'rate_limited' }, 5).retryAt).toBe(5)
})

it('an error body carries its wait in the payload, even a wait of zero, and otherwise has no payload', () => {
  expect(toErrorBody(new TotpFlowError('bad_request', { message: 'm' }))).toEqual({
    error: 'm',
    code: 'bad_request',
  })
  expect(toErrorBody(new TotpFlowError('unauthenticated', { message: 'm' }), 0).payload).toEqual({
    retryAfter: 0,
  })
  expect(toErrorBody(new TotpFlowError('code_reused', { message: 'm' }), 7)).toEqual({
    error: 'm',
    code: 'mfa_invalid_code',
    reason: 'code_reused',
    payload: { reason: 'code_reused', retryAfter: 7 },
  })
})

it('an error from a thrown value is that value itself, an abort, a time-out, or the fallback', () => {
  const ours = new TotpFlowError('no_device')
  expect(TotpFlowError.from(ours)).toBe(ours)
  const codeOf = (cause: unknown) => TotpFlowError.from(cause, 'network').code
  expect(codeOf(new DOMException('x', 'AbortError'))).toBe('aborted')
  expect(codeOf(new DOMException('x', 'TimeoutError'))).toBe('timeout')
  expect(codeOf(new Error('x'))).toBe('network')
  expect(codeOf('AbortError')).toBe('network')
  const changed = Object.assign(new TotpFlowError('no_device'), { code: 'of-another-version' })
  expect(codeOf(changed)).toBe('network')
  expect(TotpFlowError.from(null).code).toBe('server')
})

describe('the text of a body', () => {
  const streaming = (parts: Uint8Array[], cancel = () => {}) => ({
    body: new ReadableStream<Uint8Array>({
      pull(controller) {
        const part = parts.shift()
        if (part) controller.enqueue(part)
        else controller.close()
      },
      cancel,
    }),
  })

  it('a text may have as many bytes as allowed, in one part or several, and no more', async () => {
    const parts = () => [new Uint8Array(3).fill(97), new Uint8Array(2).fill(98)]
    expect(await readText(streaming(parts()), 5, 'too_large')).toBe('aaabb')
    await expect(readText(streaming(parts()), 4, 'too_large')).rejects.toMatchObject({ code: 'too_large' })
    expect(await readText({ body: null }, 0, 'too_large')).toBe('')
  })

  it('a text is joined where a part splits a character, and marked where it ends within one', async () => {
    const bytes = new TextEncoder().encode('漢é')
    const each = Array.from(bytes, (byte) => Uint8Array.of(byte))
    expect(await readText(streaming(each), 5, 'too_large')).toBe('漢é')
    expect(await readText(streaming([bytes.slice(0, 4)]), 5, 'too_large')).toBe('漢�')
  })

  it.each<[string, () => void | Promise<void>]>([
    ['at once', () => {}],
    ['never', () => new Promise<void>(() => {})],
    ['by failing', () => Promise.reject(new Error('gone'))],
  ])('a text that is too long is given up, and its sender may confirm that %s', async (_, confirm) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const cancel = vi.fn(confirm)
    const endless = streaming(
      Array.from({ length: 9 }, () => new Uint8Array(9)),
      cancel,
    )
    await expect(readText(endless, 10, 'malformed_response')).rejects.toMatchObject({
      code: 'malformed_response',
    })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(cancel).toHaveBeenCalledTimes(1)
    expect(unhandled).not.toHaveBeenCalled()
  })
})
