import { expect, it } from 'vitest'
import { errorCodes, TotpFlowError } from '../../../src/contract/errors.ts'
import { fromErrorBody, toErrorBody } from '../../../src/contract/wire/error-body.ts'

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

it.each(errorCodes)('the error %s survives the wire', (code) => {
  const error = new TotpFlowError(code)
  expect(error.message).toMatch(/[.]$/)
  expect(fromErrorBody(error.status, toErrorBody(error)).code).toBe(code)
})
it('an error body in the codes of Dynamic’s service alone is understood', () => {
  expect(fromErrorBody(400, { code: 'mfa_invalid_code' }).code).toBe('invalid_code')
  expect(fromErrorBody(429, { code: 'mfa_rate_limited' }, 5).retryAt).toBe(5)
  expect(fromErrorBody(503, {}).code).toBe('server')
  expect(fromErrorBody(401, { code: 'something_new' }).code).toBe('unauthenticated')
})
