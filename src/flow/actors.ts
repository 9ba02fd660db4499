import { fromPromise } from 'xstate'
import { totpMachine } from '../../machines/totp.machine.ts'
import type {
  Attempt,
  Enrollment,
  Intent,
  Removal,
  SealedAuthentication,
  Standing,
  TotpInput,
} from '../../machines/totp.types.ts'
import type { Authentication, Elevation, TotpRegistration } from '../contract/answers.ts'
import * as answers from '../contract/answers.ts'
import type { RequestedGrant, TotpBackend } from '../contract/backend.ts'
import type { TimeSource } from '../contract/clock.ts'
import { endOf } from '../contract/elevations.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { mistake, notProvided } from '../contract/mistake.ts'
import { assertOptions, type OptionRules, objectOf, oneOf } from '../contract/options.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import * as passkeys from '../contract/passkeys.ts'
import { UNLINK_SCOPE } from '../contract/scopes.ts'
import { Sealed } from '../contract/sealed.ts'

/**
 * Fills the chart's ports: `totpMachine.provide({ actors: totpActors(backend) })`. Checks the backend's answers and seals
 * their secrets before the chart, or an inspector, sees them. Throws a `TypeError` that names the methods a backend lacks.
 *
 * @example
 * ```ts
 * import { totpActors, totpInput, totpMachine } from 'totp-flow'
 * import { memoryBackend } from 'totp-flow/memory'
 * import { createActor } from 'xstate'
 *
 * const backend = memoryBackend()
 * const totp = totpMachine.provide({ actors: totpActors(backend) })
 * const actor = createActor(totp, { input: totpInput(backend) }).start()
 * ```
 */
export function totpActors(backend: TotpBackend) {
  assertBackend(backend)
  return actorsOver(() => backend)
}

/** What the chart must know about a backend: the `input` of an actor whose ports {@link totpActors} fills. */
export const totpInput = (backend: TotpBackend): TotpInput => ({
  assurance: backend.assurance,
  proofs: backend.proofs,
  offersRecovery: backend.authenticateMfaRecoveryCode !== undefined,
  offersRenewal: backend.createNewMfaRecoveryCodes !== undefined,
  offersPasskeys: backend.authenticatePasskeyMFA !== undefined,
})

const proof = oneOf('none', 'code', 'password')
const settings: OptionRules = {
  assurance: oneOf('scopes', 'session'),
  freshFor: { takes: 'milliseconds, more than 0', fits: (value) => typeof value === 'number' && value > 0 },
  proofs: objectOf({ register: oneOf('none', 'password'), delete: proof, renewRecoveryCodes: proof }),
}

/** Throws a `TypeError` that names the missing methods, or a setting that is none. */
export function assertBackend(backend: TotpBackend): void {
  const missing = Object.keys(totpMachine.implementations.actors).filter(
    (method) => typeof backend?.[method as keyof TotpBackend] !== 'function',
  )
  if (missing.length > 0)
    throw new TypeError(`backend takes a TotpBackend. This one lacks ${missing.join(', ')}.`)
  const { assurance, freshFor, proofs } = backend
  assertOptions({ assurance, freshFor, proofs }, settings, 'backend.')
}
const backends = new WeakMap<object, TotpBackend>()

/** Connects the actors of a system to their backend. Call it before they start. */
export const connect = (system: object, backend: TotpBackend) => backends.set(system, backend)

function connectedBackend(system: object): TotpBackend {
  const backend = backends.get(system)
  if (!backend) throw notProvided('a backend')
  return backend
}

/** The machine with its ports filled, built once for all flows: building one costs more than running it. */
export const connectedMachine = totpMachine.provide({ actors: actorsOver(connectedBackend) })

/** The boundary where secrets are sealed and unsealed. */
function actorsOver(backendOf: (system: object) => TotpBackend) {
  return {
    getMfaDevices: fromPromise<Standing>(async ({ system, signal }) => {
      const backend = backendOf(system)
      const devices = parseAnswer(answers.mfaDevices, await typed(() => backend.getMfaDevices({ signal })))
      const held = backend.getPasskeys && (await typed(async () => backend.getPasskeys?.({ signal })))
      const gate = backend.getGate && (await typed(async () => backend.getGate?.({ signal })))
      return {
        device: devices.find(({ verified }) => verified) ?? devices[0] ?? null,
        gate: gate == null ? null : parseAnswer(answers.gate, gate),
        passkeys: held == null ? [] : parseAnswer(passkeys.passkeys, held),
      }
    }),

    registerTotpMfaDevice: fromPromise<Sealed<TotpRegistration>, Enrollment>(
      async ({ input, system, signal }) => {
        const backend = backendOf(system)
        const elevatedAccessToken = input.elevation?.token?.unseal()
        const proof = {
          ...passwordOf(input),
          ...(elevatedAccessToken !== undefined && { elevatedAccessToken }),
        }
        const answer = await typed(() => backend.registerTotpMfaDevice({ ...proof, signal }))
        return Sealed.of(parseAnswer(answers.registration, answer))
      },
    ),

    authenticateTotpMfaDevice: fromPromise<SealedAuthentication, Attempt>(
      async ({ input, system, signal }) => {
        const backend = backendOf(system)
        if (input.intent.kind === 'renew') return renewed(backend, input, signal)
        const answer = await typed(() => authenticate(backend, input, signal))
        return seal(parseAnswer(answers.authentication, answer), input, backend)
      },
    ),

    deleteMfaDevice: fromPromise<void, Removal>(async ({ input, system, signal }) => {
      const backend = backendOf(system)
      const { deviceId, elevation, mfaToken } = input
      const params = {
        deviceId,
        elevatedAccessToken: elevation?.token?.unseal(),
        mfaAuthToken: mfaToken?.unseal(),
        ...passwordOf(input),
      }
      await typed(() => backend.deleteMfaDevice(params, { signal }))
    }),
  }
}

