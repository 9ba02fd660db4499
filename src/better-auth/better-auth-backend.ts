import type { Authentication, MfaDevice } from '../contract/answers.ts'
import type { CallOptions, TotpBackend } from '../contract/backend.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import * as answers from '../contract/passkeys.ts'
import {
  array,
  boolean,
  looseObject,
  nothing,
  object,
  readAs,
  record,
  type Shape,
  string,
  union,
  unknown,
} from '../contract/shape.ts'
import { betterAuthError } from './better-auth-error.ts'
import { type Assertion, type Attestation, askForPasskey, makePasskey } from './ceremony.ts'

/** The options that the backend passes to the calls of better-auth's client. */
interface FetchOptions {
  signal?: AbortSignal
  throw: false
  retry?: undefined
  disableSignal: boolean
  onError(context: { response: Response }): void
}
type Call<Body> = (body: Body, options: FetchOptions) => Promise<unknown>

/** The result of `createAuthClient`, from any of better-auth's clients, with the `twoFactorClient()` plugin. */
export interface BetterAuthClient {
  getSession: Call<{ query: { disableCookieCache: true } }>
  twoFactor: {
    enable: Call<{ password: string }>
    disable: Call<{ password: string }>
    verifyTotp: Call<{ code: string }>
    verifyBackupCode: Call<{ code: string }>
    generateBackupCodes: Call<{ password: string }>
  }
  /** Present with the `passkeyClient()` plugin. */
  passkey?: {
    listUserPasskeys: Call<Record<never, never>>
    generateAuthenticateOptions: Call<Record<never, never>>
    verifyAuthentication: Call<{ response: Assertion }>
    generateRegisterOptions: Call<{ query: { name?: string } }>
    verifyRegistration: Call<{ response: Attestation; name?: string }>
    updatePasskey: Call<{ id: string; name: string }>
    deletePasskey: Call<{ id: string }>
  }
  $store: { atoms: Record<string, { subscribe(listener: (value: unknown) => void): () => void } | undefined> }
}

/** How the user signs in. */
export interface BetterAuthOptions {
  /**
   * Whether the user has a password. With `false`, as for a social account, the flow prompts for a code to remove the app and for
   * new backup codes. Requires `allowPasswordless: true` on the server. @default true
   */
  hasPassword?: boolean
  /**
   * Whether a sign-in returned `twoFactorRedirect` and still waits for its code. The right code then signs the user in.
   * @default no sign-in waits for a code
   */
  owesCode?: () => boolean
  /**
   * Whether the server has the `passkey()` plugin, and the client `passkeyClient()`. A passkey of the user then answers a prompt of
   * a running session. @default false
   */
  passkeys?: boolean
}

const session = union(
  nothing,
  object({
    session: object({ expiresAt: unknown }),
    user: object({ id: string() }, { twoFactorEnabled: unknown }),
  }),
)
const enabled = object({ totpURI: string(), backupCodes: array(string()) })
const done = object({ status: boolean })
const verified = object({ token: string() })
const renewed = object({ backupCodes: array(string()) })
const passkeys = array(object({ id: string() }, { name: unknown, createdAt: unknown, backedUp: unknown }))
/** In the form that browsers take. Unknown fields are kept. */
const toAuthenticate = looseObject(
  object({}, { allowCredentials: array(looseObject(object({ id: string() }))) }),
)
const signedIn = object({ session: object({ expiresAt: unknown }), user: object({ id: string() }) })

const stored = object({ data: object({ user: object({ id: string() }) }) })
const userIn = (value: unknown) => readAs(stored, value)?.data.user.id

const APP = { id: '', type: 'totp', verified: true } as const satisfies MfaDevice

/**
 * Creates a backend over better-auth's two-factor plugin. It sends every call through your client, so its cookies, plugins and
 * `useSession` keep working.
 *
 * A right code makes the session fresh in this page only: better-auth keeps no record of it, so a server cannot check.
 *
 * @example
 * ```ts
 * import { createAuthClient } from 'better-auth/client'
 * import { twoFactorClient } from 'better-auth/client/plugins'
 * import { createTotpFlow } from 'totp-flow'
 * import { betterAuthBackend } from 'totp-flow/better-auth'
 *
 * const authClient = createAuthClient({ plugins: [twoFactorClient()] })
 * const flow = createTotpFlow({ backend: betterAuthBackend(authClient) })
 * ```
 */
