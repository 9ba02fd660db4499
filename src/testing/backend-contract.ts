import * as answers from '../contract/answers.ts'
import type { ProofParams, TotpBackend } from '../contract/backend.ts'
import { type TotpErrorCode, TotpFlowError } from '../contract/errors.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { type Scope, UNLINK_SCOPE, UPDATE_SCOPE } from '../contract/scopes.ts'
import { createTotpFlow } from '../flow/create-totp-flow.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'
import type { TotpView } from '../flow/view.ts'
import { type Authenticator, type AuthenticatorClock, authenticator } from './authenticator.ts'

/** A backend to test, with a signed-in user who has no authenticator yet. */
export interface ContractSubject {
  backend: TotpBackend
  /** The user's password, if `proofs` of the backend require it. */
  password?: string
  /** The service's clock, if tests can move it. Otherwise a second code takes up to 30 seconds of waiting. */
  clock?: AuthenticatorClock
  /** Scopes of the service, to request an elevation for. @default ['wallet:export'] */
  scopes?: readonly Scope[]
  /** Called after the case. */
  end?: () => unknown
}

/** One requirement of the contract, as a case for any test runner. */
export interface ContractCase {
  /** The id that `cannot` refers to. */
  id: ContractId
  title: string
  /** Rejects with an `Error` that says what is wrong. */
  run: () => Promise<void>
}

/** The subjects of the cases. */
export type ContractId =
  | 'none at first'
  | 'registration'
  | 'wrong code'
  | 'right code'
  | 'device limit'
  | 'replay'
  | 'step-up'
  | 'removal'
  | 'removal without proof'
  | 'removal twice'
  | 'recovery codes'
  | 'new recovery codes'
  | 'abort'
  | 'whole flow'

/** The backend to test, and its limits. */
export interface ContractOptions {
  /** Creates a backend with a new user for every case. */
  make: () => ContractSubject | Promise<ContractSubject>
  /** What the service cannot do, with the reason. These cases are left out. */
  cannot?: Partial<Record<ContractId, string>>
}

/**
 * Returns tests of what every backend must do, for authors of a backend. Leaves out tests of optional methods that the
 * backend lacks, and those named in `cannot`.
 *
 * @example
 * ```ts
 * import { memoryBackend } from 'totp-flow/memory'
 * import { backendContract } from 'totp-flow/testing'
 * import { describe, it } from 'vitest'
 *
 * describe('my backend', () => {
 *   for (const { title, run } of backendContract({ make: () => ({ backend: memoryBackend() }) })) it(title, run)
 * })
 * ```
 */
export function backendContract({ make, cannot = {} }: ContractOptions): ContractCase[] {
  return Object.entries(promises)
    .filter(([id]) => !Object.hasOwn(cannot, id))
    .map(([id, { title, keep }]) => ({
      id: id as ContractId,
      title,
      async run() {
        const subject = await make()
        try {
          await keep(userOf(subject))
        } finally {
          await subject.end?.()
        }
      },
    }))
}

interface Promised {
  title: string
  keep: (user: User) => Promise<void>
}
type User = ReturnType<typeof userOf>

/** A user with a phone, who knows the password. */
function userOf({ backend, password, clock, scopes = ['wallet:export'] }: ContractSubject) {
  const proofs = { register: 'none', delete: 'code', renewRecoveryCodes: 'code', ...backend.proofs }
  const withPassword = (act: keyof typeof proofs) =>
    proofs[act] === 'password' ? { password: given(password, 'make() must return the password') } : {}
  const secrets: string[] = password === undefined ? [] : [password]

  async function register() {
    const answer = await backend.registerTotpMfaDevice(withPassword('register'))
    const registration = parseAnswer(answers.registration, answer)
    secrets.push(registration.secret)
    return { registration, phone: authenticator(registration.uri, clock && { clock }) }
  }
  const verify = async (phone: Authenticator, deviceId?: string, requestedScopes?: readonly Scope[]) => {
    const code = await phone.nextUnused()
    const params = { code, ...(deviceId && { deviceId }), ...(requestedScopes && { requestedScopes }) }
    return parseAnswer(answers.authentication, await backend.authenticateTotpMfaDevice(params))
  }
  async function enroll() {
    const { registration, phone } = await register()
    const won = await verify(phone, registration.id)
    const recoveryCodes = won.recoveryCodes ?? registration.recoveryCodes
    return { phone, device: given(await device(), 'a device that was verified is listed'), recoveryCodes }
  }
  const devices = async () => parseAnswer(answers.mfaDevices, await backend.getMfaDevices())
  const device = async () => (await devices()).find(({ verified }) => verified)
  /** The proof that an action requires. */
  async function proofFor(act: 'delete' | 'renewRecoveryCodes', phone: Authenticator): Promise<ProofParams> {
    if (proofs[act] !== 'code') return withPassword(act)
    const scope = act === 'delete' ? UNLINK_SCOPE : UPDATE_SCOPE
    const { elevation } = await verify(phone, (await device())?.id, [scope])
    return elevation?.token === undefined ? {} : { elevatedAccessToken: elevation.token }
  }
  const remove = async (deviceId: string, proof: ProofParams) =>
    backend.deleteMfaDevice({ deviceId, ...proof })
  return {
    backend,
    password,
    clock,
    scopes,
    proofs,
    secrets,
    register,
    verify,
    enroll,
    devices,
    device,
    proofFor,
    remove,
  }
}

