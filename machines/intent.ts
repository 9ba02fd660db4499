import type { MfaTokenOptions } from '../src/contract/backend.ts'
import type { Intent, TotpEvent } from './totp.types.ts'

/** What the person set out to do with the event that starts a flow. */
export function intentOf(event: TotpEvent): Intent {
  if (event.type === 'flow.resume') return event.resumable.intent
  const mfaToken = mfaTokenOptionsOf(event)
  if (event.type === 'stepUp.request') {
    const { scopes, reason, authorizationDetails } = event
    return mfaToken
      ? { kind: 'stepUp', mfaToken }
      : {
          kind: 'stepUp',
          scopes: [...scopes],
          ...(typeof reason === 'string' && { reason }), // a snapshot through JSON stays what it is
          ...(authorizationDetails && { authorizationDetails }),
        }
  }
  if (event.type === 'device.delete') return mfaToken ? { kind: 'delete', mfaToken } : { kind: 'delete' }
  return { kind: 'enroll' }
}

/** Set when the deprecated MFA-token path is meant: asked for, or taken up again after a reload. */
export function mfaTokenOptionsOf(event: TotpEvent): MfaTokenOptions | undefined {
  if (event.type === 'flow.resume') {
    return 'mfaToken' in event.resumable.intent ? event.resumable.intent.mfaToken : undefined
  }
  return 'createMfaTokenOptions' in event ? event.createMfaTokenOptions : undefined
}
