import * as sdk from '@dynamic-labs-sdk/client'
import { createApiClient, getCore } from '@dynamic-labs-sdk/client/core'
import type { Authentication, Elevation, MfaDevice } from '../contract/answers.ts'
import * as answers from '../contract/answers.ts'
import type { CallOptions, RequestedGrant, TotpBackend } from '../contract/backend.ts'
import { ceremonyError } from '../contract/ceremony-error.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { gateOfScope } from '../contract/gate.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import * as passkeys from '../contract/passkeys.ts'
import { LINK_SCOPE, UNLINK_SCOPE } from '../contract/scopes.ts'
import { elevationFrom } from '../contract/wire/authentication.ts'
import { dynamicError } from './dynamic-error.ts'

/**
 * Creates a backend over Dynamic's own SDK: `createTotpFlow({ backend: dynamicBackend() })`. Pass a client if the app
 * has several. Otherwise uses the one that `createDynamicClient` made, and throws `not_ready` if that was not called
 * before. The flow loads once the SDK has restored its session.
 *
 * Elevated tokens and the session stay in the SDK's store, and its events fire as usual. The SDK does not accept a
 * signal: an aborted call rejects at once, but its request continues, and the SDK keeps the result. It fires no event
 * when it consumes a single-use token itself: a flow notices at its next call, or when its page gets the focus.
 *
 * The SDK also prompts for passkeys. If a call is aborted, the browser's dialog stays open until the person closes it
 * or another passkey is requested. The SDK does not say when a passkey was last used.
 */