async function authenticate(
  backend: TotpBackend,
  { credential, code, deviceId, intent }: Attempt,
  signal: AbortSignal,
): Promise<Authentication> {
  const grant = requestedGrant(intent)
  switch (credential) {
    case 'recoveryCode':
      if (!backend.authenticateMfaRecoveryCode) throw notTaken('recovery codes')
      return backend.authenticateMfaRecoveryCode({ code: code.unseal(), ...grant }, { signal })
    case 'passkey':
      if (!backend.authenticatePasskeyMFA) throw notTaken('passkeys')
      return backend.authenticatePasskeyMFA(grant, { signal })
    default:
      return backend.authenticateTotpMfaDevice(
        { code: code.unseal(), ...grant, deviceId: deviceId ?? undefined },
        { signal },
      )
  }
}
const notTaken = (what: string) => mistake(`input takes totpInput(backend). This backend accepts no ${what}.`)

const passwordOf = ({ password }: Pick<Enrollment, 'password'>) => password && { password: password.unseal() }

/** Generates recovery codes after a password, which wins no elevation. */
async function renewed(
  backend: TotpBackend,
  { code, deviceId }: Attempt,
  signal: AbortSignal,
): Promise<SealedAuthentication> {
  const answer = await typed(async () =>
    backend.createNewMfaRecoveryCodes?.({ password: code.unseal() }, { signal }),
  )
  return {
    deviceId: deviceId ?? '',
    elevation: { scopes: [], expiresAt: 0, singleUse: false, token: null },
    mfaToken: null,
    recoveryCodes: Sealed.of(parseAnswer(answers.recoveryCodes, answer).recoveryCodes),
  }
}

/** Turns anything that a backend throws, synchronously or later, into a typed error. */
async function typed<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (cause) {
    throw TotpFlowError.from(cause)
  }
}

const DEFAULT_FRESH_MS = 600_000

/** What to request for an accepted code. */
function requestedGrant(intent: Intent): RequestedGrant {
  if ('mfaToken' in intent) return { createMfaTokenOptions: intent.mfaToken }
  if (intent.kind === 'delete') return { requestedScopes: [UNLINK_SCOPE] }
  if (intent.kind !== 'stepUp') return {}
  const { scopes, authorizationDetails, acrValues, maxAge } = intent
  return {
    ...(scopes.length > 0 && { requestedScopes: scopes }),
    ...(authorizationDetails && { authorizationDetails }),
    ...(acrValues && { acrValues }),
    ...(maxAge !== undefined && { maxAge }),
  }
}

function seal(
  { elevation, mfaToken, recoveryCodes, deviceId, sessionExpiresAt, issuedAt }: Authentication,
  { credential, intent, time }: Attempt,
  { assurance, freshFor = DEFAULT_FRESH_MS }: TotpBackend,
): SealedAuthentication {
  const isPasskey = credential === 'passkey'
  const session = { scopes: [], expiresAt: sessionExpiresAt, issuedAt, singleUse: false }
  const won = sealElevation(elevation ?? session, time)
  const fresh = {
    ...won,
    scopes: 'scopes' in intent ? intent.scopes : [],
    expiresAt: Math.min(won.expiresAt, time.now() + freshFor),
    ofSession: true,
  }
  return {
    deviceId: isPasskey ? null : deviceId,
    elevation: assurance === 'session' ? fresh : won,
    mfaToken: mfaToken === undefined ? null : Sealed.of(mfaToken),
    // A passkey completes no enrollment.
    recoveryCodes: recoveryCodes === undefined || isPasskey ? null : Sealed.of(recoveryCodes),
  }
}

function sealElevation(elevation: Elevation, time: TimeSource): Elevation<Sealed<string> | null> {
  const { scopes, singleUse, token } = elevation
  return {
    scopes,
    expiresAt: endOf(elevation, time.now()),
    singleUse,
    verifiedAt: time.now(),
    token: token === undefined ? null : Sealed.of(token),
  }
}
