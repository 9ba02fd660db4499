import type { MfaTokenOptions } from '../src/contract/backend.ts'
import { areTexts, isAge } from './checks.ts'
import type { Intent, TotpContext, TotpEvent } from './totp.types.ts'

/** What the person wants, from the event that starts a flow. */
export function intentOf(event: TotpEvent): Intent {
  if (event.type === 'flow.resume') return event.resumable.intent
  const mfaToken = mfaTokenOptionsOf(event)
  if (event.type === 'stepUp.request') {
    const { scopes, reason, authorizationDetails, acrValues, maxAge } = event
    return mfaToken
      ? { kind: 'stepUp', mfaToken }
      : {
          kind: 'stepUp',
          scopes: [...scopes],
          ...(typeof reason === 'string' && { reason }), // absent, not `undefined`, as a snapshot's JSON has it
          ...(authorizationDetails && { authorizationDetails }),
          ...(areTexts(acrValues) && { acrValues: [...acrValues] }),
          ...(isAge(maxAge) && { maxAge }),
        }
  }
  if (event.type === 'recoveryCodes.renew') return { kind: 'renew' }
  if (event.type === 'device.delete') return mfaToken ? { kind: 'delete', mfaToken } : { kind: 'delete' }
  return { kind: 'enroll' }
}

/** Set if the event requests the deprecated MFA token, or resumes a flow that did. */
export function mfaTokenOptionsOf(event: TotpEvent): MfaTokenOptions | undefined {
  if (event.type === 'flow.resume') {
    return 'mfaToken' in event.resumable.intent ? event.resumable.intent.mfaToken : undefined
  }
  return 'createMfaTokenOptions' in event ? event.createMfaTokenOptions : undefined
}

/** A step-up without an app takes a passkey. */
const proofOf = (kind: Intent['kind'], device: TotpContext['device']) =>
  kind === 'stepUp' && !device?.verified ? 'passkey' : 'code'

/** What the flow that this event starts will prompt for. */
export function askedFor(
  event: TotpEvent,
  { settings: { proofs }, device }: TotpContext,
): TotpContext['asksFor'] {
  const proof = {
    'device.register': proofs.register,
    'device.delete': proofs.delete,
    'recoveryCodes.renew': proofs.renewRecoveryCodes,
  }[event.type as string]
  if (proof === 'password') return proof
  if (event.type === 'flow.resume') return proofOf(event.resumable.intent.kind, event.resumable.device)
  return proofOf(event.type === 'stepUp.request' ? 'stepUp' : 'enroll', device)
}
