import type { ActorRefFrom, InspectionEvent, Observer } from 'xstate'
import type { totpMachine } from '../../machines/totp.machine.ts'
import type { TotpEmitted } from '../../machines/totp.types.ts'
import type { Approval } from '../contract/approval.ts'
import type { AuthenticateParams, MfaTokenOptions, TotpBackend } from '../contract/backend.ts'
import type { Challenge } from '../contract/challenge.ts'
import type { FlowClock } from '../contract/clock.ts'
import type { Wanted } from '../contract/elevations.ts'
import type { Scope } from '../contract/scopes.ts'
import type { PersistedFlow } from './persist.ts'
import type { TabChannel } from './tabs.ts'
import type { TotpView } from './view.ts'

/** The options of a flow. Only `backend` is required. */
export interface TotpFlowOptions {
  /** The service: `httpBackend`, `dynamicBackend`, `memoryBackend`, `TotpServer.backendFor`, or one of your own. */
  backend: TotpBackend
  /** What `persist()` returned before a reload. Invalid values and other versions are ignored. */
  restore?: unknown
  /** Whether the deprecated MFA token is allowed. @default true */
  allowMfaToken?: boolean
  /**
   * The time limit of a backend call, milliseconds, more than 0. Cut to 2^31 - 1 (24.8 days). A call that exceeds it fails with
   * `timeout`. @default 15_000
   */
  callTimeout?: number
  /** XState's inspection hook, such as `inspect` of `@statelyai/inspect`. It sees no secret. */
  inspect?: Observer<InspectionEvent> | ((event: InspectionEvent) => void)
  /** The source of time and timers. @default the system's clock */
  clock?: FlowClock
  /**
   * Names the channel on which flows in other tabs hear of enrollment, removal and sign-out. Put the user in the name if tabs
   * of one site may have different users. Also accepts a channel of your own. `false` keeps the flow to this tab.
   * @default the backend's `channel`
   */
  tabs?: string | TabChannel | false
}

/** How many recovery codes are left. */
export interface RecoveryCodesLeft {
  count: number
  /** Whether the user confirmed that the codes are saved. */
  acknowledged: boolean
}

/** What an elevated token must cover: one token for all the scopes. */
export type TokenWanted = Wanted

