import type { CallOptions, TotpBackend } from '../contract/backend.ts'
import { proofRefusals, TotpFlowError } from '../contract/errors.ts'
import { parseAnswer } from '../contract/parse-answer.ts'
import { passkeys as listOfPasskeys } from '../contract/passkeys.ts'
import { LINK_SCOPE, type Scope, UNLINK_SCOPE } from '../contract/scopes.ts'
import { unlessAborted } from '../contract/unless-aborted.ts'
import { boundedCall } from '../flow/bounded-call.ts'
import { runElevated } from '../flow/elevate.ts'
import type { TotpFlow } from '../flow/totp-flow.ts'
import { type Observable, observable } from '../ui/observable.ts'

/** What is under way with the user's passkeys, and the last error. */
export interface PasskeysState {
  pending: 'add' | 'rename' | 'remove' | null
  /** The passkey that is being renamed or removed, or that `error` is about. */
  passkeyId: string | null
  /** Why the last act failed, until the next one begins. A cancellation is no failure. */
  error: TotpFlowError | null
}

/** Adds, renames and removes the user's passkeys. The list itself is `flow.getView().passkeys`. */
export interface ManagedPasskeys extends Observable<PasskeysState> {
  readonly flow: TotpFlow
  /**
   * Asks the browser to create a passkey, and adds it. If the user already has an app or a passkey, the flow first prompts for a
   * proof. Like all acts, rejects with a `TotpFlowError`: `cancelled` if the person cancels, `not_ready` while another act is
   * under way.
   */
  add(options?: { alias?: string } & CallOptions): Promise<void>
  /** Renames a passkey. */
  rename(passkeyId: string, alias: string, options?: CallOptions): Promise<void>
  /** Removes a passkey. The flow first prompts for a proof, as it does before it removes the app. */
  remove(passkeyId: string, options?: CallOptions): Promise<void>
  /** Cancels the act that is under way, including the browser's prompt. */
  cancel(): void
}

const NOTHING: PasskeysState = { pending: null, passkeyId: null, error: null }

/** The longest timeout recommended for a passkey: https://www.w3.org/TR/webauthn-3/#sctn-timeout-recommended-range */
const CEREMONY_MS = 600_000

/**
 * Manages the passkeys of a flow's user. Pass the flow's own backend. Throws a `TypeError` that names the methods the backend lacks.
 *
 * @example
 * ```ts
 * import { createTotpFlow } from 'totp-flow'
 * import { memoryBackend } from 'totp-flow/memory'
 * import { managePasskeys } from 'totp-flow/passkeys'
 *
 * const backend = memoryBackend({ passkeys: {} })
 * const flow = createTotpFlow({ backend })
 * const passkeys = managePasskeys(flow, backend)
 * await passkeys.add({ alias: 'My laptop' })
 * ```
 */
