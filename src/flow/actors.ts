import { fromPromise } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'
import type { Attempt, Intent, Removal, SealedAuthentication } from '../../machines/totp.types.ts'
import type { Authentication, Elevation, MfaDevice, TotpRegistration } from '../contract/answers.ts'
import * as answers from '../contract/answers.ts'
import type { RequestedGrant, TotpBackend } from '../contract/backend.ts'
import type { TimeSource } from '../contract/clock.ts'
import { endOf } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { UNLINK_SCOPE } from '../contract/scopes.ts'
import { Sealed } from '../contract/sealed.ts'

/** What a running flow talks to. */
interface Ports {
  backend: TotpBackend
  time: TimeSource
}
const portsOf = new WeakMap<object, Ports>()

/** Tells a flow's actors what to talk to. Before the flow starts. */
export const connect = (system: object, ports: Ports) => portsOf.set(system, ports)

function portsIn(system: object): Ports {
  const ports = portsOf.get(system)
  if (!ports) throw new Error('connect() the system before its flow starts')
  return ports
}

/**
 * The machine with its ports filled, once for all flows: building one for each would cost more than running it. This is
 * the border where secrets are sealed and opened: what a backend answers is checked and sealed before the machine, or an
 * inspector on it, sees it.
 */
export const connectedMachine = totpMachine.provide({
  actors: {
    getMfaDevices: fromPromise<MfaDevice | null>(async ({ system, signal }) => {
      const { backend } = portsIn(system)
      const devices = parseAnswer(answers.mfaDevices, await typed(() => backend.getMfaDevices({ signal })))
      return devices.find(({ verified }) => verified) ?? devices[0] ?? null
    }),

    registerTotpMfaDevice: fromPromise<Sealed<TotpRegistration>>(async ({ system, signal }) => {
      const { backend } = portsIn(system)
      const answer = await typed(() => backend.registerTotpMfaDevice({ signal }))
      return Sealed.of(parseAnswer(answers.totpRegistration, answer))
    }),

    authenticateTotpMfaDevice: fromPromise<SealedAuthentication, Attempt>(
      async ({ input, system, signal }) => {
        const { backend, time } = portsIn(system)
        const params = { code: input.code.unseal(), ...requestedGrant(input.intent) }
        const answer = await typed(async () =>
          input.isRecoveryCode
            ? backend.authenticateMfaRecoveryCode?.(params, { signal })
            : backend.authenticateTotpMfaDevice(
                { ...params, deviceId: input.deviceId ?? undefined },
                { signal },
              ),
        )
        return seal(parseAnswer(answers.authentication, answer), time)
      },
    ),

    deleteMfaDevice: fromPromise<void, Removal>(async ({ input, system, signal }) => {
      const { backend } = portsIn(system)
      const { deviceId, elevation, mfaToken } = input
      const params = {
        deviceId,
        elevatedAccessToken: elevation?.token?.unseal(),
        mfaAuthToken: mfaToken?.unseal(),
      }
      await typed(() => backend.deleteMfaDevice(params, { signal }))
    }),
  },
})

/** A backend is a stranger's code: whatever it throws, synchronously or late, becomes a typed error. */
async function typed<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    throw TotpFlowError.from(cause)
  }
}

/** What a right code is exchanged for. */
function requestedGrant(intent: Intent): RequestedGrant {
  if ('mfaToken' in intent) return { createMfaTokenOptions: intent.mfaToken }
  if (intent.kind === 'delete') return { requestedScopes: [UNLINK_SCOPE] }
  if (intent.kind === 'stepUp' && intent.scopes.length > 0)
    return { requestedScopes: intent.scopes, authorizationDetails: intent.authorizationDetails }
  return {}
}

function seal(
  { elevation, mfaToken, recoveryCodes, deviceId, sessionExpiresAt, issuedAt }: Authentication,
  time: TimeSource,
): SealedAuthentication {
  const session = { scopes: [], expiresAt: sessionExpiresAt, issuedAt, singleUse: false }
  return {
    deviceId,
    elevation: sealElevation(elevation ?? session, time),
    mfaToken: mfaToken === undefined ? null : Sealed.of(mfaToken),
    recoveryCodes: recoveryCodes === undefined ? null : Sealed.of(recoveryCodes),
  }
}

function sealElevation(elevation: Elevation, time: TimeSource): Elevation<Sealed<string> | null> {
  const { scopes, singleUse, token } = elevation
  return {
    scopes,
    expiresAt: endOf(elevation, time.now()),
    singleUse,
    token: token === undefined ? null : Sealed.of(token),
  }
}
