/**
 * The functions of Dynamic's documents, over our server or Dynamic's: the same names, parameters and answers, so that
 * code written from those documents works with its import changed. Use a flow to have the steps kept in order.
 */
import type { RecoveryCodes, StepUpCheck, TotpRegistration, VerifyResponse } from '../contract/answers.ts'
import type { ProofParams, RequestedGrant } from '../contract/backend.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { LINK_SCOPE, type Scope, UNLINK_SCOPE, UPDATE_SCOPE } from '../contract/scopes.ts'
import { CODES_ARE_KEPT, codeBody, recoveryBody, type Wire } from '../contract/wire/wire.ts'
import { createHttpWire, type HttpBackendOptions, tellSession } from './http-wire.ts'
import { createTokenVault, type TokenVault } from './token-vault.ts'

/** Where the service is, and who asks. */
export type TotpClientOptions = HttpBackendOptions & {
  /** Epoch milliseconds. @default Date.now */
  clock?: () => number
}

/** A session of a service, with the proofs that were won in it: the tokens are held in memory, and attached where needed. */
export interface TotpClient {
  /** @deprecated Of the last verification that asked for one, until it is consumed. Ask for `requestedScopes` instead. */
  readonly mfaToken: string | null
  /** Forgets every proof; to be called when the user signs out. */
  clear(): void
}

interface Inside {
  call: Wire
  vault: TokenVault
  mfaToken: string | null
  /** An answer to what was asked before the last time is nobody's. */
  timesCleared: number
  options: HttpBackendOptions
}
const insides = new WeakMap<TotpClient, Inside>()
let defaultClient: TotpClient | undefined

/** Makes a client, and makes it the default one of all functions here. */
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

/** Makes a client the one that the functions here use when none is given. */
export function setDefaultClient(client: TotpClient): void {
  defaultClient = client
}

/** The client that was made, or set, last. */
export function getDefaultClient(): TotpClient {
  if (defaultClient) return defaultClient
  throw new TotpFlowError('not_ready', { message: 'There is no client yet. Call createTotpClient() first.' })
}

function inside(client: TotpClient): Inside {
  const found = insides.get(client)
  if (!found) throw new TypeError('A client is made by createTotpClient()')
  return found
}

/** The proof that is attached by itself where one for `scope` is held. */
const proofOf = ({ vault }: Inside, scope: Scope): ProofParams => ({
  elevatedAccessToken: vault.take({ scope }),
})

/**
 * Starts an enrollment: show `uri` as a QR code, then verify the first code with `authenticateTotpMfaDevice`. Attaches the
 * elevation for `credential:link`, if one is held. Rejects with `device_limit` where an app is set up.
 */
export async function registerTotpMfaDevice(
  client = getDefaultClient(),
): Promise<TotpRegistration & { type: 'totp' }> {
  const given = inside(client)
  const registration = await given.call('registerTotpMfaDevice', { proof: proofOf(given, LINK_SCOPE) })
  return { ...registration, type: 'totp' }
}

/** In Dynamic's words. */
interface SdkRequestedGrant extends RequestedGrant {
  /** @deprecated Ask for `requestedScopes` instead. */
  createMfaTokenOptions?: { singleUse: boolean }
}
/** A code of the authenticator app, and what is wanted for it. */
export interface AuthenticateTotpMfaDeviceParams extends SdkRequestedGrant {
  /** Six digits. */
  code: string
  /** Where that is another one by now, the code is refused with `device_replaced`. @default the one that there is */
  deviceId?: string
}
/** A recovery code, and what is wanted for it. */
export interface AuthenticateMfaRecoveryCodeParams extends SdkRequestedGrant {
  /** As it was typed: case, spaces and hyphens do not matter. */
  code: string
}

/**
 * Verifies a code: the first one ends an enrollment, any later one steps up. Rejects as `TotpBackend` has it: `invalid_code`,
 * `code_reused`, `rate_limited` with `retryAt`, …
 */