const promises: Record<ContractId, Promised> = {
  'none at first': {
    title: 'the backend has no verified device for a user who has set up none',
    async keep({ device }) {
      same(await device(), undefined, 'a verified device')
    },
  },
  registration: {
    title:
      'the backend returns a registration whose URI holds the same secret, and which protects nothing yet',
    async keep({ register, device }) {
      const { registration, phone } = await register()
      same(phone.secret.replaceAll('=', ''), registration.secret.replaceAll('=', ''), 'the secret in the URI')
      same(await device(), undefined, 'a verified device before the first code')
    },
  },
  'wrong code': {
    title:
      'the backend rejects a wrong code as invalid_code, quotes no secret, and then accepts the right one',
    async keep({ backend, register, verify, secrets }) {
      const { registration, phone } = await register()
      const code = phone.wrongCode()
      const error = await refused(
        () =>
          backend.authenticateTotpMfaDevice({ code, ...(registration.id && { deviceId: registration.id }) }),
        ['invalid_code'],
      )
      for (const secret of [...secrets, code])
        same(String(error.message).includes(secret), false, 'a secret in the message of an error')
      await verify(phone, registration.id)
    },
  },
  'right code': {
    title: 'the backend verifies the device with the first right code, and lists it',
    async keep({ register, verify, devices }) {
      const { registration, phone } = await register()
      const { deviceId, sessionExpiresAt } = await verify(phone, registration.id)
      const verified = (await devices()).filter((one) => one.verified)
      same(verified.length, 1, 'the number of verified devices')
      same(deviceId, verified[0]?.id, 'the id that the code was of')
      same(sessionExpiresAt > Date.UTC(2000, 0), true, 'that sessionExpiresAt is epoch milliseconds')
    },
  },
  'device limit': {
    title: 'the backend rejects a second device',
    async keep({ register, enroll }) {
      await enroll()
      await refused(register, ['device_limit'])
    },
  },
  replay: {
    title: 'the backend accepts each code once',
    async keep({ backend, register, device }) {
      const { registration, phone } = await register()
      const code = await phone.nextUnused()
      const params = { code, ...(registration.id && { deviceId: registration.id }) }
      await backend.authenticateTotpMfaDevice(params)
      const deviceId = (await device())?.id
      await refused(
        () => backend.authenticateTotpMfaDevice({ code, ...(deviceId && { deviceId }) }),
        ['code_reused', 'invalid_code'],
      )
    },
  },
  'step-up': {
    title: 'the backend grants what its assurance promises for a right code',
    async keep({ backend, enroll, verify, scopes }) {
      const { phone, device } = await enroll()
      const { elevation } = await verify(phone, device.id, scopes)
      if (backend.assurance === 'session') return
      const won = given(elevation, 'assurance "scopes" grants an elevation for the requested scopes')
      for (const scope of scopes)
        same(won.scopes.includes(scope), true, `the scope ${scope} in the elevation`)
    },
  },
  removal: {
    title: 'the backend removes the device for the proof that it declares',
    async keep({ backend, enroll, proofFor, remove, device: verified, proofs }) {
      const { phone, device } = await enroll()
      if (proofs.delete === 'password') {
        const wrong = { deviceId: device.id, password: 'not the password' }
        await refused(() => backend.deleteMfaDevice(wrong), ['invalid_password'])
        given(await verified(), 'a wrong password leaves the device')
      }
      await remove(device.id, await proofFor('delete', phone))
      same(await verified(), undefined, 'a device after its removal')
    },
  },
  'removal without proof': {
    title: 'the backend removes nothing without the proof that it declares',
    async keep({ enroll, remove, device: verified, proofs, backend }) {
      const { device } = await enroll()
      // A backend that keeps its tokens itself, or checks the session, got a code just now.
      if (proofs.delete === 'none' || (proofs.delete === 'code' && backend.assurance === 'session')) return
      if (proofs.delete === 'code' && backend.getElevatedAccessToken) return
      await refused(
        () => remove(device.id, {}),
        ['proof_required', 'elevation_required', 'elevation_expired', 'invalid_password'],
      )
      given(await verified(), 'the device after a removal that was refused')
    },
  },
  'removal twice': {
    title: 'the backend rejects the removal of a device that is already gone',
    async keep({ enroll, proofFor, remove }) {
      const { phone, device } = await enroll()
      const proof = await proofFor('delete', phone)
      await remove(device.id, proof)
      await refused(() => remove(device.id, proof), ['no_device', 'proof_required', 'elevation_required'])
    },
  },
  'recovery codes': {
    title: 'the backend accepts a recovery code in place of an app code, once',
    async keep({ backend, enroll }) {
      const recover = backend.authenticateMfaRecoveryCode?.bind(backend)
      const { recoveryCodes } = await enroll()
      if (!recover || !recoveryCodes?.[0]) return
      const [code] = recoveryCodes
      parseAnswer(answers.authentication, await recover({ code }))
      await refused(() => recover({ code }), ['code_reused', 'invalid_code'])
    },
  },
  'new recovery codes': {
    title:
      'the backend creates new recovery codes for the proof that it declares, and invalidates the old ones',
    async keep({ backend, enroll, proofFor }) {
      const { phone, recoveryCodes: old } = await enroll()
      if (!backend.createNewMfaRecoveryCodes) return
      const proof = await proofFor('renewRecoveryCodes', phone)
      const made = parseAnswer(answers.recoveryCodes, await backend.createNewMfaRecoveryCodes(proof))
      same(new Set(made.recoveryCodes).size, made.count, 'the number of different codes')
      const recover = backend.authenticateMfaRecoveryCode?.bind(backend)
      const [dead] = old ?? []
      if (recover && dead) await refused(() => recover({ code: dead }), ['invalid_code', 'code_reused'])
    },
  },
  abort: {
    title: 'the backend aborts a call whose signal has fired',
    async keep({ backend }) {
      await refused(() => backend.getMfaDevices({ signal: AbortSignal.abort() }), ['aborted'])
    },
  },
  'whole flow': {
    title: 'a flow over the backend sets up, steps up and removes, with the proofs that the backend requires',
    async keep({ backend, password, scopes, register: _, ...user }) {
      const flow = createTotpFlow({ backend, tabs: false })
      const prove = async (code: () => Promise<string>) => {
        const view = await flow.waitFor(({ busy }) => !busy)
        if (view.showsPasswordField) flow.submitPassword(given(password, 'make() must return the password'))
        else if (view.showsCodeField) flow.submitCode(await code())
      }
      try {
        await flow.settled()
        flow.register()
        if (user.proofs.register === 'password') await prove(async () => '')
        const { registration } = await flow.waitFor(
          (view) => view.registration !== null || view.error !== null,
        )
        const uri = given(registration, `an enrollment begins (${flow.getView().error?.message})`).unseal()
          .uri
        const phone = authenticator(uri, user.clock && { clock: user.clock })
        await prove(() => phone.nextUnused())
        await reaches(flow, 'elevated')
        flow.stepUp(scopes, { fresh: true })
        await prove(() => phone.nextUnused())
        await reaches(flow, 'elevated')
        let isDeleted = false
        flow.on('deleted', () => {
          isDeleted = true
        })
        flow.deleteDevice()
        await prove(() => phone.nextUnused())
        const { error } = await flow.waitFor((view) => isDeleted || view.error !== null)
        same(error?.code, undefined, 'what went wrong with the removal')
        const { device } = await flow.waitFor(({ busy }) => !busy)
        same(device, null, 'the device after its removal')
      } finally {
        flow.stop()
      }
    },
  },
}

/** Waits for the state, or for the flow to stop short of it. */
async function reaches(flow: TotpFlow, state: 'elevated') {
  const isOver = ({ busy, error, state: now }: TotpView) => !busy && (error !== null || now === 'idle')
  const view = await flow.waitFor((one) => one.state === state || isOver(one))
  same(view.error?.code ?? view.state, state, 'where a right code leads')
}

/** Expects a call to reject with one of these codes, and returns the error. */
async function refused(
  call: () => Promise<unknown>,
  codes: readonly TotpErrorCode[],
): Promise<TotpFlowError> {
  const error: unknown = await call().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error === undefined) throw new Error(`The call succeeded; it must reject with ${codes.join(' or ')}.`)
  if (!(error instanceof TotpFlowError))
    throw new Error(`The call rejected with ${error}; it must be a TotpFlowError.`, { cause: error })
  if (!codes.includes(error.code))
    throw new Error(`The call rejected with ${error.code}; it must be ${codes.join(' or ')}.`, {
      cause: error,
    })
  return error
}

function same(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted)
    throw new Error(`Expected ${what}: ${JSON.stringify(wanted)}. Found: ${JSON.stringify(found)}.`)
}

function given<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`Missing: ${what}.`)
  return value
}
