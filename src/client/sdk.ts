/**
 * The functions of Dynamic's SDK, over our server or Dynamic's, with the same names, parameters and answers. Code written for
 * the SDK works with its import changed. Use a flow to keep the steps in order.
 */
import type { RecoveryCodes, StepUpCheck, TotpRegistration, VerifyResponse } from '../contract/answers.ts'
import type { ProofParams, RequestedGrant } from '../contract/backend.ts'
import { proofRefusals, TotpFlowError } from '../contract/errors.ts'
import { LINK_SCOPE, type Scope, UNLINK_SCOPE, UPDATE_SCOPE } from '../contract/scopes.ts'
import { CODES_ARE_KEPT, codeBody, recoveryBody, type Wire } from '../contract/wire/wire.ts'
import { createHttpWire, type HttpBackendOptions, tellSession } from './http-wire.ts'
import { createTokenVault, type TokenVault } from './token-vault.ts'

/** Where the service is, and how it identifies the user. */
export type TotpClientOptions = HttpBackendOptions & {
  /** Returns the time, epoch milliseconds. @default Date.now */
  clock?: () => number
}

/** A session with a service. Holds its elevated tokens in memory and attaches them to the calls that need them. */
export interface TotpClient {
  /** @deprecated The last MFA token, until it is consumed. Use `requestedScopes` instead. */
  readonly mfaToken: string | null
  /** Forgets every token. Call it when the user signs out. */
  clear(): void
}

interface Inside {
  call: Wire
  vault: TokenVault
  mfaToken: string | null
  /** An answer to a request from before the last `clear` is dropped. */
  timesCleared: number
  options: HttpBackendOptions
}
const insides = new WeakMap<TotpClient, Inside>()
let defaultClient: TotpClient | undefined

/** Creates a client, which becomes the default of all functions here. Throws a `TypeError` if the options do not identify the user. */
export function createTotpClient({ clock, ...options }: TotpClientOptions): TotpClient {
  const inside: Inside = {
    call: createHttpWire(options),
    vault: createTokenVault(clock),
    mfaToken: null,
    timesCleared: 0,
    options,
  }
  const client: TotpClient = {
    get mfaToken() {
      return inside.mfaToken
    },
    clear() {
      inside.vault.clear()
      inside.mfaToken = null
      inside.timesCleared += 1
    },
  }
  insides.set(client, inside)
  setDefaultClient(client)
  return client
}

/** Sets the client that the functions here use by default. */
export function setDefaultClient(client: TotpClient): void {
  defaultClient = client
}

/** Returns the client that was created or set last. Throws `not_ready` if there is none. */
export function getDefaultClient(): TotpClient {
  if (defaultClient) return defaultClient
  throw new TotpFlowError('not_ready', { message: 'There is no client yet. Call createTotpClient() first.' })
}

function inside(client: TotpClient): Inside {
  const found = insides.get(client)
  if (!found) throw new TypeError('Create the client with createTotpClient()')
  return found
}

/**
 * Attaches the elevation for `scope`, if one is held. Drops it once the service has consumed or rejected it. If no answer came,
 * the next call still has it.
 */
async function withProof<Answer>(
  { vault }: Inside,
  scope: Scope,
  call: (proof: ProofParams) => Promise<Answer>,
): Promise<Answer> {
  const held = () => vault.take({ scope, consume: false })
  const elevatedAccessToken = held()
  const giveUp = () => {
    if (held() === elevatedAccessToken) vault.take({ scope })
  }
  try {
    const answer = await call({ elevatedAccessToken })
    giveUp()
    return answer
  } catch (error) {
    if (proofRefusals.includes(TotpFlowError.from(error).code)) giveUp()
    throw error
  }
}

/**
 * Starts an enrollment. Show `uri` as a QR code, then verify the first code with `authenticateTotpMfaDevice`. Attaches the
 * elevation for `credential:link`, if one is held. Rejects with `device_limit` if an app is set up.
 */
export async function registerTotpMfaDevice(
  client = getDefaultClient(),
): Promise<TotpRegistration & { type: 'totp' }> {
  const given = inside(client)
  const registration = await withProof(given, LINK_SCOPE, (proof) =>
    given.call('registerTotpMfaDevice', { proof }),
  )
  return { ...registration, type: 'totp' }
}

/** The grant as Dynamic's SDK types it. */
interface SdkRequestedGrant extends RequestedGrant {
  /** @deprecated Use `requestedScopes` instead. */
  createMfaTokenOptions?: { singleUse: boolean }
}
/** A code of the authenticator app, and what to grant for it. */
export interface AuthenticateTotpMfaDeviceParams extends SdkRequestedGrant {
  /** Six ASCII digits. */
  code: string
  /** If the user has another device by now, the code is rejected with `device_replaced`. @default the user's device */
  deviceId?: string
}
/** A recovery code, and what to grant for it. */
export interface AuthenticateMfaRecoveryCodeParams extends SdkRequestedGrant {
  /** As it was typed: case, spaces and hyphens do not matter. */
  code: string
}