export async function authenticateTotpMfaDevice(
  params: AuthenticateTotpMfaDeviceParams,
  client = getDefaultClient(),
): Promise<VerifyResponse> {
  return won(client, () => inside(client).call('authenticateTotpMfaDevice', { body: codeBody(params) }))
}

/** Consumes a recovery code in place of the authenticator's. */
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

/** Which device to remove. */
export interface DeleteMfaDeviceParams {
  deviceId: string
  /** @deprecated An elevation for `credential:unlink`, if one is held, is attached by itself. */
  mfaAuthToken?: string | null
}

/** Removes a device; rejects with `proof_required` where no proof is held, or none that the service takes. */
export async function deleteMfaDevice(
  { deviceId, mfaAuthToken }: DeleteMfaDeviceParams,
  client = getDefaultClient(),
): Promise<void> {
  const given = inside(client)
  const proof = { ...proofOf(given, UNLINK_SCOPE), mfaAuthToken: mfaAuthToken ?? undefined }
  await given.call('deleteMfaDevice', { deviceId, proof })
}

/** As Dynamic's SDK shows a device. */
export interface ClientMfaDevice {
  id: string
  type: 'totp'
  /** Whether a first code was verified: until then it is pending, and gates nothing. */
  verified: boolean
  createdAt: Date
  /** Absent while it is pending. */
  verifiedAt?: Date
  /** In Dynamic's words. Of our server, whether it is verified: a user has one. */
  _default?: boolean
  /** Dynamic's; our server has none. */
  alias?: string
}

/** The user's authenticator apps: none or one, a pending one included. */
export async function getMfaDevices(client = getDefaultClient()): Promise<ClientMfaDevice[]> {
  const { devices } = await inside(client).call('getMfaDevices')
  return devices.map(({ createdAt, verifiedAt, default: isDefault, ...device }) => ({
    ...device,
    createdAt: new Date(createdAt),
    ...(verifiedAt !== undefined && { verifiedAt: new Date(verifiedAt) }),
    ...(isDefault !== undefined && { _default: isDefault }),
  }))
}

/** How many recovery codes are left, and the codes where the service shows them again (ours does not). */
export async function getMfaRecoveryCodes(client = getDefaultClient()): Promise<RecoveryCodes> {
  return inside(client).call('getMfaRecoveryCodes')
}

/** Ten new codes, which kills all others; attaches the elevation for `credential:update`, if one is held. */
export async function createNewMfaRecoveryCodes(client = getDefaultClient()): Promise<RecoveryCodes> {
  const given = inside(client)
  return given.call('createNewMfaRecoveryCodes', { proof: proofOf(given, UPDATE_SCOPE) })
}

/** Tells the service that the user has kept the codes. */
export async function acknowledgeRecoveryCodes(client = getDefaultClient()): Promise<void> {
  await inside(client).call('acknowledgeRecoveryCodes', { body: CODES_ARE_KEPT })
}

/** Whether a code has to be asked for before an action that takes `scope`; asks nobody if a token for it is held. */
export async function checkStepUpAuth(
  { scope }: { scope: Scope },
  client = getDefaultClient(),
): Promise<StepUpCheck> {
  const { call, vault } = inside(client)
  if (vault.take({ scope, consume: false })) return { isRequired: false, credentials: [] }
  return call('checkStepUpAuth', { body: { scope } })
}

/** The held token that is good for `scope`; a single-use one is gone from the client unless `consume` is `false`. */
export const getElevatedAccessToken = (
  params: { scope: string; consume?: boolean },
  client = getDefaultClient(),
): string | undefined => inside(client).vault.take(params)

/** @deprecated Hands out the MFA token once; throws `not_ready` when there is none. */
export function consumeMfaToken(client = getDefaultClient()): string {
  const given = inside(client)
  const { mfaToken } = given
  if (mfaToken === null) throw new TotpFlowError('not_ready', { message: 'There is no MFA token.' })
  given.mfaToken = null
  return mfaToken
}
