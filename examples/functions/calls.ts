/** Every call of the functions, as an app without a flow makes them. A user is signed in; see `createTotpClient`. */
import {
  acknowledgeRecoveryCodes,
  authenticateMfaRecoveryCode,
  authenticateTotpMfaDevice,
  checkStepUpAuth,
  consumeMfaToken,
  createNewMfaRecoveryCodes,
  deleteMfaDevice,
  ELEVATED_TOKEN_HEADER,
  getElevatedAccessToken,
  getMfaDevices,
  getMfaRecoveryCodes,
  registerTotpMfaDevice,
} from 'totp-flow/client'

/** Shows what an authenticator app scans, takes its first code, and shows the recovery codes once. */
export async function setUp(screen: {
  show: (uri: string, secret: string) => void
  askForCode: () => Promise<string>
  showRecoveryCodes: (codes: readonly string[]) => Promise<void>
}): Promise<void> {
  const { uri, secret, id } = await registerTotpMfaDevice()
  screen.show(uri, secret)
  const { recoveryCodes = [] } = await authenticateTotpMfaDevice({
    code: await screen.askForCode(),
    deviceId: id,
  })
  await screen.showRecoveryCodes(recoveryCodes)
  await acknowledgeRecoveryCodes()
}

/** The header of a protected call: asks for a code only if no token for it is held. */
export async function headerFor(scope: 'wallet:export', askForCode: () => Promise<string>): Promise<Headers> {
  const { isRequired } = await checkStepUpAuth({ scope })
  if (isRequired) await authenticateTotpMfaDevice({ code: await askForCode(), requestedScopes: [scope] })
  const headers = new Headers()
  headers.set(ELEVATED_TOKEN_HEADER, getElevatedAccessToken({ scope }) ?? '')
  return headers
}

/** Removes every authenticator; the elevation that the code wins is attached by itself. */
export async function remove(code: string): Promise<void> {
  await authenticateTotpMfaDevice({ code, requestedScopes: ['credential:unlink'] })
  for (const { id } of await getMfaDevices()) await deleteMfaDevice({ deviceId: id })
}

/** The same by the deprecated MFA token. */
export async function removeByMfaToken(code: string): Promise<void> {
  const [device] = await getMfaDevices()
  await authenticateTotpMfaDevice({ code, createMfaTokenOptions: { singleUse: true } })
  if (device) await deleteMfaDevice({ deviceId: device.id, mfaAuthToken: consumeMfaToken() })
}

/** In the place of a lost phone: what the code wins is used to make new codes, when few are left. */
export async function recover(code: string): Promise<readonly string[]> {
  await authenticateMfaRecoveryCode({ code, requestedScopes: ['credential:update'] })
  const { count } = await getMfaRecoveryCodes()
  return count > 5 ? [] : (await createNewMfaRecoveryCodes()).recoveryCodes
}