export function dynamicBackend(client: sdk.DynamicClient = defaultClient()): TotpBackend {
  /** Devices that the next right code verifies for the first time. */
  const pending = new Set<string>()
  let verified: string | undefined
  let hasPasskey = false

  async function getDevices(): Promise<MfaDevice[]> {
    // Until then, it has not restored its session. After a failure too, it may have, and it never initializes again.
    await sdk.waitForClientInitialized(client).catch(() => {})
    const devices = parseAnswer(
      answers.mfaDevices,
      (await sdk.getMfaDevices(client)).filter(({ type }: sdk.MFADevice) => type === 'totp').map(deviceFrom),
    )
    for (const device of devices) if (!device.verified) pending.add(device.id)
    verified = devices.find((device) => device.verified)?.id
    return devices
  }

  async function won(
    response: sdk.VerifyResponse,
    { requestedScopes = [], createMfaTokenOptions }: RequestedGrant,
    { given, signal }: { given?: string | undefined; signal?: AbortSignal | undefined },
  ): Promise<Authentication> {
    const granted = grantOf(response, { requestedScopes, createMfaTokenOptions })
    const deviceId = given ?? verified ?? (await getDevices()).find((device) => device.verified)?.id ?? ''
    // If the call was aborted, nobody would see new codes.
    const recoveryCodes =
      pending.delete(deviceId) && !signal?.aborted ? await unacknowledgedCodes() : undefined
    verified = deviceId
    return { deviceId, ...granted, ...(recoveryCodes && { recoveryCodes }) }
  }

  function grantOf(
    response: sdk.VerifyResponse,
    { requestedScopes = [], createMfaTokenOptions }: RequestedGrant,
  ): Omit<Authentication, 'deviceId'> {
    if (typeof response.user?.id !== 'string') throw new TotpFlowError('malformed_response')
    const elevation = elevationOf(response, requestedScopes)
    const mfaToken = createMfaTokenOptions && response.mfaToken && client.mfaToken
    return {
      sessionExpiresAt: client.sessionExpiresAt?.getTime() ?? response.expiresAt * 1000,
      ...(elevation && { elevation }),
      ...(mfaToken && { mfaToken }),
    }
  }

  /**
   * The elevation that the SDK will send for these scopes. It drops what has expired by this machine's clock, and so
   * does the flow.
   */
  function elevationOf(
    { elevatedAccessToken }: sdk.VerifyResponse,
    scopes: readonly string[],
  ): Elevation | undefined {
    const isStored = scopes.some((scope) => sdk.getElevatedAccessToken({ scope, consume: false }, client))
    if (!elevatedAccessToken || !isStored) return undefined
    const { scopes: granted, expiresAt, singleUse } = elevationFrom(elevatedAccessToken)
    return { scopes: granted, expiresAt, singleUse }
  }

  /** The enrollment is complete whether or not the codes can be read. Without them, the user has none to lose. */
  async function unacknowledgedCodes(): Promise<string[] | undefined> {
    try {
      if (!sdk.isPendingRecoveryCodesAcknowledgment(client)) return undefined
      const { recoveryCodes } = await sdk.getMfaRecoveryCodes(client)
      // A service that shows codes only once, like ours, returns none here.
      return recoveryCodes.length > 0
        ? recoveryCodes
        : (await sdk.createNewMfaRecoveryCodes(client)).recoveryCodes
    } catch {
      return undefined
    }
  }

  return {
    channel: 'dynamic',
    onSignedOut(listener) {
      let userId = client.user?.id
      const look = () => {
        const isOver = userId !== undefined && client.user?.id !== userId
        userId = client.user?.id
        if (isOver) listener()
      }
      const stop = [
        sdk.onEvent({ event: 'userChanged', listener: look }, client),
        sdk.onEvent({ event: 'logout', listener: look }, client),
      ]
      return () => {
        for (const end of stop) end()
      }
    },
    getElevatedAccessToken({ scopes, consume }) {
      // The SDK looks up one scope and returns the first match, which may hide a token for several scopes.
      const scope = scopes.find((one) => {
        const found = sdk.getElevatedAccessToken({ scope: one, consume: false }, client)
        return found !== undefined && covers(found, scopes)
      })
      if (scope === undefined) return undefined
      const isKept = scopes.every((one) => SENT_BY_THE_SDK.includes(one))
      return sdk.getElevatedAccessToken({ scope, consume: isKept ? false : consume }, client)
    },
    getMfaDevices: (o) => call(getDevices, o),
    getPasskeys: (o) =>
      call(async () => {
        const found = parseAnswer(passkeys.passkeys, (await passkeysOf(client)).map(passkeyFrom))
        hasPasskey = found.length > 0
        return found
      }, o),
    getGate: () => gateOfScope(client.user?.scope, verified !== undefined || hasPasskey),
    registerTotpMfaDevice: (o) =>
      call(async () => {
        const registration = parseAnswer(answers.totpRegistration, await sdk.registerTotpMfaDevice(client))
        pending.add(registration.id)
        return registration
      }, o),
    authenticateTotpMfaDevice: ({ code, deviceId, ...grant }, o) =>
      call(async () => {
        const params = { code, ...(deviceId !== undefined && { deviceId }), ...inItsWords(grant) }
        return won(await sdk.authenticateTotpMfaDevice(params, client), grant, { given: deviceId, ...o })
      }, o),
    authenticatePasskeyMFA: (grant, o) =>
      call(async () => {
        const { createMfaTokenOptions: createMfaToken, ...params } = inItsWords(grant)
        const asked = sdk.authenticatePasskeyMFA(
          { ...params, ...(createMfaToken && { createMfaToken }) },
          client,
        )
        return { deviceId: '', ...grantOf(await asked.catch(rethrowCeremony), grant) } // the SDK does not say which passkey
      }, o),
    registerPasskey: (_params, o) =>
      call(async () => {
        await sdk.registerPasskey({}, client).catch(rethrowCeremony)
      }, o),
    renamePasskey: ({ passkeyId: id, alias }, o) =>
      call(async () => {
        const { environmentId } = getCore(client)
        await createApiClient({}, client).updatePasskey({
          environmentId,
          updateUserPasskeyRequest: { id, alias },
        })
      }, o),
    deletePasskey: ({ passkeyId }, o) => call(() => sdk.deletePasskey({ passkeyId }, client), o),
    deleteMfaDevice: ({ deviceId, mfaAuthToken }, o) =>
      call(() => sdk.deleteMfaDevice({ deviceId, ...(mfaAuthToken && { mfaAuthToken }) }, client), o),
    getMfaRecoveryCodes: (o) =>
      call(async () => {
        const acknowledged = !sdk.isPendingRecoveryCodesAcknowledgment(client)
        return { acknowledged, ...parseAnswer(answers.recoveryCodes, await sdk.getMfaRecoveryCodes(client)) }
      }, o),
    createNewMfaRecoveryCodes: (_proof, o) =>
      call(async () => parseAnswer(answers.recoveryCodes, await sdk.createNewMfaRecoveryCodes(client)), o),
    authenticateMfaRecoveryCode: ({ code, ...grant }, o) =>
      call(async () => {
        const params = { code, ...inItsWords(grant) }
        return won(await sdk.authenticateMfaRecoveryCode(params, client), grant, { ...o })
      }, o),
    acknowledgeRecoveryCodes: (o) =>
      call(async () => {
        await sdk.acknowledgeRecoveryCodes(client)
      }, o),
    checkStepUpAuth: ({ scope }, o) =>
      call(
        async () =>
          parseAnswer(
            answers.stepUpCheck,
            await sdk.checkStepUpAuth({ scope: scope as sdk.TokenScope }, client),
          ),
        o,
      ),
  }
}

