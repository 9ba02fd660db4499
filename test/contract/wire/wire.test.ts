/** What goes over the wire for each verb of the port, and what is made of the answers. */
import { expect, it, vi } from 'vitest'
import { backendOver, parseReply, proofHeaders, type Wire } from '../../../src/contract/wire/wire.ts'
import { verified } from './answers.ts'

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