export function betterAuthBackend(
  client: BetterAuthClient,
  { hasPassword = true, owesCode = () => false, passkeys: takesPasskeys = false }: BetterAuthOptions = {},
): TotpBackend {
  const { twoFactor } = client
  const proof = hasPassword ? 'password' : 'code'
  let last: Promise<unknown> = Promise.resolve()
  let isEnrolled = false
  let isCodeOwed = false

  /**
   * Makes one call at a time: if a session is read while another call replaces it, better-auth deletes its cookie. For the same
   * reason, the client's store rereads the session only after calls that change it (`changes`).
   */
  function call<T>(
    shape: Shape<T>,
    send: (options: FetchOptions) => Promise<unknown>,
    { signal, changes = false }: CallOptions & { changes?: boolean } = {},
  ): Promise<T> {
    const answer = last.then(() => answerOf(shape, send, signal, changes))
    last = answer.catch(() => {})
    return answer
  }

  async function getSession(o?: CallOptions) {
    const current = await call(
      session,
      (options) => client.getSession({ query: { disableCookieCache: true } }, options),
      o,
    )
    isEnrolled = current?.user.twoFactorEnabled === true
    return current
  }

  async function authenticate(
    send: (options: FetchOptions) => Promise<unknown>,
    o?: CallOptions,
  ): Promise<Authentication> {
    // The first code sets up the app or signs in, and either one replaces the session.
    await call(verified, send, { ...o, changes: !isEnrolled })
    // The answer lacks the session's lifetime. The code was right, whether or not that can be read.
    const current = await getSession(o).catch(() => null)
    return { deviceId: '', sessionExpiresAt: endOf(current?.session.expiresAt) }
  }

  return {
    channel: 'better-auth',
    assurance: 'session',
    freshFor: FRESH_FOR_MS,
    proofs: { register: hasPassword ? 'password' : 'none', delete: proof, renewRecoveryCodes: proof },

    onSignedOut(listener) {
      let userId: string | undefined
      let isStopped = false
      const look = async (value: unknown) => {
        const id = userIn(value)
        if (id !== undefined) userId ??= id
        if (id === userId) return
        // The session may have been read while a code replaced it, so it may exist after all.
        const current = await getSession().catch(() => undefined)
        if (isStopped || current === undefined || current?.user.id === userId) return
        userId = current?.user.id
        listener()
      }
      const stop = client.$store.atoms.session?.subscribe((value) => void look(value))
      return () => {
        isStopped = true
        stop?.()
      }
    },

    async getMfaDevices(o) {
      const current = await getSession(o)
      isCodeOwed = current === null && owesCode()
      if (current === null && !isCodeOwed) throw new TotpFlowError('unauthenticated')
      return isEnrolled || isCodeOwed ? [APP] : []
    },
    getGate: () => ({ state: isCodeOwed ? 'codeOwed' : 'open' }),

    async registerTotpMfaDevice({ password = '', ...o } = {}) {
      const { totpURI, backupCodes } = await call(
        enabled,
        (options) => twoFactor.enable({ password }, options),
        o,
      )
      return {
        id: '',
        type: 'totp',
        uri: totpURI,
        secret: secretIn(totpURI),
        recoveryCodes: backupCodes,
      }
    },

    authenticateTotpMfaDevice: ({ code }, o) =>
      authenticate((options) => twoFactor.verifyTotp({ code }, options), o),

    authenticateMfaRecoveryCode: ({ code }, o) =>
      authenticate((options) => twoFactor.verifyBackupCode({ code: asIssued(code) }, options), o),

    async deleteMfaDevice({ password = '' }, o) {
      await call(done, (options) => twoFactor.disable({ password }, options), { ...o, changes: true })
      isEnrolled = false
    },

    async createNewMfaRecoveryCodes({ password = '' } = {}, o) {
      const { backupCodes } = await call(
        renewed,
        (options) => twoFactor.generateBackupCodes({ password }, options),
        o,
      )
      return { count: backupCodes.length, recoveryCodes: backupCodes }
    },

    ...(takesPasskeys && client.passkey && passkeyCalls(client.passkey)),
  }

  function passkeyCalls(passkey: NonNullable<BetterAuthClient['passkey']>) {
    return {
      async getPasskeys(o) {
        if (isCodeOwed) return [] // there is no session yet, so the user is unknown
        const found = await call(passkeys, (options) => passkey.listUserPasskeys({}, options), o)
        return parseAnswer(answers.passkeys, found.map(passkeyFrom))
      },

      /**
       * better-auth signs in the owner of any passkey, with a new session. So this sends it only a passkey of this
       * user, which it has named itself.
       */
      async authenticatePasskeyMFA(_grant, o) {
        const before = await getSession(o)
        if (before === null) throw new TotpFlowError('unauthenticated')
        const asked = await call(
          toAuthenticate,
          (options) => passkey.generateAuthenticateOptions({}, options),
          o,
        )
        const own = asked.allowCredentials?.map(({ id }) => id) ?? []
        if (own.length === 0) throw new TotpFlowError('invalid_passkey')
        const response = await askForPasskey(asked, o?.signal)
        if (!own.includes(response.id)) throw new TotpFlowError('invalid_passkey')
        const { session, user } = await call(
          signedIn,
          (options) => passkey.verifyAuthentication({ response }, options),
          { ...o, changes: true },
        )
        if (user.id !== before.user.id) throw new TotpFlowError('unauthenticated')
        return { deviceId: '', sessionExpiresAt: endOf(session.expiresAt) }
      },

      async registerPasskey({ alias } = {}, o) {
        const name = alias === undefined ? {} : { name: alias }
        const asked = await call(
          record,
          (options) => passkey.generateRegisterOptions({ query: name }, options),
          o,
        )
        const response = await makePasskey(asked, o?.signal)
        await call(record, (options) => passkey.verifyRegistration({ response, ...name }, options), o)
      },

      async renamePasskey({ passkeyId: id, alias: name }, o) {
        await call(record, (options) => passkey.updatePasskey({ id, name }, options), o)
      },

      async deletePasskey({ passkeyId: id }, o) {
        await call(done, (options) => passkey.deletePasskey({ id }, options), o)
      },
    } satisfies Partial<TotpBackend>
  }
}