/** A running flow: call its verbs, read its view. Verbs that return nothing never throw: a refusal sets `view.error`. */
export interface TotpFlow {
  /** The underlying XState actor, for `@xstate/react`, your own selectors and tools. */
  readonly actor: ActorRefFrom<typeof totpMachine>
  /** The backend's `baseUrl`, if it has one. */
  readonly baseUrl: string | undefined
  /** The backend's `credentials`, if it has any. */
  readonly credentials: TotpBackend['credentials']
  /** The backend's `getAccessToken`, if it has one. */
  readonly getAccessToken: TotpBackend['getAccessToken']
  /**
   * Returns what a screen shows now. The object stays the same (`===`) until something changes. After `stop`, returns the last
   * view without its secrets.
   */
  getView(): TotpView
  /** Calls `listener` after every change. Returns a function that unsubscribes it. */
  subscribe(listener: () => void): () => void
  /**
   * Calls `listener` for each event of a type: `enrolled`, `elevated`, `deleted`, `failed` or `deprecation`. Returns a function
   * that unsubscribes it.
   */
  on<Type extends TotpEmitted['type']>(
    type: Type,
    listener: (event: Extract<TotpEmitted, { type: Type }>) => void,
  ): () => void
  /**
   * Starts an enrollment, or starts over with a new secret while the flow waits for the first code. `view.registration` then
   * holds what to show. Refused with `device_limit` if an app is set up, and with `not_ready` while something else is under way.
   */
  register(): void
  /**
   * Submits a code as typed or pasted, up to 1,000 characters: `123 456`, digits of any script and a message around the code
   * are understood. Refused with `malformed_code` unless the text holds exactly one code of six digits, with `rate_limited`
   * during a wait, and with `not_ready` without a prompt. A refusal costs no attempt. A rejected code sets `view.error`:
   * `invalid_code`, `code_reused` and others.
   *
   * @example
   * ```ts
   * import type { TotpFlow } from 'totp-flow'
   *
   * declare const flow: TotpFlow, field: HTMLInputElement
   * flow.submitCode(field.value)
   * const { error } = await flow.settled()
   * if (error) console.log(error.code, error.message)
   * ```
   */
  submitCode(code: string): void
  /**
   * Submits a recovery code instead of the code of a lost authenticator. The code is sent as typed, since services differ in
   * their format. Our server ignores case, spaces, dashes and list marks. Refused with `not_ready` during an enrollment, and if
   * the backend accepts no recovery codes.
   */
  submitRecoveryCode(code: string): void
  /**
   * Returns how many recovery codes are left, and whether the user saved them; `null` if the backend does not tell. Rejects if
   * the call fails, and with `unauthenticated` once the user signs out.
   */
  checkRecoveryCodes(): Promise<RecoveryCodesLeft | null>
  /** Submits the password that the flow prompts for (`view.showsPasswordField`), as typed. */
  submitPassword(password: string): void
  /**
   * Answers the prompt with a passkey, which the browser asks for (`view.methods` includes `passkey`). If the person closes the
   * browser's prompt, the flow's prompt stays open. Refused with `not_ready` if no passkey may answer.
   */
  submitPasskey(): void
  /**
   * Invalidates the old recovery codes, and shows new ones. Prompts for a code, or for a password if the backend takes one. The
   * backend may allow renewal without either, shortly after an enrollment whose codes were not acknowledged. Rejects with a
   * `TotpFlowError`: `cancelled` if the person cancels.
   */
  renewRecoveryCodes(): Promise<void>
  /** Tells the backend that the recovery codes are saved, and hides them. Rejects if the call fails. */
  acknowledgeRecoveryCodes(): Promise<void>
  /**
   * Requests an elevation for the scopes. Prompts for a code unless a held elevation covers all of them (without scopes, any held
   * elevation will do). Take its token with `takeElevatedToken`. Refused with `scope_not_allowed` if a scope is not a `noun:verb` of at most 64 characters, with
   * `no_device` without a factor, and with `not_ready` while something else is under way. Scopes that the backend does not
   * allow are refused when a code is submitted. `maxAge` is in seconds.
   *
   * @example
   * ```ts
   * import type { TotpFlow } from 'totp-flow'
   *
   * declare const flow: TotpFlow
   * flow.stepUp(['wallet:export'], { reason: 'Export your wallet' }) // shows the prompt
   * const { state, error } = await flow.waitFor(({ busy, methods }) => !busy && methods.length === 0)
   * const token = state === 'elevated' ? flow.takeElevatedToken('wallet:export') : null
   * if (!token) console.log(error?.code ?? 'cancelled')
   * ```
   */
  stepUp(
    scopes: readonly Scope[],
    options?: {
      /** Prompts for a code even if an elevation for the scopes is held. @default false */
      fresh?: boolean
      /** @deprecated Ask for scopes instead. */
      createMfaTokenOptions?: MfaTokenOptions
    } & Approval &
      Challenge,
  ): void
  /**
   * Submits `code`. Unless the flow already prompts for a code, first steps up for `requestedScopes`, with `fresh`. Ignores
   * `deviceId`: the flow names the user's device itself. Refused as `stepUp` and `submitCode` are.
   *
   * @example
   * ```ts
   * import type { TotpFlow } from 'totp-flow'
   *
   * declare const flow: TotpFlow, code: string
   * flow.authenticate({ code, requestedScopes: ['wallet:export'] })
   * const { state, error } = await flow.settled()
   * if (state !== 'elevated') console.log(error?.message)
   * ```
   */
  authenticate(params: AuthenticateParams): void
  /**
   * Removes the authenticator: at once if the flow holds a proof or needs none, else after a prompt. Refused with `no_device`,
   * and with `not_ready` while something else is under way.
   */
  deleteDevice(options?: {
    /**
     * If the removal would start at once, asks for confirmation first (`view.detail` is `confirming`). A second call without
     * `confirm` confirms it. @default false
     */
    confirm?: boolean
    /** @deprecated The proof is an elevation unless this asks for an MFA token. */
    createMfaTokenOptions?: MfaTokenOptions
  }): void
  /**
   * Cancels the prompt, enrollment or removal. A canceled prompt returns to `elevated` while an elevation is valid. Anything
   * else returns to `idle`, which asks the backend again. Does nothing if `can.cancel` is false.
   */
  cancel(): void
  /** Loads the devices from the backend again. Works only in `idle` (`can.refresh`); elsewhere it does nothing. */
  refresh(): void
  /** Gives up all elevations. Works only in `elevated`; elsewhere it does nothing, even in a prompt. */
  release(): void
  /** Forgets everything about the user, here and in other tabs. Call it when your app ends the session. */
  signOut(): void
  /**
   * Returns an elevated token that covers all the scopes, or `null`. A single-use token is then gone from the flow. A token
   * bound to `authorizationDetails` is returned only for the same ones.
   */
  takeElevatedToken(scope: string, ...more: string[]): string | null
  takeElevatedToken(wanted: TokenWanted): string | null
  /** @deprecated Returns the MFA token once, then `null`. */
  consumeMfaToken(): string | null
  /**
   * Resolves with the first view that satisfies the predicate. Rejects with `aborted` when the flow stops or the signal fires
   * (with `timeout` for a signal of `AbortSignal.timeout`), and with any error that the predicate throws.
   */
  waitFor(
    predicate: (view: TotpView) => boolean,
    options?: {
      signal?: AbortSignal
      /** Rejects with `timeout` after this many milliseconds. @default none */
      timeout?: number
    },
  ): Promise<TotpView>
  /** Resolves with the view once it is not `busy`. Rejects with `aborted` when the flow stops. */
  settled(): Promise<TotpView>
  /** Returns JSON from which a reloaded page resumes the flow (`restore`). Holds no secrets. */
  persist(): PersistedFlow
  /**
   * Stops the flow permanently, with its timers and listeners. Pending calls are aborted, waiting promises reject with
   * `aborted`, and later verbs do nothing.
   */
  stop(): void
}