/**
 * Verifies a code. The first one completes an enrollment, any later one steps up. Rejects with `invalid_code`, `code_reused`,
 * `rate_limited` (with `retryAt`, epoch milliseconds) and the other errors of `TotpBackend`.
 */
export async function authenticateTotpMfaDevice(
  params: AuthenticateTotpMfaDeviceParams,
  client = getDefaultClient(),
): Promise<VerifyResponse> {
  return won(client, () => inside(client).call('authenticateTotpMfaDevice', { body: codeBody(params) }))
}

/** Consumes a recovery code instead of verifying a code of the app. Rejects in the same way. */
export async function authenticateMfaRecoveryCode(
  params: AuthenticateMfaRecoveryCodeParams,
  client = getDefaultClient(),
): Promise<VerifyResponse> {
  return won(client, () => inside(client).call('authenticateMfaRecoveryCode', { body: recoveryBody(params) }))
}

async function won(client: TotpClient, verify: () => Promise<VerifyResponse>): Promise<VerifyResponse> {
  const given = inside(client)
  const { timesCleared } = given
  const response = await verify()
  if (given.timesCleared !== timesCleared) throw new TotpFlowError('aborted')
  tellSession(given.options, response)
  if (response.elevatedAccessToken) given.vault.keep(response.elevatedAccessToken)
  if (response.mfaToken) given.mfaToken = response.mfaToken
  return response
}

/** The device to remove. */
export interface DeleteMfaDeviceParams {
  deviceId: string
  /** @deprecated An elevation for `credential:unlink` is attached automatically, if one is held. */
  mfaAuthToken?: string | null
}

/** Removes a device. Rejects with `proof_required` unless a proof is held that the service accepts. */
export async function deleteMfaDevice(
  { deviceId, mfaAuthToken }: DeleteMfaDeviceParams,
  client = getDefaultClient(),
): Promise<void> {
  const given = inside(client)
  await withProof(given, UNLINK_SCOPE, (elevation) => {
    const proof = { ...elevation, mfaAuthToken: mfaAuthToken ?? undefined }
    return given.call('deleteMfaDevice', { deviceId, proof })
  })
}

/** A device as Dynamic's SDK returns it. */
export interface ClientMfaDevice {
  id: string
  type: 'totp'
  /** Whether a first code was verified. Until then the device is pending and protects nothing. */
  verified: boolean
  createdAt: Date
  /** Absent while the device is pending. */
  verifiedAt?: Date
  /** Dynamic's name. On our server: whether the device is verified, since a user has only one. */
  _default?: boolean
  /** Dynamic's alias; our server has none. */
  alias?: string
}

/** Lists the user's authenticator apps: at most one, which may be pending. */
export async function getMfaDevices(client = getDefaultClient()): Promise<ClientMfaDevice[]> {
  const { devices } = await inside(client).call('getMfaDevices')
  return devices.map(({ createdAt, verifiedAt, default: isDefault, ...device }) => ({
    ...device,
    createdAt: new Date(createdAt),
    ...(verifiedAt !== undefined && { verifiedAt: new Date(verifiedAt) }),
    ...(isDefault !== undefined && { _default: isDefault }),
  }))
}

/** Returns how many recovery codes are left, and the codes if the service shows them again (ours does not). */
export async function getMfaRecoveryCodes(client = getDefaultClient()): Promise<RecoveryCodes> {
  return inside(client).call('getMfaRecoveryCodes')
}

/** Invalidates the old recovery codes and returns ten new ones. Attaches the elevation for `credential:update`, if one is held. */
export async function createNewMfaRecoveryCodes(client = getDefaultClient()): Promise<RecoveryCodes> {
  const given = inside(client)
  return withProof(given, UPDATE_SCOPE, (proof) => given.call('createNewMfaRecoveryCodes', { proof }))
}

/** Tells the service that the user saved the codes. */
export async function acknowledgeRecoveryCodes(client = getDefaultClient()): Promise<void> {
  await inside(client).call('acknowledgeRecoveryCodes', { body: CODES_ARE_KEPT })
}

/** Returns whether an action that requires `scope` needs a code first. Calls no server if a token for it is held. */
export async function checkStepUpAuth(
  { scope }: { scope: Scope },
  client = getDefaultClient(),
): Promise<StepUpCheck> {
  const { call, vault } = inside(client)
  if (vault.take({ scope, consume: false })) return { isRequired: false, credentials: [] }
  return call('checkStepUpAuth', { body: { scope } })
}

/** Returns the held token that covers `scope`. Removes a single-use token from the client unless `consume` is `false`. */
export const getElevatedAccessToken = (
  params: { scope: string; consume?: boolean },
  client = getDefaultClient(),
): string | undefined => inside(client).vault.take(params)

/** @deprecated Returns the MFA token once. Throws `not_ready` if there is none. */
export function consumeMfaToken(client = getDefaultClient()): string {
  const given = inside(client)
  const { mfaToken } = given
  if (mfaToken === null) throw new TotpFlowError('not_ready', { message: 'There is no MFA token.' })
  given.mfaToken = null
  return mfaToken
}