export function managePasskeys(flow: TotpFlow, backend: TotpBackend): ManagedPasskeys {
  const managing = methodsOf(backend)
  let ending: AbortController | undefined

  const elevated = <T>(scope: Scope, signal: AbortSignal, act: (token?: string) => Promise<T>) =>
    runElevated(flow, [scope], (token) => act(token ?? undefined), {
      signal,
      isRejected: (outcome) =>
        outcome.status === 'rejected' && proofRefusals.includes(TotpFlowError.from(outcome.reason).code),
    })
  let hasAsked = false
  const call = async <T>(signal: AbortSignal, ask: (options: CallOptions) => Promise<T>, patience = 0) => {
    const { device, error } = flow.getView()
    if (device === undefined) throw error ?? new TotpFlowError('unauthenticated') // signed out meanwhile
    hasAsked = true
    const asked = boundedCall(
      flow.actor,
      (options) => ask({ signal: AbortSignal.any([signal, options.signal]) }),
      undefined,
      patience,
    )
    return unlessAborted(asked, signal)
  }

  /** Loads the list even after a failure, since the call may have succeeded. */
  async function list() {
    try {
      const answer = await boundedCall(flow.actor, (options) => managing.getPasskeys(options))
      flow.actor.send({ type: 'passkeys.changed', passkeys: parseAnswer(listOfPasskeys, answer) })
    } catch {
      if (flow.getView().can.refresh) flow.refresh() // the flow reports what is wrong, if anything still is
    }
  }

  async function run(
    pending: NonNullable<PasskeysState['pending']>,
    passkeyId: string | null,
    given: AbortSignal | undefined,
    act: (signal: AbortSignal) => Promise<unknown>,
  ) {
    if (ending) throw new TotpFlowError('not_ready')
    const own = new AbortController()
    ending = own
    hasAsked = false
    set({ pending, passkeyId, error: null })
    let error: TotpFlowError | null = null
    try {
      const signal = given ? AbortSignal.any([own.signal, given]) : own.signal
      await whenKnown(flow, signal)
      await act(signal)
    } catch (cause) {
      error = own.signal.aborted ? new TotpFlowError('cancelled') : TotpFlowError.from(cause)
    }
    const isOver = flow.actor.getSnapshot().status !== 'active' || flow.getView().device === undefined
    if (hasAsked && !isOver) await list()
    ending = undefined
    const isFailure = error !== null && error.code !== 'cancelled' && error.code !== 'aborted'
    set(isFailure ? { pending: null, passkeyId, error } : NOTHING)
    if (error) throw error
  }

  const { set, ...state } = observable<PasskeysState>(NOTHING, () => () => {})
  return {
    ...state,
    flow,
    add: ({ alias, signal: given } = {}) =>
      run('add', null, given, async (signal) => {
        const name = alias?.trim()
        const register = (elevatedAccessToken?: string) =>
          call(
            signal,
            (options) =>
              managing.registerPasskey(
                { ...(elevatedAccessToken && { elevatedAccessToken }), ...(name && { alias: name }) },
                options,
              ),
            CEREMONY_MS,
          )
        return hasFactor(flow) ? elevated(LINK_SCOPE, signal, register) : register()
      }),
    rename: (passkeyId, alias, { signal: given } = {}) =>
      run('rename', passkeyId, given, (signal) =>
        call(signal, (options) => managing.renamePasskey({ passkeyId, alias: alias.trim() }, options)),
      ),
    remove: (passkeyId, { signal: given } = {}) =>
      run('remove', passkeyId, given, async (signal) => {
        const remove = (elevatedAccessToken?: string) =>
          call(signal, (options) =>
            managing.deletePasskey(
              { passkeyId, ...(elevatedAccessToken && { elevatedAccessToken }) },
              options,
            ),
          )
        return backend.proofs?.delete === 'none' ? remove() : elevated(UNLINK_SCOPE, signal, remove)
      }),
    cancel: () => ending?.abort(),
  }
}

/** Waits until the flow knows the user's devices. Loads them again if that failed before. */
async function whenKnown(flow: TotpFlow, signal: AbortSignal): Promise<void> {
  if (flow.getView().detail === 'unavailable') flow.refresh()
  await flow.waitFor(({ detail }) => detail !== 'loading', { signal })
}

const hasFactor = (flow: TotpFlow): boolean => {
  const { device, passkeys } = flow.getView()
  return device?.verified === true || passkeys.length > 0
}

const METHODS = ['getPasskeys', 'registerPasskey', 'renamePasskey', 'deletePasskey'] as const

function methodsOf(backend: TotpBackend): Required<Pick<TotpBackend, (typeof METHODS)[number]>> {
  const missing = METHODS.filter((method) => typeof backend?.[method] !== 'function')
  if (missing.length > 0)
    throw new TypeError(`managePasskeys takes a backend with passkeys. This one lacks ${missing.join(', ')}.`)
  return backend as ReturnType<typeof methodsOf>
}