function passkeyFrom({ id, name, createdAt, backedUp }: { id: string } & Record<string, unknown>) {
  const created = new Date(createdAt instanceof Date ? createdAt : String(createdAt))
  return {
    id,
    ...(typeof name === 'string' && name !== '' && { alias: name }),
    ...(!Number.isNaN(created.getTime()) && { createdAt: created.toISOString() }),
    ...(typeof backedUp === 'boolean' && { backedUp }),
  }
}

/** For how long a verified session counts as fresh. */
const FRESH_FOR_MS = 600_000

/** The client converts the server's text to a `Date`. */
function endOf(expiresAt: unknown): number {
  const end = new Date(expiresAt instanceof Date ? expiresAt : String(expiresAt)).getTime()
  return Number.isNaN(end) ? Date.now() + FRESH_FOR_MS : end
}

/** Its codes have upper and lower case letters and a hyphen. Spaces come from copying, other dashes from typing. */
const asIssued = (typed: string) => typed.replace(/[\s\p{Cf}]/gu, '').replace(/[\p{Pd}\u2212]/gu, '-')

const secretIn = (uri: string) => new URLSearchParams(uri.slice(uri.indexOf('?'))).get('secret') ?? ''

/** Calls the client, which returns the server's errors and throws only for the network's. */
async function answerOf<T>(
  shape: Shape<T>,
  send: (options: FetchOptions) => Promise<unknown>,
  signal: AbortSignal | undefined,
  changes: boolean,
): Promise<T> {
  let retryAt: number | undefined
  const options: FetchOptions = {
    ...(signal && { signal }),
    throw: false,
    disableSignal: !changes,
    retry: undefined, // each wrong code or password counts
    onError({ response }) {
      const after = response.headers.get('x-retry-after')
      if (after !== null) retryAt = Date.now() + Number(after) * 1000
    },
  }
  const { data, error } = await reached(() => send(options))
  if (error) throw betterAuthError(error, retryAt)
  return parseAnswer(shape, data)
}

async function reached(send: () => Promise<unknown>): Promise<{ data?: unknown; error?: unknown }> {
  try {
    return Object(await send())
  } catch (cause) {
    throw TotpFlowError.from(cause, 'network')
  }
}