/** The SDK removes a token for these scopes from its store when it sends it. */
const SENT_BY_THE_SDK: readonly string[] = [LINK_SCOPE, UNLINK_SCOPE]

function rethrowCeremony(thrown: unknown): never {
  throw ceremonyError(thrown)
}

/** Returns no passkeys if the service has no such call, such as an older version of this server. */
const passkeysOf = async (client: sdk.DynamicClient): Promise<sdk.UserPasskey[]> => {
  try {
    return await sdk.getPasskeys(client)
  } catch (thrown) {
    if (['not_covered', 'not_found'].includes(dynamicError(thrown).code)) return []
    throw thrown
  }
}

const passkeyFrom = ({ id, alias, createdAt }: sdk.UserPasskey) => ({
  id,
  ...(alias !== undefined && { alias }),
  createdAt: createdAt.toISOString(),
})

function covers(token: string, scopes: readonly string[]): boolean {
  const { scopes: granted } = elevationFrom(token)
  return scopes.every((scope) => granted.includes(scope))
}

function defaultClient(): sdk.DynamicClient {
  try {
    return sdk.getDefaultClient()
  } catch (cause) {
    const message = 'There is no client yet. Call createDynamicClient() first.'
    throw new TotpFlowError('not_ready', { message, cause })
  }
}

/** The SDK's scopes are an enum with the same values as ours. */
function inItsWords({ requestedScopes, authorizationDetails, createMfaTokenOptions }: RequestedGrant) {
  if (authorizationDetails)
    throw new TotpFlowError('bad_request', {
      message: 'Dynamic cannot bind an elevation to authorizationDetails.',
    })
  return {
    ...(requestedScopes && { requestedScopes: [...requestedScopes] as sdk.TokenScope[] }),
    ...(createMfaTokenOptions && {
      createMfaTokenOptions: { singleUse: createMfaTokenOptions.singleUse ?? false },
    }),
  }
}

const deviceFrom = ({ createdAt, verifiedAt, _default, ...device }: sdk.MFADevice) => ({
  ...device,
  createdAt: createdAt?.toISOString(),
  ...(verifiedAt && { verifiedAt: verifiedAt.toISOString() }),
  ...(_default !== undefined && { default: _default }),
})

async function call<T>(run: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
  try {
    return await orAborted(run, signal)
  } catch (thrown) {
    throw dynamicError(thrown)
  }
}

function orAborted<T>(run: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new TotpFlowError('aborted'))
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort, { once: true })
    run()
      .then(resolve, reject)
      .finally(() => signal?.removeEventListener('abort', abort))
  })
}
