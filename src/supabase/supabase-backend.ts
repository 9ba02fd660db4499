import type { Authentication, MfaDevice } from '../contract/answers.ts'
import type { CallOptions, TotpBackend } from '../contract/backend.ts'
import { TotpFlowError } from '../contract/errors.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { array, number, object, type Shape, string, unknown } from '../contract/shape.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import { supabaseError } from './supabase-error.ts'

/** The part of `supabase.auth` that the backend uses. */
export interface SupabaseAuth {
  mfa: {
    listFactors(): Promise<unknown>
    enroll(params: { factorType: 'totp'; issuer: string; friendlyName: string }): Promise<unknown>
    challengeAndVerify(params: { factorId: string; code: string }): Promise<unknown>
    unenroll(params: { factorId: string }): Promise<unknown>
    getAuthenticatorAssuranceLevel(): Promise<unknown>
  }
  /** Calls `listener` when the session changes. */
  onAuthStateChange(listener: (event: string, session: { user: { id: string } } | null) => void): {
    data: { subscription: { unsubscribe(): void } }
  }
}

/** The names that authenticator apps and lists of factors show. */
export interface SupabaseOptions {
  /** Your app's name, as authenticator apps show it. */
  issuer: string
  /** The factor's name among the user's others, which must all differ. @default 'Authenticator app' */
  friendlyName?: string
}

const factors = object({
  all: array(
    object(
      { id: string(), factor_type: string(), status: string(), created_at: string() },
      { friendly_name: unknown },
    ),
  ),
})
const enrolled = object({ id: string(), totp: object({ uri: string(), secret: string() }) })
const verified = object({ access_token: string(), expires_in: number })
const level = object({}, { currentLevel: unknown })
const removed = object({ id: string() })

/**
 * Creates a backend over Supabase Auth. A right code raises the session to `aal2`, with a new token whose `amr` says when. Your
 * server can require both.
 *
 * An enrollment first removes unverified factors: Supabase counts them towards its limit, and reserves their names.
 *
 * @example
 * ```ts
 * import { createClient } from '@supabase/supabase-js'
 * import { createTotpFlow } from 'totp-flow'
 * import { supabaseBackend } from 'totp-flow/supabase'
 *
 * const supabase = createClient('https://project.supabase.co', 'the publishable key')
 * const flow = createTotpFlow({ backend: supabaseBackend(supabase.auth, { issuer: 'Example' }) })
 * ```
 */
export function supabaseBackend(
  auth: SupabaseAuth,
  { issuer, friendlyName = 'Authenticator app' }: SupabaseOptions,
): TotpBackend {
  const { mfa } = auth
  /** The device of this page's enrollment. If it is gone, another enrollment replaced it. */
  let pendingId: string | undefined
  /** The token from the last code. */
  let token: string | undefined
  let isEnrolled = false

  async function devices(): Promise<MfaDevice[]> {
    const { all } = await ask(factors, () => mfa.listFactors())
    return all
      .filter(({ factor_type }) => factor_type === 'totp')
      .map(({ id, status, created_at, friendly_name }) => ({
        id,
        type: 'totp',
        verified: status === 'verified',
        createdAt: created_at,
        ...(typeof friendly_name === 'string' && friendly_name && { alias: friendly_name }),
      }))
  }

  /** The verified device, or else the pending one of an enrollment that began before a reload. */
  async function knownId() {
    const known = await devices()
    const device = known.find((one) => one.verified) ?? known[0]
    if (!device) throw new TotpFlowError('no_device')
    return device.id
  }

  return {
    channel: 'supabase',
    assurance: 'session',

    onSignedOut(listener) {
      let userId: string | undefined
      const { data } = auth.onAuthStateChange((_event, session) => {
        const isOver = userId !== undefined && session?.user?.id !== userId
        userId = session?.user?.id // a malformed answer may lack it
        if (!isOver) return
        token = undefined
        listener()
      })
      return () => data.subscription.unsubscribe()
    },

    getElevatedAccessToken: () => token,

    getMfaDevices: (o) =>
      call(async () => {
        const known = await devices()
        isEnrolled = known.some((one) => one.verified)
        return known
      }, o),
    getGate: (o) =>
      call(async () => {
        const { currentLevel } = await ask(level, () => mfa.getAuthenticatorAssuranceLevel())
        return { state: isEnrolled && currentLevel !== 'aal2' ? 'codeOwed' : 'open' }
      }, o),

    registerTotpMfaDevice: (o) =>
      call(async () => {
        const known = await devices()
        if (known.some((one) => one.verified)) throw new TotpFlowError('device_limit')
        for (const { id } of known) await ask(removed, () => mfa.unenroll({ factorId: id }))
        const { id, totp } = await ask(enrolled, () =>
          mfa.enroll({ factorType: 'totp', issuer, friendlyName }),
        )
        pendingId = id
        return { id, type: 'totp', uri: totp.uri, secret: totp.secret }
      }, o),

    authenticateTotpMfaDevice: ({ code, deviceId }, o) =>
      call(async (): Promise<Authentication> => {
        const factorId = deviceId ?? (await knownId())
        try {
          const won = await ask(verified, () => mfa.challengeAndVerify({ factorId, code }))
          token = won.access_token
          pendingId = undefined
          return { deviceId: factorId, sessionExpiresAt: Date.now() + won.expires_in * 1000 }
        } catch (cause) {
          const isReplaced = factorId === pendingId && TotpFlowError.from(cause).code === 'no_device'
          throw isReplaced ? new TotpFlowError('device_replaced', { cause }) : cause
        }
      }, o),

    deleteMfaDevice: ({ deviceId }, o) =>
      call(async () => {
        await ask(removed, () => mfa.unenroll({ factorId: deviceId }))
        token = undefined
      }, o),
  }
}

/** Calls the client, which returns errors, but throws for an answer that it does not expect. */
async function ask<T>(shape: Shape<T>, send: () => Promise<unknown>): Promise<T> {
  const answered = send().catch((cause: unknown) => {
    throw TotpFlowError.from(cause, 'malformed_response')
  })
  const { data, error }: { data?: unknown; error?: unknown } = Object(await answered)
  if (error) throw supabaseError(error)
  return parseAnswer(shape, data)
}

/** The client does not accept a signal: an aborted call rejects at once, but its request continues. */
async function call<T>(run: () => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
  if (signal?.aborted) throw new TotpFlowError('aborted')
  return unlessAborted(run(), signal)
}
